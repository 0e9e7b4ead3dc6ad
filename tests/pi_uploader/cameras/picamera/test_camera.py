"""The Pi's own camera, with a fake that has picamera2's signatures and behaviour."""

import os
import sys
import threading
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from function_app.media.dng import preview
from function_app.media.mp4 import cover
from function_app.media.previews import find
from local.processes import ROOT
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CameraGoneError, CaptureContext
from pi_uploader.cameras.camera import Recorder
from pi_uploader.cameras.media import preview as previews
from pi_uploader.cameras.media.exif import EXIF_IFD
from pi_uploader.cameras.picamera import camera as camera_module
from pi_uploader.cameras.picamera import session
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import ClipLength, Mode
from pi_uploader.settings import SettingsError
from tests.support import pi_camera
from tests.support.pictures import dng, pi_dng
from tests.support.program import StartProgram
from tests.support.waiting import wait_for

CONTEXT = CaptureContext("gate", Trigger.MOTION, datetime(2026, 11, 21, 7, 30, 1, 250000, UTC))


def configuration(hardware: Any) -> dict[str, Any]:
    config: dict[str, Any] = hardware.opened[-1].camera_config
    return config


def test_a_photo_is_a_jpeg_that_says_when_and_why(hardware: Any) -> None:
    """Its EXIF is ours: picamera2's own has the time of a clock that may not be set."""
    shot = Picamera2Camera(Mode(size=(640, 480))).take(CONTEXT)
    picture = Image.open(BytesIO(shot.content))
    assert (shot.media, picture.format, picture.size) == (Media.JPEG, "JPEG", (640, 480))
    exif = picture.getexif()
    assert exif[0x010E] == "gate, motion"
    photo = exif.get_ifd(EXIF_IFD)
    assert photo[0x9003] == "2026:11:21 07:30:01"
    assert (photo[0x829A], photo[0x8827]) == (0.01, 200)


def test_without_a_set_clock_exif_has_no_time(hardware: Any) -> None:
    content = Picamera2Camera().take(CaptureContext("gate", Trigger.GPIO, None)).content
    exif = Image.open(BytesIO(content)).getexif()
    assert 0x0132 not in exif
    assert 0x9003 not in exif.get_ifd(EXIF_IFD)


def test_the_camera_stays_in_one_mode(hardware: Any) -> None:
    """Opened and configured once, with few buffers and no raw stream."""
    camera = Picamera2Camera(Mode(rotation=180, focus=2.5, exposure=0.02))
    for _ in range(5):
        camera.take(CONTEXT)
    assert len(hardware.opened) == 1
    mode = configuration(hardware)
    assert (mode["raw"], mode["buffer_count"], mode["use_case"]) == (None, 2, "still")
    assert (mode["transform"].hflip, mode["transform"].vflip) == (True, True)
    assert mode["controls"] == {"ExposureTime": 20_000, "AfMode": 0, "LensPosition": 2.5}


def test_focus_is_automatic_unless_it_is_set(hardware: Any) -> None:
    """picamera2 leaves it off."""
    Picamera2Camera()
    assert configuration(hardware)["controls"] == {"AfMode": 2}


