"""Live pictures and frames of the Pi's own camera, beside the photos that it takes."""

import threading
import time
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import Mode
from tests.support.waiting import wait_for

CONTEXT = CaptureContext("gate", Trigger.MOTION, datetime(2026, 11, 21, 7, 30, 1, 250000, UTC))


def live_picture(camera: Picamera2Camera) -> Image.Image:
    picture = Image.open(BytesIO(camera.preview()))
    picture.load()
    return picture.convert("RGB")


@pytest.mark.parametrize("format", [Media.JPEG, Media.MP4])
def test_a_live_picture_comes_from_a_second_stream(hardware: Any, format: Media) -> None:
    """Whose lines are longer than the picture is wide."""
    camera = Picamera2Camera(Mode(format=format))
    assert hardware.opened[-1].camera_config["lores"]["size"] == (640, 360)
    picture = live_picture(camera)
    assert picture.size == (640, 360)
    red, green, blue = picture.getpixel((639, 359))  # type: ignore[misc]
    assert red > green > blue  # orange, as the second stream is
    assert hardware.opened[-1].unreleased == 0


@pytest.mark.parametrize(
    ("mode", "size"),
    [
        (Mode(format=Media.DNG), (640, 360)),
        (Mode(size=(640, 480)), (640, 480)),
        (Mode(size=(320, 240)), (320, 240)),
    ],
)
def test_a_small_first_stream_is_shown_itself(
    hardware: Any, mode: Mode, size: tuple[int, int]
) -> None:
    """Also that of raw pictures, beside the raw one."""
    picture = live_picture(Picamera2Camera(mode))
    assert not hardware.opened[-1].camera_config.get("lores")
    red, green, blue = picture.getpixel((0, 0))  # type: ignore[misc]
    assert (picture.size, red) == (size, 0)
    assert abs(green - blue) < 10  # teal, as the first stream is


def test_a_live_picture_of_a_portrait_has_640_pixels_on_its_longer_side(hardware: Any) -> None:
    assert live_picture(Picamera2Camera(Mode(size=(1080, 1920)))).size == (360, 640)


def test_a_live_picture_waits_for_no_new_exposure_and_takes_no_buffer_from_photos(
    hardware: Any,
) -> None:
    """Its frame is released before it is encoded."""
    camera = Picamera2Camera()
    for _ in range(10):
        camera.preview()
        assert hardware.opened[-1].unreleased == 0
        assert camera.take(CONTEXT).media is Media.JPEG
    assert len(hardware.opened) == 1


def test_a_live_picture_that_never_comes_reopens_nothing(hardware: Any) -> None:
    """The next photo does, if it has to; the frame that comes late is released."""
    camera = Picamera2Camera()
    hardware.lost_frames = 1
    with pytest.raises(CameraError, match="no frame came within"):
        camera.preview()
    assert len(hardware.opened) == 1
    picamera2 = hardware.opened[-1]
    [late] = picamera2._job_list
    picamera2.unreleased += 1
    late._future.set_result(FakeFrame(picamera2))
    wait_for(lambda: picamera2.unreleased == 0, what="the release of the late frame")
    picamera2._job_list.clear()
    assert camera.take(CONTEXT).media is Media.JPEG


class FakeFrame:
    """A frame that can only be released."""

    def __init__(self, picamera2: Any) -> None:
        self._picamera2 = picamera2

    def release(self) -> None:
        self._picamera2.unreleased -= 1


@pytest.mark.parametrize("mode", [Mode(), Mode(size=(640, 480)), Mode(format=Media.DNG)])
def test_frames_are_small_and_grey_and_have_the_sensors_time_and_gain(
    hardware: Any, mode: Mode
) -> None:
    """Of the second stream, or of the first one if that is small. None stays unreleased."""
    camera, stop = Picamera2Camera(mode), threading.Event()
    frames = camera.frames(stop)
    before = time.monotonic()
    first, second = next(frames), next(frames)
    for frame in (first, second):
        assert frame.luma.shape == (240, 320)
        assert int(frame.luma.min()) == int(frame.luma.max()) > 50  # a picture of one colour
        assert frame.gain == 2.0
        assert before - 1 < frame.at < time.monotonic()
    assert first.at < second.at
    stop.set()
    assert list(frames) == []
    assert hardware.opened[-1].unreleased == 0


def test_a_photo_beside_the_frames_and_one_of_a_moment(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latter is the first frame that was exposed after it; no whole picture is kept."""
    import picamera2

    asked: list[Any] = []
    real = picamera2.Picamera2.capture_request

    def capture_request(self: Any, **options: Any) -> Any:
        asked.append(options.get("flush"))
        return real(self, **options)

    monkeypatch.setattr(picamera2.Picamera2, "capture_request", capture_request)
    camera = Picamera2Camera()
    frames = camera.frames(threading.Event())
    next(frames)
    assert camera.take(CONTEXT).media is Media.JPEG
    assert camera.take_at(CONTEXT, 12.5).media is Media.JPEG
    next(frames)
    assert asked[0] is None
    assert asked[-1] is None
    assert {True, 12_500_000_000} < set(asked)
    assert not camera.remembers(time.monotonic())


def test_frames_of_a_camera_that_hangs_end_and_come_again(hardware: Any) -> None:
    """It is reopened by the next photo or check, and the frames are those of the new one."""
    camera = Picamera2Camera()
    hardware.lost_frames = 2
    with pytest.raises(CameraError, match=r"no frame came within 0\.2 s"):
        next(camera.frames(threading.Event()))
    camera.check()
    assert len(hardware.opened) == 2
    assert next(camera.frames(threading.Event())).gain == 2.0
