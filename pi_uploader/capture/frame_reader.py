"""Read the frames of a camera in a thread of their own: a stream may hang in its driver."""

import threading
import time
from contextlib import suppress

from pi_uploader.cameras import CameraError, FrameSource
from pi_uploader.motion.frame import FRAMES_PER_SECOND, Frame

MIN_INTERVAL_SECONDS = 0.5 / FRAMES_PER_SECOND  # between two frames; a stream with more is slowed
MAX_HURRIED = 50  # frames in a row that came sooner, after which the stream counts as flooding


class FrameReader:
    """Reads frames from now on. The newest one waits for `next`; older ones are dropped."""

    def __init__(self, name: str, source: FrameSource) -> None:
        self._source = source
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name=f"frames of {name}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs. One that hangs in a driver cannot be ended."""
        return self._thread.is_alive()

    def next(self, seconds: float) -> Frame | None:
        """Return the newest frame that was not returned yet; wait `seconds` for it at most, and
        return None if none came. Raises CameraError once the stream has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame or self._problem, seconds)
            frame, self._frame = self._frame, None
            if frame is None and self._problem:
                raise CameraError(self._problem)
            return frame

    def stop(self) -> None:
        """Read no more frames."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait until the thread ends, `seconds` at most."""
        self._thread.join(seconds)

    def _run(self) -> None:
        problem = "the stream ended"
        try:
            self._read()
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the stream is opened again
            problem = str(error) or type(error).__name__
        with self._changed:
            self._problem = problem
            self._changed.notify_all()

    def _read(self) -> None:
        """Read until the stream ends. Raises CameraError if it floods, and whatever it raises."""
        hurried, last = 0, float("-inf")
        frames = self._source.frames(self._stop)
        try:
            for frame in frames:
                early = last + MIN_INTERVAL_SECONDS - time.monotonic()
                hurried = hurried + 1 if early > 0 else 0
                if hurried > MAX_HURRIED:
                    raise CameraError(
                        f"it sends more than {1 / MIN_INTERVAL_SECONDS:g} frames a second"
                    )
                if early > 0 and self._stop.wait(early):
                    return
                last = time.monotonic()
                with self._changed:
                    self._frame = frame
                    self._changed.notify_all()
        finally:
            with suppress(AttributeError):  # only generators have one
                frames.close()  # type: ignore[attr-defined]
