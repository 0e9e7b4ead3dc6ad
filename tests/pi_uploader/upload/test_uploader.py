"""A photo is sent as the server understands it, and none after a failure."""

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support import faults
from tests.support.fault_server import FaultServer
from tests.support.uploading import Device


def test_an_empty_photo_is_sent_with_a_length_of_zero(tmp_path: Path) -> None:
    """Not with a chunked body, for which the server would wait."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [empty] = device.take(1, size=0)
        device.try_once()
        [request] = server.requests
        assert request.headers["Content-Length"] == "0"
        assert "Transfer-Encoding" not in request.headers
    assert device.places(empty) == ["waiting"]


@pytest.mark.parametrize("code", [413, 401])
def test_a_response_before_the_end_of_the_body_is_understood(
    code: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy responds to the headers alone, and closes the connection."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [big] = device.take(1, size=12_000_000)
        server.handler = faults.for_photo({str(big.name)}, faults.reject_early(code))
        with caplog.at_level(logging.WARNING):
            device.try_once()
    assert f"{code}" in caplog.text


@pytest.mark.parametrize("code", [503, 429])
def test_a_thread_that_waits_for_its_turn_sends_nothing_after_a_failure(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets its turn at the very moment at which the thread whose photo failed gives it up."""

    class Turn(threading.Semaphore):
        def __exit__(self, *error: Any) -> None:
            super().__exit__(*error)
            device.uploader.step()  # of the other thread

    with FaultServer(faults.status(code)) as server:
        device = Device(tmp_path, server)
        device.take(2)
        monkeypatch.setattr(device.uploader, "_sending", Turn())
        device.uploader.step()
        assert len(server.requests) == 1
