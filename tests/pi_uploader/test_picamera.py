"""The Pi's own camera, against a stand-in with picamera2's signatures and manners."""

import os
import threading
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from function_app.media.mp4_cover import cover
from function_app.media.raw_previews import preview
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraGoneError, CaptureContext, picamera, poster
from pi_uploader.cameras.camera import Recorder
from pi_uploader.cameras.exif import EXIF_FOLDER
from pi_uploader.cameras.picamera import Picamera2Camera
from pi_uploader.settings import SettingsError
from tests.pi_uploader.conftest import STAND_IN, StartProgram
from tests.support.pictures import dng, pi_dng
from tests.support.waiting import wait_for

OCCASION = CaptureContext("gate", Trigger.MOTION, datetime(2026, 11, 21, 7, 30, 1, 250000, UTC))


def configuration(fate: Any) -> dict[str, Any]:
    found: dict[str, Any] = fate.opened[-1].camera_config
    return found


def test_a_photo_is_a_jpeg_that_says_when_and_why(fate: Any) -> None:
    """Its EXIF is ours: the library's own holds the time of a clock that may not be set."""
    shot = Picamera2Camera(size=(640, 480)).take(OCCASION)
    picture = Image.open(BytesIO(shot.content))
    assert (shot.media, picture.format, picture.size) == (Media.JPEG, "JPEG", (640, 480))
    exif = picture.getexif()
    assert exif[0x010E] == "gate, motion"
    photo = exif.get_ifd(EXIF_FOLDER)
    assert photo[0x9003] == "2026:11:21 07:30:01"
    assert (photo[0x829A], photo[0x8827]) == (0.01, 200)


def test_without_a_set_clock_exif_has_no_time(fate: Any) -> None:
    content = Picamera2Camera().take(CaptureContext("gate", Trigger.GPIO, None)).content
    exif = Image.open(BytesIO(content)).getexif()
    assert 0x0132 not in exif
    assert 0x9003 not in exif.get_ifd(EXIF_FOLDER)


def test_the_camera_runs_in_one_mode_from_its_start_on(fate: Any) -> None:
    """Opened and configured once, with few buffers and nothing raw that nobody asked for."""
    camera = Picamera2Camera(rotation=180, lens_position=2.5, exposure=0.02)
    for _ in range(5):
        camera.take(OCCASION)
    assert len(fate.opened) == 1
    mode = configuration(fate)
    assert (mode["raw"], mode["buffer_count"], mode["use_case"]) == (None, 2, "still")
    assert (mode["transform"].hflip, mode["transform"].vflip) == (True, True)
    assert mode["controls"] == {"ExposureTime": 20_000, "AfMode": 0, "LensPosition": 2.5}


def test_focus_is_automatic_unless_it_is_set(fate: Any) -> None:
    """The library leaves it off."""
    Picamera2Camera()
    assert configuration(fate)["controls"] == {"AfMode": 2}


