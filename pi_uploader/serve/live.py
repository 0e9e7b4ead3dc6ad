"""Live pictures as MJPEG: a response that does not end, with a JPEG in each of its parts."""

import threading
from collections.abc import Callable
from http import HTTPStatus

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.local_view.problems import RequestProblemError

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
        RequestProblemError if there is none."""
        if not self._places.acquire(blocking=False):
            raise RequestProblemError(
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
    """The parts of a response, each with the picture that `preview` returns, `frames` a second,
    once it has begun. It ends after MAX_SECONDS, when `pause(seconds)` returns True, and when there
    is no picture."""

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
        self._first = b""

    def begin(self) -> None:
        """Get the first picture, while the response can still be a problem. Raises
        RequestProblemError if there is none; the viewer's place is free then."""
        try:
            self._first = self._preview()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> "LiveStream":
        return self

    def __next__(self) -> bytes:
        """Return the next part."""
        left = self._next - self._clock.monotonic()
        if (left > 0 and self._pause(left)) or self._clock.monotonic() >= self._end:
            self.close()
            raise StopIteration
        self._next = self._clock.monotonic() + self._interval
        try:
            picture = self._first or self._preview()
        except RequestProblemError:
            self.close()
            raise StopIteration from None
        self._first = b""
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        return head.encode() + picture + b"\r\n"

    def close(self) -> None:
        """Free the place of this viewer."""
        self._leave()
