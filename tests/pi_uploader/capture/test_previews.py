"""However many ask for a preview, the camera makes few."""

import threading

import pytest

from pi_uploader.cameras import CameraError
from pi_uploader.capture.previews import REST_SECONDS, Previews
from tests.support.capturing import ScriptedCamera
from tests.support.fake_clock import FakeClock

ENOUGH = 90.0  # seconds


class ViewCamera(ScriptedCamera):
    """Counts its previews; each waits until the test allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.previews = 0
        self.allowed = threading.Event()

    def preview(self) -> bytes:
        self.previews += 1
        assert self.allowed.wait(ENOUGH)
        return b"%d" % self.previews


def test_who_asks_meanwhile_gets_the_same_preview() -> None:
    camera = ViewCamera()
    previews = Previews(camera, FakeClock(seconds=0.0))
    pictures: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: pictures.append(previews.latest())) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    camera.allowed.set()
    for thread in threads:
        thread.join(ENOUGH)
    assert (pictures, camera.previews) == ([b"1"] * 20, 1)


def test_at_most_five_previews_a_second_are_made() -> None:
    camera, clock = ViewCamera(), FakeClock(seconds=0.0)
    camera.allowed.set()
    previews = Previews(camera, clock)
    for step in range(1000):
        clock.seconds = step / 1000
        previews.latest()
    assert camera.previews == round(1 / REST_SECONDS)


def test_a_camera_without_a_live_picture_is_an_error() -> None:
    previews = Previews(ScriptedCamera())
    assert not previews.is_possible
    with pytest.raises(CameraError, match="shows no live picture"):
        previews.latest()
