"""How many photos wait, for the backend to know: of each camera its own.

Counting reads every name in the spool, two seconds for a hundred thousand: so it is done now and
then, never before the first delivery, and in between what was delivered is taken off.
"""

import threading
from collections import Counter

from photo_wire.name import PhotoName
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool

MIN_PAUSE = 5.0  # seconds between two counts
MAX_SHARE = 0.01  # of the time, that counting may take


class Backlog:
    """The photos that wait in a spool, about."""

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._counts: Counter[str] | None = None  # by camera
        self._next_count = float("-inf")
        self._lock = threading.Lock()

    def left(self, camera: str, under_way: int) -> int | None:
        """Return how many photos of this camera will wait when those `under_way` are delivered;
        None before they were counted."""
        with self._lock:
            return None if self._counts is None else max(0, self._counts[camera] - under_way)

    def waiting(self, camera: str) -> int | None:
        """Return how many photos of this camera wait, counted lately; None if the disk does not
        tell."""
        with self._lock:
            try:
                self._count_if_due()
            except OSError:
                return None
            return None if self._counts is None else self._counts[camera]

    def note_gone(self, photo: PhotoName) -> None:
        """Note that this photo does not wait any more."""
        with self._lock:
            if not self._count_if_due() and self._counts and self._counts[photo.camera]:
                self._counts[photo.camera] -= 1

    def _count_if_due(self) -> bool:
        """Count all that wait, if it is time to; returns whether it was."""
        started = self._clock.monotonic()
        if started < self._next_count:
            return False
        self._counts = Counter(one.name.camera for one in self._spool.waiting_photos())
        now = self._clock.monotonic()
        self._next_count = now + max(MIN_PAUSE, (now - started) / MAX_SHARE)
        return True
