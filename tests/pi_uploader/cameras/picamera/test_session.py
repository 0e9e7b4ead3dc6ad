"""A session of the Pi's camera: one that dies while idle, and focusing."""

from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraGoneError, CaptureContext
from pi_uploader.cameras.picamera import session
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import Mode

CONTEXT = CaptureContext("gate", Trigger.MOTION, None)


def test_an_idle_camera_that_died_is_reopened(hardware: Any) -> None:
    """Before the next trigger, which gets its photo."""
    camera = Picamera2Camera()
    camera.check()
    assert len(hardware.opened) == 1
    hardware.lost_frames = 1
    camera.check()
    assert len(hardware.opened) == 2
    camera.take(CONTEXT)
    assert [one.unreleased for one in hardware.opened] == [0, 0]
    assert len(hardware.opened) == 2


def test_an_idle_camera_that_stays_dead_is_reported_as_gone(hardware: Any) -> None:
    camera = Picamera2Camera()
    hardware.lost_frames = 2
    with pytest.raises(CameraGoneError, match="failed again"):
        camera.check()


def test_the_first_photo_waits_until_the_lens_has_settled(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`capture --once` takes no other photo; later photos do not wait."""
    monkeypatch.setattr(session, "FOCUS_TIMEOUT_SECONDS", 3600.0)
    hardware.af_states = [
        1,
        1,
        1,
        2,
        1,
        1,
    ]  # libcamera's AfState: scanning, focused, scanning again
    camera = Picamera2Camera()
    camera.take(CONTEXT)
    assert len(hardware.af_states) == 2 - 1  # the photo's own metadata is read, too
    camera.take(CONTEXT)
    assert not hardware.af_states


def test_the_wait_for_the_lens_ends(hardware: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FOCUS_TIMEOUT_SECONDS", 0.05)
    hardware.af_states = [1] * 1_000_000
    assert Picamera2Camera().take(CONTEXT).media is Media.JPEG


def test_with_manual_focus_there_is_no_wait(hardware: Any) -> None:
    hardware.af_states = [1, 1, 1]
    Picamera2Camera(Mode(focus=1.0)).take(CONTEXT)
    assert len(hardware.af_states) == 2