def test_the_frame_is_exposed_after_the_trigger(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not an earlier one from a buffer."""
    import picamera2

    calls: list[Any] = []
    real = picamera2.Picamera2.capture_request

    def capture_request(self: Any, wait: Any, flush: Any) -> Any:
        calls.append((wait, flush))
        return real(self, wait=wait, flush=flush)

    monkeypatch.setattr(picamera2.Picamera2, "capture_request", capture_request)
    Picamera2Camera().take(CONTEXT)
    assert set(calls) == {(False, True)}


def test_a_dng_is_as_the_camera_made_it_with_a_preview(hardware: Any) -> None:
    """Only the offset of its first IFD changes. The colour picture is requested small, the raw one
    in full or in the size of the settings."""
    hardware.dng = pi_dng(1)
    camera = Picamera2Camera(Mode(format=Media.DNG))
    shot = camera.take(CONTEXT)
    assert shot.media is Media.DNG
    assert (shot.content[:4], shot.content[8 : len(hardware.dng)]) == (
        hardware.dng[:4],
        hardware.dng[8:],
    )
    jpeg, _ = preview(BytesIO(shot.content))
    assert Image.open(BytesIO(jpeg)).size == (480, 270)
    mode = configuration(hardware)
    assert (mode["main"]["size"], mode["raw"]["size"]) == ((960, 540), (4608, 2592))
    assert hardware.opened[-1].unreleased == 0
    camera.close()
    Picamera2Camera(Mode(format=Media.DNG, size=(2304, 1728)))
    mode = configuration(hardware)
    assert (mode["main"]["size"], mode["raw"]["size"]) == ((960, 720), (2304, 1728))


def test_a_photo_contains_its_preview(hardware: Any) -> None:
    """Drawn when the frame is released. The tags of the photo stay."""
    camera = Picamera2Camera(Mode(size=(2304, 1296)))
    photo = camera.take(CONTEXT).content
    found = find(photo)
    assert found
    small = Image.open(BytesIO(photo[found.offset : found.offset + found.size]))
    assert (small.size, dict(small.getexif())) == ((480, 270), {})
    assert Image.open(BytesIO(photo)).getexif()[0x010E] == CONTEXT.description


def test_a_photo_whose_preview_fails_is_kept_without(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "draw_preview", lambda _: 1 / 0)
    photo = Picamera2Camera().take(CONTEXT).content
    assert find(photo) is None
    assert Image.open(BytesIO(photo)).getexif()[0x010E] == CONTEXT.description
    assert len(hardware.opened) == 1


def test_a_dng_whose_preview_fails_is_kept_without(hardware: Any) -> None:
    """If the preview cannot be drawn, or the DNG has another layout."""
    hardware.dng = pi_dng(1)
    hardware.failed_images.append(MemoryError())
    camera = Picamera2Camera(Mode(format=Media.DNG))
    assert camera.take(CONTEXT).content == hardware.dng
    hardware.dng = dng(1)
    assert camera.take(CONTEXT).content == hardware.dng
    assert len(hardware.opened) == 1


def test_a_clip_is_recorded_with_the_hardware_encoder(hardware: Any) -> None:
    """The encoder is stopped afterwards. The media data is unchanged; a poster is added."""
    shot = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01))).take(CONTEXT)
    assert shot.media is Media.MP4
    assert media_data(shot.content) == media_data(hardware.mp4)
    assert Image.open(BytesIO(cover(BytesIO(shot.content)))).size == (480, 270)
    assert hardware.opened[-1].encoders == []
    assert configuration(hardware)["use_case"] == "video"
    assert hardware.opened[-1].unreleased == 0


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("Stream format not supported")])
def test_a_clip_whose_poster_fails_is_kept_without(
    hardware: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The frame is released; the failure is logged once."""
    previews._warn_once.cache_clear()
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01)))
    for _ in range(3):
        hardware.failed_images.append(error)
        assert camera.take(CONTEXT).content == hardware.mp4
    assert hardware.opened[-1].unreleased == 0
    assert len(hardware.opened) == 1
    assert caplog.text.count("goes without a small picture") == 1


def test_a_clip_of_unknown_layout_is_kept_without_a_poster(hardware: Any) -> None:
    """It stays as picamera2 wrote it."""
    hardware.mp4 = b"not built as an MP4 is"
    shot = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01))).take(CONTEXT)
    assert shot.content == hardware.mp4


@pytest.mark.parametrize("pre_roll", [0.0, 0.02])
def test_a_stopped_clip_ends_at_once(hardware: Any, pre_roll: float) -> None:
    """It would take an hour; what was recorded is the photo."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(3600, pre_roll=pre_roll)))
    assert isinstance(camera, Recorder)
    camera.stop_recording()
    assert camera.take(CONTEXT).media is Media.MP4


def test_a_clip_with_pre_roll_comes_from_a_ring(hardware: Any) -> None:
    """The encoder runs all the time; a second clip shows that the ring goes on."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01, pre_roll=0.02)))
    (encoder,) = hardware.opened[-1].encoders
    assert encoder.output.buffer_duration_ms == 20
    for _ in range(2):
        content = camera.take(CONTEXT).content
        assert media_data(content) == media_data(hardware.mp4)
        assert cover(BytesIO(content))
    assert encoder.is_running
    camera.close()
    assert not encoder.is_running


def media_data(clip: bytes) -> bytes:
    """Return the clip from its media data on."""
    return clip[clip.index(b"mdat") :]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("failed to find buffer")])
