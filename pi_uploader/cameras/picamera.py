"""The Pi's own camera, through picamera2.

It is kept running in one fixed mode: switching modes breaks contiguous memory into pieces until
there is none (picamera2#1130, #1125, #869). Every call into it has a deadline, since a camera whose
cable or firmware fails just never answers (#1264, #1295, #962).
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CameraGoneError, Occasion, Shot
from pi_uploader.cameras.dng import add_preview
from pi_uploader.cameras.exif import image_tags, photo_tags
from pi_uploader.cameras.picamera_mode import Mode
from pi_uploader.cameras.poster import WIDTH, attempt, with_poster
from pi_uploader.settings import SettingsError

OPEN = 20.0  # seconds to open or close the camera
FRAME = 5.0  # seconds for a frame, apart from its exposure
SAVE = 20.0  # seconds to encode a photo; a Pi Zero takes about four for 12 megapixels
DRAW = 5.0  # seconds to make a small picture; a Pi Zero takes less than one
EXPOSURE_TIME, ISO = 0x829A, 0x8827  # Exif tags

Result = TypeVar("Result")
log = logging.getLogger("capture")


class Picamera2Camera:
    """Takes photos as JPEG or DNG, or clips as MP4 of `clip_seconds` after the trigger and
    `pre_roll_seconds` before it.

    A camera that fails is opened again once, within the same photo. Raises SettingsError if
    picamera2 is not installed, CameraGoneError if there is no camera.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int] | None = None,
        format: Media = Media.JPEG,
        rotation: int = 0,
        lens_position: float | None = None,
        exposure: float | None = None,
        clip_seconds: float = 10.0,
        pre_roll_seconds: float = 0.0,
    ) -> None:
        try:
            import picamera2  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                [
                    "CAMERA_SOURCE: 'picamera2' needs the Pi's camera library, which cannot be "
                    f"imported ({error}); expected apt-get install python3-picamera2 before, and "
                    "a venv with --system-site-packages"
                ]
            ) from error
        self._mode = Mode(
            size, format, rotation, lens_position, exposure, clip_seconds, pre_roll_seconds
        )
        self._stop = threading.Event()
        self._running = _in_time(OPEN, "opening", self._open)

    def _open(self) -> "_Running":
        return _Running(self._mode, self._stop)

    def take(self, occasion: Occasion) -> Shot:
        """A photo exposed after this call, or a clip. Raises CameraGoneError if the camera gives
        none even after it was opened again."""
        try:
            return self._running.take(occasion)
        except Exception as error:  # noqa: BLE001  it has many ways to fail, and this is what helps
            log.warning("the camera failed and is opened again: %s", _described(error))
        try:
            _in_time(OPEN, "closing", self._running.abandon)
            self._running = _in_time(OPEN, "opening", self._open)
            return self._running.take(occasion)
        except CameraGoneError:
            raise
        except Exception as error:
            raise CameraGoneError(f"it failed again: {_described(error)}") from error

    def cut_short(self) -> None:
        """Have a clip that is being recorded end now."""
        self._stop.set()

    def close(self) -> None:
        """Let go of the camera."""
        _in_time(OPEN, "closing", self._running.close)


