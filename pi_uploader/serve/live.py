"""Live pictures as MJPEG: a response that does not end, with a JPEG in each of its parts."""

import threading
from collections.abc import Callable
from http import HTTPStatus

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.serve.problems import PageProblemError

MAX_VIEWERS = 3
MAX_SECONDS = 300.0
BOUNDARY = "frame"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


class Viewers:
    """The places for people who watch: MAX_VIEWERS."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_VIEWERS)

    def enter(self) -> Callable[[], None]:
        """Take a place, and return what frees it, which may be called again. Raises
        PageProblemError if there is none."""
        if not self._places.acquire(blocking=False):
            raise PageProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{MAX_VIEWERS} people watch already; try again later",
                {"Retry-After": "30"},
            )
        is_free = threading.Event()

        def leave() -> None:
            if not is_free.is_set():
                is_free.set()
                self._places.release()

        return leave


class LiveStream:
    """The parts of a response, each with the picture that `preview` returns, `frames` a second.
    It ends after MAX_SECONDS, when `pause(seconds)` returns True, and when there is no picture."""

    def __init__(
        self,
        preview: Callable[[], bytes],
        frames: int,
        leave: Callable[[], None],
        pause: Callable[[float], bool],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._preview = preview
        self._interval = 1 / frames
        self._leave = leave
        self._pause = pause
        self._clock = clock
        self._end = clock.monotonic() + MAX_SECONDS
        self._next = clock.monotonic()
        self._has_begun = False

    def __iter__(self) -> "LiveStream":
        return self

    def __next__(self) -> bytes:
        """Return the next part. The first raises PageProblemError if there is no picture."""
        left = self._next - self._clock.monotonic()
        if (left > 0 and self._pause(left)) or self._clock.monotonic() >= self._end:
            self.close()
            raise StopIteration
        self._next = self._clock.monotonic() + self._interval
        try:
            picture = self._preview()
        except PageProblemError:
            self.close()
            if self._has_begun:
                raise StopIteration from None
            raise
        self._has_begun = True
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        return head.encode() + picture + b"\r\n"

    def close(self) -> None:
        """Free the place of this viewer."""
        self._leave()
