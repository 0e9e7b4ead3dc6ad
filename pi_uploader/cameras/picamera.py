"""The Pi's own camera, through picamera2.

It is kept running in one fixed mode: switching modes breaks contiguous memory into pieces until
there is none (picamera2#1130, #1125, #869). Every call into it has a deadline, since a camera whose
cable or firmware fails just never answers (#1264, #1295, #962).
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any, TypeVar

from photo_wire.media import Media
from pi_uploader.cameras.boxes import is_empty
from pi_uploader.cameras.camera import CameraError, CameraGoneError, CaptureContext, Shot
from pi_uploader.cameras.deadline import in_time
from pi_uploader.cameras.dng import add_preview
from pi_uploader.cameras.exif import image_tags
from pi_uploader.cameras.picamera_faults import described, is_of_software
from pi_uploader.cameras.picamera_files import exif_of, mp4_output, small_jpeg
from pi_uploader.cameras.picamera_library import (
    choose,
    import_picamera2,
    sensors,
    version_problem,
)
from pi_uploader.cameras.picamera_mode import FOCUS_FAILED, FOCUSED, Mode
from pi_uploader.cameras.poster import attempt, with_poster
from pi_uploader.cameras.scratch import clip_folder, take_out
from pi_uploader.settings import SettingsError

OPEN = 20.0  # seconds to open or close the camera
FRAME = 5.0  # seconds for a frame, apart from its exposure
FOCUS = 5.0  # seconds after the start in which a lens may still move
SAVE = 20.0  # seconds to encode a photo; a Pi Zero takes about four for 12 megapixels

Result = TypeVar("Result")
log = logging.getLogger("capture")


class Picamera2Camera:
    """Takes photos as JPEG or DNG, or clips as MP4 of `clip_seconds` after the trigger and
    `pre_roll_seconds` before it. `sensor` is the number or the id of the camera, None the first of
    the Pi's own.

    A camera that fails is opened again once, within the same photo. Raises SettingsError if
    picamera2 cannot be used, CameraGoneError if there is no camera.
    """

    def __init__(
        self,
        *,
        sensor: str | None = None,
        size: tuple[int, int] | None = None,
        format: Media = Media.JPEG,
        rotation: int = 0,
        lens_position: float | None = None,
        exposure: float | None = None,
        clip_seconds: float = 10.0,
        pre_roll_seconds: float = 0.0,
    ) -> None:
        import_picamera2()
        if problem := version_problem(format is Media.MP4):
            raise SettingsError([problem])
        self._sensor = sensor
        self._mode = Mode(
            size, format, rotation, lens_position, exposure, clip_seconds, pre_roll_seconds
        )
        self._stop = threading.Event()
        self._traced: set[str] = set()  # errors whose traceback is in the log
        self._running = in_time(OPEN, "opening", self._open)

    def _open(self) -> "_Running":
        return _Running(self._sensor, self._mode, self._stop)

    def take(self, occasion: CaptureContext) -> Shot:
        """A photo exposed after this call, or a clip. Raises CameraGoneError if the camera gives
        none even after it was opened again."""
        return self._reopening(lambda running: running.take(occasion))

    def check(self) -> None:
        """Await a frame, so that a camera that died is noticed before the next trigger. Raises
        CameraGoneError if none comes even after it was opened again."""
        self._reopening(lambda running: running.check())

    def _reopening(self, call: Callable[["_Running"], Result]) -> Result:
        """Return what `call` makes of the camera, which is opened again once if it fails."""
        try:
            return call(self._running)
        except Exception as error:
            self._trace(error)
            if is_of_software(error) or self._stop.is_set():
                raise CameraError(described(error)) from error
            log.warning("the camera failed and is opened again: %s", described(error))
        try:
            in_time(OPEN, "closing", self._running.abandon)
            self._running = in_time(OPEN, "opening", self._open)
            return call(self._running)
        except CameraGoneError:
            raise
        except Exception as error:
            raise CameraGoneError(f"it failed again: {described(error)}") from error

    def _trace(self, error: Exception) -> None:
        """Log where an error came from, once for each."""
        text = f"{type(error).__name__}: {error}"
        if not isinstance(error, CameraError) and text not in self._traced:
            self._traced.add(text)
            log.warning("what the camera's library raised", exc_info=error)

    def cut_short(self) -> None:
        """Have a clip that is being recorded end now."""
        self._stop.set()

    def close(self) -> None:
        """Let go of the camera."""
        in_time(OPEN, "closing", self._running.close)


class _Running:
    """The camera, opened and started in its mode. A clip ends early at `stop`."""

    def __init__(self, sensor: str | None, mode: Mode, stop: threading.Event) -> None:
        from picamera2 import Picamera2

        self._mode = mode
        self._stop = stop
        chosen = choose(sensors(), sensor)
        try:
            self._camera = Picamera2(chosen.number)
        except Exception as error:
            raise CameraGoneError(f"{chosen} cannot be opened: {described(error)}") from error
        try:
            mode.configure(self._camera)
            self._camera.start()
            self._before = self._record_always() if self._has_pre_roll else None
        except Exception as error:
            self._camera.close()
            raise CameraGoneError(f"{chosen} cannot be started: {described(error)}") from error
        self._settles_until = time.monotonic() + FOCUS if mode.focuses(self._camera) else 0.0

    def take(self, occasion: CaptureContext) -> Shot:
        if self._mode.format is Media.MP4:
            return Shot(self._clip(), Media.MP4)
        self._settle()
        content = BytesIO()
        request = self._next_frame()
        try:
            if self._mode.format is Media.DNG:
                in_time(SAVE, "saving", lambda: request.save_dng(content))
                attempt(lambda: add_preview(content, *small_jpeg(request)))
            else:
                exif = {"0th": image_tags(occasion), "Exif": exif_of(request, occasion)}
                in_time(
                    SAVE,
                    "saving",
                    lambda: request.save("main", content, format="jpeg", exif_data=exif),
                )
        finally:
            request.release()  # one that is kept stalls the camera
        return Shot(content.getvalue(), self._mode.format)

    def check(self) -> None:
        """Await a frame. Raises CameraError if none comes."""
        self._next_frame().release()

    def close(self) -> None:
        self._end_recording()
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

    def _settle(self) -> None:
        """Wait, in the first seconds after the start, until the lens stands still."""
        while time.monotonic() < self._settles_until:
            request = self._next_frame()
            try:
                state = request.get_metadata().get("AfState")
            finally:
                request.release()
            if state in (None, FOCUSED, FOCUS_FAILED):
                self._settles_until = 0.0

    @property
    def _has_pre_roll(self) -> bool:
        return self._mode.format is Media.MP4 and self._mode.pre_roll > 0

    def _record_always(self) -> Any:
        from picamera2.encoders import H264Encoder
        from picamera2.outputs import CircularOutput2

        before = CircularOutput2(buffer_duration_ms=int(self._mode.pre_roll * 1000))
        self._camera.start_encoder(H264Encoder(), before)
        return before

    def _end_recording(self) -> None:
        """Stop the encoder that runs always. What is in the ring goes to the clip in hand."""
        if self._before:
            self._camera.stop_encoder()
            self._before = None

    def _clip(self) -> bytes:
        """What is recorded from the first whole picture on, with a picture from now as its poster.
        Of a camera that stands still meanwhile, what came before is the clip."""
        with clip_folder() as folder:
            file = folder / "clip.mp4"
            record = self._record_from_ring if self._before else self._record
            poster, fault = record(mp4_output(file))
            content = take_out(file)
        if is_empty(content):
            raise fault or CameraError("no picture came while it recorded")
        if fault:
            log.warning("%s: the clip ends there", fault)
        return (poster and attempt(partial(with_poster, content, poster))) or content

    def _record_from_ring(self, output: Any) -> tuple[bytes | None, CameraError | None]:
        """Record what the ring has and what comes; return a poster, if it can be drawn, and why the
        camera stands still, if it does."""
        assert self._before
        ends = time.monotonic() + self._mode.clip + self._mode.pre_roll
        # What leaves the ring is written, so its end is as far behind as its beginning.
        self._before.open_output(output)
        poster = attempt(self._poster)
        self._stop.wait(ends - time.monotonic())
        fault = self._fault()
        if fault or self._stop.is_set():
            in_time(SAVE, "saving", self._end_recording)  # closing it would drop the newest seconds
        else:
            in_time(SAVE, "saving", self._before.close_output)
        return poster, fault

    def _record(self, output: Any) -> tuple[bytes | None, CameraError | None]:
        """Record what comes; return as `_record_from_ring` does."""
        from picamera2.encoders import H264Encoder

        ends = time.monotonic() + self._mode.clip
        encoder = H264Encoder()
        self._camera.start_encoder(encoder, output)
        poster = attempt(self._poster)
        self._stop.wait(ends - time.monotonic())
        in_time(SAVE, "saving", lambda: self._camera.stop_encoder(encoder))
        return poster, self._fault()

    def _fault(self) -> CameraError | None:
        """Return why no frame comes, if none does. A camera that is stopped is not waited for."""
        if self._stop.is_set():
            return None
        try:
            self.check()
        except CameraError as error:
            return error
        return None

    def _poster(self) -> bytes:
        """A frame from now, as a small JPEG."""
        request = self._next_frame()
        try:
            return small_jpeg(request)[0]
        finally:
            request.release()
