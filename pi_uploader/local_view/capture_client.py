"""What the page and MQTT ask the capture process: little, however many people look.

Live pictures, the state and the log are cached for a moment; photos are limited in number.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from photo_wire.name import PhotoName, parse_name
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.control import ControlError, NotRunningError, Reply, RequestRefusedError, ask
from pi_uploader.local_view.problems import RETRY_SOON, RequestProblemError
from pi_uploader.log_ring import MAX_LINES

CACHE_SECONDS = 0.2  # of a live picture, the state and the log
ASK_SECONDS = 10.0
PHOTO_SECONDS = 60.0
MAX_PHOTOS_A_MINUTE = 12
MAX_PHOTOS_AT_ONCE = 2


class CaptureClient:
    """Asks the capture process of the spool in this folder. Threads share it. `new_tag` returns
    eight hex digits for each photo."""

    def __init__(
        self, spool: Path, new_tag: Callable[[], str], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._spool = spool
        self._new_tag = new_tag
        self._clock = clock
        self._lock = threading.Lock()  # one request at a time, except photos
        self._cache: dict[tuple[str, ...], tuple[float, Reply]] = {}
        self._taking = threading.BoundedSemaphore(MAX_PHOTOS_AT_ONCE)
        self._taken_at: deque[float] = deque(maxlen=MAX_PHOTOS_A_MINUTE)

    def cameras(self) -> dict[str, Any]:
        """Return the state of each camera, by its name. Raises RequestProblemError."""
        cameras = self._cached(("state",), {"do": "state"}).members.get("cameras")
        return cameras if isinstance(cameras, dict) else {}

    def choose(self, camera: str | None) -> str:
        """Return the name of this camera, or of the only one. Raises RequestProblemError."""
        names = list(self.cameras())
        if camera is None and len(names) == 1:
            return names[0]
        if camera is None or camera not in names:
            problem = "there is no such camera" if camera else "camera: say which"
            raise RequestProblemError(
                HTTPStatus.NOT_FOUND if camera else HTTPStatus.BAD_REQUEST,
                f"{problem}; expected one of {', '.join(names)}",
            )
        return camera

    def preview(self, camera: str) -> bytes:
        """Return a JPEG of now of a camera that exists. Raises RequestProblemError."""
        return self._cached(("preview", camera), {"do": "preview", "camera": camera}).body

    def last_photo(self, camera: str) -> tuple[str, bytes]:
        """Return the id of the last photo since the capture process was started, and its preview, a
        JPEG; empty if it has none. Raises RequestProblemError."""
        reply = self._ask({"do": "last", "camera": camera})
        return str(reply.members.get("photo")), reply.body

    def set_armed(self, camera: str, *, is_armed: bool) -> None:
        """Arm a camera, or disarm it for good. Raises RequestProblemError."""
        self._ask({"do": "arm" if is_armed else "disarm", "camera": camera})

    def logs(self) -> list[str]:
        """Return the last lines of the capture process's log. Raises RequestProblemError."""
        reply = self._cached(("logs",), {"do": "logs", "lines": MAX_LINES})
        return list(reply.members.get("lines", []))

    def take_photo(self, camera: str) -> PhotoName:
        """Take a photo with a camera that exists, and return its name once it is in the spool.
        Raises RequestProblemError."""
        self._count_photo()
        if not self._taking.acquire(blocking=False):
            raise RequestProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "other photos are being taken: try again",
                RETRY_SOON,
            )
        try:
            request = {"do": "photo", "camera": camera, "tag": self._new_tag()}
            return parse_name(str(self._ask(request, PHOTO_SECONDS).members.get("photo")))
        finally:
            self._taking.release()

    def _count_photo(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if len(self._taken_at) == MAX_PHOTOS_A_MINUTE and now - self._taken_at[0] < 60:
                raise RequestProblemError(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"{MAX_PHOTOS_A_MINUTE} photos a minute are taken by request at most",
                    {"Retry-After": str(int(60 - (now - self._taken_at[0])) + 1)},
                )
            self._taken_at.append(now)

    def _cached(self, key: tuple[str, ...], request: Mapping[str, Any]) -> Reply:
        with self._lock:
            asked_at, reply = self._cache.get(key, (float("-inf"), Reply({})))
            if self._clock.monotonic() - asked_at < CACHE_SECONDS:
                return reply
            reply = self._ask(request)
            self._cache[key] = self._clock.monotonic(), reply
            return reply

    def _ask(self, request: Mapping[str, Any], seconds: float = ASK_SECONDS) -> Reply:
        try:
            return ask(self._spool, request, seconds)
        except NotRunningError:
            problem = "no camera runs: systemctl status pi-uploader-capture shows why"
            raise RequestProblemError(HTTPStatus.SERVICE_UNAVAILABLE, problem, RETRY_SOON) from None
        except RequestRefusedError as error:
            raise RequestProblemError(HTTPStatus.CONFLICT, str(error)) from None
        except ControlError as error:
            raise RequestProblemError(HTTPStatus.GATEWAY_TIMEOUT, str(error), RETRY_SOON) from None
