"""What the page asks the capture process, and how often."""

from itertools import count
from pathlib import Path

import pytest

from pi_uploader.local_view.capture_client import MAX_PHOTOS_A_MINUTE, CaptureClient
from pi_uploader.local_view.problems import RequestProblemError
from tests.support.capturing import asking, idle_settings
from tests.support.fake_clock import FakeClock


def test_pictures_and_states_are_cached_for_a_moment(tmp_path: Path) -> None:
    clock = FakeClock(seconds=0.0)
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    client = CaptureClient(settings.spool, lambda: "0000002a", clock)
    with asking(settings):
        assert client.choose(None) == client.choose("gate") == "gate"
        picture = client.preview("gate")
        assert picture.startswith(b"\xff\xd8")
        with pytest.raises(RequestProblemError, match="expected one of gate"):
            client.choose("yard")
    assert client.preview("gate") == picture  # the process is gone
    assert client.choose("gate") == "gate"
    clock.seconds = 1.0
    for ask in (client.cameras, lambda: client.preview("gate"), client.logs):
        with pytest.raises(RequestProblemError, match="no camera runs") as problem:
            ask()
        assert problem.value.status == 503


def test_so_many_photos_a_minute(tmp_path: Path) -> None:
    """A refused one is not counted."""
    clock = FakeClock(seconds=0.0)
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    tags = count(1)
    client = CaptureClient(settings.spool, lambda: f"{next(tags):08x}", clock)
    with asking(settings):
        names = {client.take_photo("gate") for _ in range(MAX_PHOTOS_A_MINUTE)}
        assert {name.tag for name in names} == {f"{n:08x}" for n in range(1, 13)}
        for _ in range(3):
            with pytest.raises(RequestProblemError, match="12 photos a minute") as problem:
                client.take_photo("gate")
        assert (problem.value.status, problem.value.headers) == (429, {"Retry-After": "61"})
        clock.seconds = 60.0
        client.take_photo("gate")
