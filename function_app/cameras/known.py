"""The cameras that a process has met, of which it need not ask again (quota.py)."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class KnownCameras:
    """The cameras that this process knows: it looks for others only. Threads share it."""

    _names: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def unknown(self, cameras: Iterable[str]) -> set[str]:
        """Return those of these cameras that are not known."""
        with self._lock:
            return set(cameras) - self._names

    def add(self, cameras: Iterable[str]) -> None:
        with self._lock:
            self._names |= set(cameras)

    def remove(self, camera: str) -> None:
        with self._lock:
            self._names.discard(camera)
