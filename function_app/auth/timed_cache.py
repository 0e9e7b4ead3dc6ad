"""What was read from storage, remembered for a while."""

import threading
from datetime import datetime, timedelta
from typing import Generic, TypeVar

CACHE_TIME = timedelta(seconds=60)
MAX_CACHED = 4096

T = TypeVar("T")


class TimedCache(Generic[T]):
    """What was read by name, for CACHE_TIME; None for what is not stored. Threads share it."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[datetime, T | None]] = {}
        self._lock = threading.Lock()

    def get(
        self, name: str, now: datetime, max_age: timedelta = CACHE_TIME
    ) -> tuple[T | None] | None:
        """Return what was read, in a tuple; None if it has to be read anew, because that was
        `max_age` ago or longer."""
        with self._lock:
            at, value = self._entries.get(name, (None, None))
        is_fresh = at is not None and timedelta(0) <= now - at < max_age
        return (value,) if is_fresh else None

    def put(self, name: str, value: T | None, now: datetime) -> None:
        with self._lock:
            if len(self._entries) >= MAX_CACHED:  # a stranger invents names
                self._entries.clear()
            self._entries[name] = (now, value)

    def forget(self, name: str) -> None:
        with self._lock:
            self._entries.pop(name, None)