class _Running:
    """The camera, opened and started in its mode. A clip ends early at `stop`."""

    def __init__(self, mode: Mode, stop: threading.Event) -> None:
        from picamera2 import Picamera2

        if not Picamera2.global_camera_info():
            raise CameraGoneError(
                "there is no camera; check its cable at both ends, then rpicam-hello --list-cameras"
            )
        self._mode = mode
        self._stop = stop
        try:
            self._camera = Picamera2()
        except Exception as error:
            raise CameraGoneError(
                f"it cannot be opened: {_described(error)}; does another program use it?"
            ) from error
        try:
            self._camera.configure(mode.configuration(self._camera))
            self._camera.start()
            self._before = self._record_always() if self._has_pre_roll else None
        except Exception as error:
            self._camera.close()
            raise CameraGoneError(f"it cannot be started: {_described(error)}") from error

    def take(self, occasion: Occasion) -> Shot:
        if self._mode.format is Media.MP4:
            return Shot(self._clip(), Media.MP4)
        content = BytesIO()
        request = self._next_frame()
        try:
            if self._mode.format is Media.DNG:
                _in_time(SAVE, "saving", lambda: request.save_dng(content))
                attempt(lambda: add_preview(content, *_small(request)))
            else:
                exif = {"0th": image_tags(occasion), "Exif": _exif(request, occasion)}
                _in_time(
                    SAVE,
                    "saving",
                    lambda: request.save("main", content, format="jpeg", exif_data=exif),
                )
        finally:
            request.release()  # one that is kept stalls the camera
        return Shot(content.getvalue(), self._mode.format)

    def close(self) -> None:
        if self._before:
            self._camera.stop_encoder()
        self._camera.close()

    def abandon(self) -> None:
        """Close it although it may be waiting for a frame that never comes."""
        self._camera.cancel_all_and_flush()
        self._camera.close()

    def _next_frame(self) -> Any:
        """A frame whose exposure begins from now on."""
        job = self._camera.capture_request(wait=False, flush=True)
        try:
            return self._camera.wait(job, timeout=FRAME + 2 * (self._mode.exposure or 0))
        except TimeoutError:
            raise CameraError(f"no frame came within {FRAME:g} s") from None

    @property
    def _has_pre_roll(self) -> bool:
        return self._mode.format is Media.MP4 and self._mode.pre_roll > 0

    def _record_always(self) -> Any:
        from picamera2.encoders import H264Encoder
        from picamera2.outputs import CircularOutput2

        before = CircularOutput2(buffer_duration_ms=int(self._mode.pre_roll * 1000))
        self._camera.start_encoder(H264Encoder(), before)
        return before

    def _clip(self) -> bytes:
        """What is recorded from the first whole picture on, with a picture from now as its poster.
        At its end a frame is awaited: a camera that stood still meanwhile has made no clip."""
        from picamera2.encoders import H264Encoder
        from picamera2.outputs import PyavOutput

        with TemporaryDirectory(prefix="nightjar-") as folder:
            file = Path(folder, "clip.mp4")
            output = PyavOutput(str(file), format="mp4", options={"movflags": "+faststart"})
            ends = time.monotonic() + self._mode.clip
            if self._before:
                # What leaves the ring is written, so its end is as far behind as its beginning.
                self._before.open_output(output)
                poster = attempt(self._poster)
                self._stop.wait(ends + self._mode.pre_roll - time.monotonic())
                _in_time(SAVE, "saving", self._before.close_output)
            else:
                encoder = H264Encoder()
                self._camera.start_encoder(encoder, output)
                poster = attempt(self._poster)
                self._stop.wait(ends - time.monotonic())
                _in_time(SAVE, "saving", lambda: self._camera.stop_encoder(encoder))
            self._next_frame().release()
            content = file.read_bytes()
        return (poster and attempt(partial(with_poster, content, poster))) or content

    def _poster(self) -> bytes:
        """A frame from now, as a small JPEG."""
        request = self._next_frame()
        try:
            return _small(request)[0]
        finally:
            request.release()


def _small(request: Any) -> tuple[bytes, tuple[int, int]]:
    """The frame as a small JPEG, and its size. What draws it comes with the camera's library."""
    width, height = request.config["main"]["size"]
    size = WIDTH, round(height * WIDTH / width)
    small = BytesIO()

    def draw() -> None:
        request.make_image("main", *size).convert("RGB").save(small, "JPEG", quality=80)

    _in_time(DRAW, "drawing", draw)
    return small.getvalue(), size


def _exif(request: Any, occasion: Occasion) -> dict[int, Any]:
    """picamera2 takes these folders instead of its own, which hold the time of an unset clock."""
    found = request.get_metadata()
    gain = found.get("AnalogueGain", 1.0) * found.get("DigitalGain", 1.0)
    seen = {EXPOSURE_TIME: (found.get("ExposureTime", 0), 1_000_000), ISO: round(gain * 100)}
    return {**photo_tags(occasion.taken_at), **seen}


def _in_time(seconds: float, what: str, call: Callable[[], Result]) -> Result:
    """What `call` gives. It runs in a thread that is left behind if it takes longer: then raises
    CameraGoneError, since only the end of the process ends that thread."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name=f"camera {what}", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        if future.done():
            raise  # of the call itself
        raise CameraGoneError(f"{what} it hangs, for {seconds:g} s now") from error


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