def test_a_frame_that_cannot_be_saved_is_released(hardware: Any, error: Exception) -> None:
    """An unreleased request stalls the camera; there are only two."""
    camera = Picamera2Camera()
    for _ in range(3):
        hardware.failed_saves.append(error)
        camera.take(CONTEXT)  # reopened, and then it succeeds
        assert [one.unreleased for one in hardware.opened] == [0] * len(hardware.opened)


def test_after_a_lost_frame_the_camera_is_reopened(hardware: Any) -> None:
    """'Camera frontend has timed out': the photo comes from the reopened camera."""
    camera = Picamera2Camera()
    hardware.lost_frames = 1
    assert camera.take(CONTEXT).media is Media.JPEG
    first, second = hardware.opened
    assert first.closed
    assert second.started


def test_a_camera_that_loses_frames_twice_is_gone(hardware: Any) -> None:
    """Then only a new process helps."""
    camera = Picamera2Camera()
    hardware.lost_frames = 2
    with pytest.raises(CameraGoneError, match=r"failed again: no frame came"):
        camera.take(CONTEXT)


def test_a_camera_that_cannot_be_reopened_for_lack_of_memory_is_gone(hardware: Any) -> None:
    """The contiguous memory is free again once the process has ended."""
    camera = Picamera2Camera()
    hardware.lost_frames = hardware.no_memory = 1
    with pytest.raises(CameraGoneError, match="Cannot allocate memory"):
        camera.take(CONTEXT)


def test_a_close_that_hangs_does_not_hang_the_capture(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a driver that waits for a loose cable."""
    camera = Picamera2Camera()
    monkeypatch.setattr(camera_module, "OPEN_TIMEOUT_SECONDS", 0.2)
    hardware.lost_frames = hardware.hanging_closes = 1
    with pytest.raises(CameraGoneError, match=r"closing it hangs, for 0.2 s now"):
        camera.take(CONTEXT)


def test_the_error_for_an_unplugged_camera_says_to_check_the_cable(hardware: Any) -> None:
    hardware.is_there = False
    with pytest.raises(CameraGoneError, match="check its cable"):
        Picamera2Camera()


def test_a_failed_start_leaves_no_camera_open(hardware: Any) -> None:
    hardware.no_memory = 1
    with pytest.raises(CameraGoneError, match=r"cannot be started: .* Cannot allocate memory"):
        Picamera2Camera()
    assert hardware.opened[-1].closed


@pytest.mark.slow
def test_the_process_ends_with_1_when_the_camera_is_gone(start_program: StartProgram) -> None:
    """So that systemd restarts it; earlier photos wait in the spool."""
    program = start_program(
        "capture",
        CAMERA_SOURCE="picamera2",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        PYTHONPATH=os.pathsep.join([str(pi_camera.FOLDER), str(ROOT)]),
        FAKE_LOST_FRAMES="2",
    )
    assert program.process.wait(90) == 1
    assert "camera: it failed again" in program.output
    assert "exiting, so that a restart can reopen the camera" in program.output


def test_without_picamera2_the_setting_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)  # a thread may have left the fake there
    with pytest.raises(SettingsError, match="apt-get install python3-picamera2"):
        Picamera2Camera()


def test_no_thread_is_left(hardware: Any) -> None:
    """Each call with a timeout has a thread, which ends with the call."""
    camera = Picamera2Camera()
    before = threading.active_count()
    for _ in range(20):
        camera.take(CONTEXT)
    camera.close()
    wait_for(lambda: threading.active_count() <= before, what="the end of the last call's thread")


def test_an_error_of_the_library_is_an_error_of_the_camera(hardware: Any) -> None:
    camera = Picamera2Camera(Mode(format=Media.DNG))
    hardware.failed_images = [RuntimeError("no memory")]
    with pytest.raises(CameraError, match="RuntimeError: no memory"):
        camera.preview()
    assert hardware.opened[-1].unreleased == 0


def test_clips_are_recorded_on_request_in_their_mode(hardware: Any) -> None:
    """Of the length that was asked for, whatever CAMERA_CLIP says."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(seconds=60)))
    assert camera.records_clips
    assert camera.take_clip(CONTEXT, 0.01).media is Media.MP4
    camera.close()
    assert not Picamera2Camera().records_clips
