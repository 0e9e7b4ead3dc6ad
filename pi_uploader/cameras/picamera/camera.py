"""The Pi's own camera, reopened when it fails.

It stays open in one fixed mode: switching modes fragments contiguous memory until none is left
(picamera2#1130, #1125, #869). Every call into it has a timeout, since a camera whose cable or
firmware fails never answers (#1264, #1295, #962).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CameraGoneError, CaptureContext, Shot
from pi_uploader.cameras.picamera.faults import (
    call_with_timeout,
    describe_error,
    is_software_error,
)
from pi_uploader.cameras.picamera.library import import_picamera2, version_problem
from pi_uploader.cameras.picamera.mode import Mode
from pi_uploader.cameras.picamera.session import Session
from pi_uploader.motion.frame import FRAMES_PER_SECOND, Frame
from pi_uploader.settings import SettingsError

OPEN_TIMEOUT_SECONDS = 20.0  # to open or close the camera
DEFAULT_MODE = Mode()

Result = TypeVar("Result")
log = logging.getLogger("capture")


class Picamera2Camera:
    """Takes photos (JPEG or DNG) or clips (MP4), as `mode` says. `sensor` is the number or the id
    of the camera; None selects the first of the Pi's own. `network` is the file of one that runs in
    the camera (IMX500).

    A camera that fails is reopened once, within the same photo. Raises SettingsError if picamera2
    cannot be used, CameraGoneError if the camera is missing or cannot be started.
    """

    max_delay = 0.0  # libcamera says when a frame was exposed

    def __init__(
        self, mode: Mode = DEFAULT_MODE, sensor: str | None = None, network: Path | None = None
    ) -> None:
        import_picamera2()
        if problem := version_problem(mode.format is Media.MP4):
            raise SettingsError([problem])
        self._mode = mode
        self._sensor = sensor
        self._network = network
        self._stop = threading.Event()
        self._logged_errors: set[str] = set()  # whose traceback is in the log
        self._session = call_with_timeout(OPEN_TIMEOUT_SECONDS, "opening", self._open)

    def _open(self) -> Session:
        return Session(self._sensor, self._mode, self._stop, self._network)

    def take(self, context: CaptureContext) -> Shot:
        """Return a photo exposed after this call, or a clip. Raises CameraGoneError if the camera
        fails even after it was reopened, CameraError if reopening could not help."""
        return self._retry_reopened(lambda session: session.take(context))

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        """Return the first photo that was exposed after the moment `at` (monotonic seconds), or a
        clip with it: there is memory for two whole pictures, and none for those of before. Raises
        as `take` does."""
        return self._retry_reopened(lambda session: session.take(context, at))

    def remembers(self, at: float) -> bool:
        """Return whether it has the picture of the moment `at`: never."""
        return False

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield frames of the second stream until `stop` is set. Raises CameraError; what reopens
        the camera is the next photo or check."""
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            try:
                frame = self._session.look()
            except Exception as error:
                raise CameraError(describe_error(error)) from error
            yield frame
            due = max(due + 1 / FRAMES_PER_SECOND, time.monotonic())

    @property
    def records_clips(self) -> bool:
        """Whether the mode is that of clips; switching it would need memory that may be missing."""
        return self._mode.format is Media.MP4

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Return a clip of these seconds. Raises as `take` does."""
        return self._retry_reopened(lambda session: session.take_clip(seconds))

    def preview(self) -> bytes:
        """Return a small picture of now. Raises CameraError; what reopens the camera is the next
        photo or check."""
        try:
            return self._session.preview()
        except Exception as error:
            raise CameraError(describe_error(error)) from error

    def check(self) -> None:
        """Wait for a frame, so that a dead camera is detected before the next trigger. Raises
        CameraGoneError if none comes even after the camera was reopened."""
        self._retry_reopened(lambda session: session.check())

    def _retry_reopened(self, call: Callable[[Session], Result]) -> Result:
        """Return what `call` returns for the session; if it fails, reopen the camera and try once
        more."""
        try:
            return call(self._session)
        except Exception as error:
            self._log_traceback_once(error)
            if is_software_error(error) or self._stop.is_set():
                raise CameraError(describe_error(error)) from error
            log.warning("the camera failed and is opened again: %s", describe_error(error))
        try:
            call_with_timeout(OPEN_TIMEOUT_SECONDS, "closing", self._session.abort)
            self._session = call_with_timeout(OPEN_TIMEOUT_SECONDS, "opening", self._open)
            return call(self._session)
        except CameraGoneError:
            raise
        except Exception as error:
            raise CameraGoneError(f"it failed again: {describe_error(error)}") from error

    def _log_traceback_once(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if not isinstance(error, CameraError) and text not in self._logged_errors:
            self._logged_errors.add(text)
            log.warning("what the camera's library raised", exc_info=error)

    def stop_recording(self) -> None:
        """End a clip that is being recorded now."""
        self._stop.set()

    def close(self) -> None:
        """Release the camera. Raises CameraGoneError if that hangs."""
        call_with_timeout(OPEN_TIMEOUT_SECONDS, "closing", self._session.close)