def test_the_frame_is_exposed_after_the_trigger(fate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one that was lying there."""
    import picamera2

    asked: list[Any] = []
    real = picamera2.Picamera2.capture_request

    def capture_request(self: Any, wait: Any, flush: Any) -> Any:
        asked.append((wait, flush))
        return real(self, wait=wait, flush=flush)

    monkeypatch.setattr(picamera2.Picamera2, "capture_request", capture_request)
    Picamera2Camera().take(OCCASION)
    assert set(asked) == {(False, True)}


def test_a_dng_comes_as_the_camera_made_it(fate: Any) -> None:
    """With a preview behind it; only where its first directory is, is another number. Of the
    picture in colours few pixels are asked for, of the raw one all, or as many as are set."""
    fate.dng = pi_dng(1)
    camera = Picamera2Camera(format=Media.DNG)
    shot = camera.take(OCCASION)
    assert shot.media is Media.DNG
    assert (shot.content[:4], shot.content[8 : len(fate.dng)]) == (fate.dng[:4], fate.dng[8:])
    jpeg, _ = preview(BytesIO(shot.content))
    assert Image.open(BytesIO(jpeg)).size == (480, 270)
    mode = configuration(fate)
    assert (mode["main"]["size"], mode["raw"]["size"]) == ((960, 540), (4608, 2592))
    assert fate.opened[-1].in_hand == 0
    camera.close()
    Picamera2Camera(format=Media.DNG, size=(2304, 1728))
    mode = configuration(fate)
    assert (mode["main"]["size"], mode["raw"]["size"]) == ((960, 720), (2304, 1728))


def test_a_dng_whose_preview_fails_comes_without(fate: Any) -> None:
    """Where it cannot be drawn, or the DNG is of another build."""
    fate.dng = pi_dng(1)
    fate.failed_images.append(MemoryError())
    camera = Picamera2Camera(format=Media.DNG)
    assert camera.take(OCCASION).content == fate.dng
    fate.dng = dng(1)
    assert camera.take(OCCASION).content == fate.dng
    assert len(fate.opened) == 1


def test_a_clip_is_recorded_with_the_hardware_encoder(fate: Any) -> None:
    """Which is stopped afterwards. The film is as it was; it carries a small picture."""
    shot = Picamera2Camera(format=Media.MP4, clip_seconds=0.01).take(OCCASION)
    assert shot.media is Media.MP4
    assert film(shot.content) == film(fate.mp4)
    assert Image.open(BytesIO(cover(BytesIO(shot.content)))).size == (480, 270)
    assert fate.opened[-1].encoders == []
    assert configuration(fate)["use_case"] == "video"
    assert fate.opened[-1].in_hand == 0


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("Stream format not supported")])
def test_a_clip_whose_poster_fails_goes_without(
    fate: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """And the camera has its frame back; that is told once."""
    poster._tell.cache_clear()
    camera = Picamera2Camera(format=Media.MP4, clip_seconds=0.01)
    for _ in range(3):
        fate.failed_images.append(error)
        assert camera.take(OCCASION).content == fate.mp4
    assert fate.opened[-1].in_hand == 0
    assert len(fate.opened) == 1
    assert caplog.text.count("goes without a small picture") == 1


def test_a_film_that_cannot_carry_a_poster_goes_without(fate: Any) -> None:
    """Whatever the library wrote comes as it is."""
    fate.mp4 = b"not built as an MP4 is"
    shot = Picamera2Camera(format=Media.MP4, clip_seconds=0.01).take(OCCASION)
    assert shot.content == fate.mp4


@pytest.mark.parametrize("pre_roll", [0.0, 0.02])
def test_a_clip_ends_when_it_is_cut_short(fate: Any, pre_roll: float) -> None:
    """It would have an hour; what there is of it is the photo."""
    camera = Picamera2Camera(format=Media.MP4, clip_seconds=3600, pre_roll_seconds=pre_roll)
    assert isinstance(camera, Recorder)
    camera.cut_short()
    assert camera.take(OCCASION).media is Media.MP4


def test_a_clip_with_pre_roll_is_taken_from_a_ring(fate: Any) -> None:
    """The encoder always runs; the same clip twice shows that the ring goes on."""
    camera = Picamera2Camera(format=Media.MP4, clip_seconds=0.01, pre_roll_seconds=0.02)
    (encoder,) = fate.opened[-1].encoders
    assert encoder.output.buffer_duration_ms == 20
    for _ in range(2):
        content = camera.take(OCCASION).content
        assert film(content) == film(fate.mp4)
        assert cover(BytesIO(content))
    assert encoder.is_running
    camera.close()
    assert not encoder.is_running


def film(clip: bytes) -> bytes:
    """What lies behind the description."""
    return clip[clip.index(b"mdat") :]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("failed to find buffer")])
def test_a_frame_that_cannot_be_saved_is_given_back(fate: Any, error: Exception) -> None:
    """A request that is never released stalls the camera; there are only two."""
    camera = Picamera2Camera()
    for _ in range(3):
        fate.failed_saves.append(error)
        camera.take(OCCASION)  # opened again, and there it is
        assert [one.in_hand for one in fate.opened] == [0] * len(fate.opened)


def test_after_a_frame_that_never_came_the_camera_is_opened_again(fate: Any) -> None:
    """'Camera frontend has timed out': the photo comes from the camera opened anew."""
    camera = Picamera2Camera()
    fate.lost_frames = 1
    assert camera.take(OCCASION).media is Media.JPEG
    first, second = fate.opened
    assert first.closed
    assert second.started


def test_a_camera_that_gives_no_frame_twice_is_gone(fate: Any) -> None:
    """Then only a new process helps."""
    camera = Picamera2Camera()
    fate.lost_frames = 2
    with pytest.raises(CameraGoneError, match=r"failed again: no frame came"):
        camera.take(OCCASION)


def test_a_camera_without_memory_to_be_opened_again_is_gone(fate: Any) -> None:
    """The contiguous memory that it needs is free again when the process has ended."""
    camera = Picamera2Camera()
    fate.lost_frames = fate.no_memory = 1
    with pytest.raises(CameraGoneError, match="Cannot allocate memory"):
        camera.take(OCCASION)


def test_a_close_that_hangs_does_not_hang_the_capture(
    fate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a driver that waits for the camera's cable."""
    camera = Picamera2Camera()
    monkeypatch.setattr(picamera, "OPEN", 0.2)
    fate.lost_frames = fate.hanging_closes = 1
    with pytest.raises(CameraGoneError, match=r"closing it hangs, for 0.2 s now"):
        camera.take(OCCASION)


def test_a_camera_that_was_unplugged_is_told(fate: Any) -> None:
    fate.is_there = False
    with pytest.raises(CameraGoneError, match="check its cable"):
        Picamera2Camera()


def test_a_failed_start_leaves_no_camera_open(fate: Any) -> None:
    fate.no_memory = 1
    with pytest.raises(CameraGoneError, match=r"cannot be started: .* Cannot allocate memory"):
        Picamera2Camera()
    assert fate.opened[-1].closed


@pytest.mark.slow
def test_the_process_ends_with_1_when_the_camera_is_gone(start_program: StartProgram) -> None:
    """So that systemd starts it again; the photos that it took before wait in the spool."""
    program = start_program(
        "capture",
        CAMERA_SOURCE="picamera2",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        PYTHONPATH=os.pathsep.join([str(STAND_IN), str(STAND_IN.parents[2])]),
        STAND_IN_LOST_FRAMES="2",
    )
    assert program.process.wait(90) == 1
    assert "camera: it failed again" in program.output
    assert "the process ends, to be started again" in program.output


def test_without_the_library_the_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="apt-get install python3-picamera2"):
        Picamera2Camera()


def test_no_thread_is_left_behind(fate: Any) -> None:
    """Each timed call has one; it ends with the call."""
    camera = Picamera2Camera()
    before = threading.active_count()
    for _ in range(20):
        camera.take(OCCASION)
    camera.close()
    wait_for(lambda: threading.active_count() <= before, what="the end of the last call's thread")
