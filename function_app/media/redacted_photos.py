"""Photos without their metadata, as whoever has a link gets them. What was made of a photo is
remembered for a while, so that a stranger who asks for it piece by piece has it read and made once.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from function_app.media.errors import NotRedactableError
from photo_wire.media import Media

MAX_CACHED_BYTES = 32 * 1024 * 1024  # of redacted photos, in a process
CACHE_SECONDS = 120.0
MAX_SIZES = 10_000  # of which it is remembered how large they are, in the order of their use
_LOCKS = 8  # photos that are made at once


@dataclass(frozen=True, slots=True)
class _Made:
    """A redacted photo, and when it was made."""

    content: bytes
    at: float


@dataclass(slots=True)
class RedactedPhotos:
    """Makes redacted photos, and remembers them by the SHA-256 of the photo. Threads share it."""

    clock: Callable[[], float] = time.monotonic
    _made: OrderedDict[str, _Made] = field(default_factory=OrderedDict)
    # None for a photo of which the metadata cannot be removed.
    _sizes: OrderedDict[str, int | None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: tuple[threading.Lock, ...] = field(
        default_factory=lambda: tuple(threading.Lock() for _ in range(_LOCKS))
    )

    def get(self, sha256: str, media: Media, read: Callable[[], bytes]) -> bytes:
        """Return the redacted photo, made of what `read` returns unless it is remembered. Raises
        NotRedactableError, and what `read` raises."""
        with self._making[hash(sha256) % _LOCKS]:
            if self._is_rejected(sha256):
                raise NotRedactableError("its metadata could not be removed before")
            if content := self._cached(sha256):
                return content
            from function_app.media.redaction import redact  # seldom needed

            try:
                content = redact(read(), media)
            except NotRedactableError:
                self._remember_size(sha256, None)
                raise
            self._remember(sha256, content)
            return content

    def size(self, sha256: str, media: Media, size: int) -> int | None:
        """Return the size of the redacted photo in bytes, by that of the photo; None if only making
        it tells. Raises NotRedactableError if that was not possible before."""
        if self._is_rejected(sha256):
            raise NotRedactableError("its metadata could not be removed before")
        if media is not Media.JPEG:  # redaction overwrites, and keeps the length
            return size
        with self._lock:
            return self._sizes.get(sha256)

    def _is_rejected(self, sha256: str) -> bool:
        with self._lock:
            return self._sizes.get(sha256, 0) is None

    def _cached(self, sha256: str) -> bytes | None:
        with self._lock:
            for key in [key for key, one in self._made.items() if self._is_old(one)]:
                del self._made[key]
            if sha256 not in self._made:
                return None
            self._made.move_to_end(sha256)
            return self._made[sha256].content

    def _is_old(self, made: _Made) -> bool:
        return self.clock() - made.at >= CACHE_SECONDS

    def _remember(self, sha256: str, content: bytes) -> None:
        self._remember_size(sha256, len(content))
        if len(content) > MAX_CACHED_BYTES:
            return
        with self._lock:
            self._made[sha256] = _Made(content, self.clock())
            while sum(len(one.content) for one in self._made.values()) > MAX_CACHED_BYTES:
                self._made.popitem(last=False)

    def _remember_size(self, sha256: str, size: int | None) -> None:
        with self._lock:
            self._sizes[sha256] = size
            self._sizes.move_to_end(sha256)
            if len(self._sizes) > MAX_SIZES:
                self._sizes.popitem(last=False)
