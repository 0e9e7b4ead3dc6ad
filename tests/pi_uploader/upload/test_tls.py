"""Photos go only to a server whose certificate can be trusted, and a connection is made once."""

import logging
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.pi_uploader.upload.device import Device
from tests.support.certificates import Authority, Kind
from tests.support.fault_server import FaultServer

REFUSED = {
    Kind.NOT_YET_VALID: "not yet valid; waiting for this device's clock",
    Kind.EXPIRED: "certificate has expired",
    Kind.SELF_SIGNED: "self-signed certificate); a certificate authority of your own goes into",
    Kind.OTHER_HOST: "gave no TLS connection that can be trusted",
}


@pytest.mark.parametrize(("kind", "words"), REFUSED.items(), ids=[kind.value for kind in REFUSED])
def test_nothing_is_sent_to_a_server_that_cannot_be_trusted(
    kind: Kind, words: str, trusted: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The photo waits, and the log says what for."""
    with FaultServer(certificate=trusted.certificate(kind)) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        with caplog.at_level(logging.WARNING):
            device.try_once()
    assert device.places(photo) == ["waiting"]
    assert server.requests == []
    assert device.wait >= 1
    assert words in caplog.text


def test_a_hundred_photos_cost_one_handshake_and_one_reading_of_the_bundle(
    trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> None:
        read.append((args, kwargs))
        load(context, *args, **kwargs)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    with FaultServer(certificate=trusted.certificate()) as server:
        device = Device(tmp_path, server)
        device.take(100)
        device.try_all(most=100)
    assert len(server.store.photos) == 100
    assert (server.connections, server.handshakes, len(read)) == (1, 1, 1)
