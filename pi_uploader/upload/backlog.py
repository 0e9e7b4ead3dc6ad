"""How many photos wait, for the backend to know.

Counting reads every name in the spool, two seconds for a hundred thousand: so it is done now and
then, never before the first delivery, and in between what was delivered is taken off.
"""

import threading
from collections.abc import Callable

from pi_uploader.spool import Spool

BETWEEN_COUNTS = 300.0  # seconds
FRESH = 60.0  # seconds for which a count is good enough beside an alert


class Backlog:
    """The photos that wait in a spool, about."""

    def __init__(self, spool: Spool, clock: Callable[[], float]) -> None:
        self._spool = spool
        self._clock = clock
        self._count: int | None = None
        self._counted_at = float("-inf")
        self._lock = threading.Lock()

    def left(self) -> int | None:
        """How many will wait when the photo in hand is delivered; None before it was counted."""
        with self._lock:
            return None if self._count is None else max(0, self._count - 1)

    def waiting(self) -> int | None:
        """How many wait, not counted longer than a minute ago; None if the disk does not tell."""
        with self._lock:
            if self._clock() - self._counted_at >= FRESH:
                try:
                    self._count_all()
                except OSError:
                    return None
            return self._count

    def delivered(self) -> None:
        """One less, which is not in the spool any more."""
        with self._lock:
            if self._clock() - self._counted_at >= BETWEEN_COUNTS:
                self._count_all()
            elif self._count:
                self._count -= 1

    def _count_all(self) -> None:
        self._count = sum(1 for _ in self._spool.photos_waiting())
        self._counted_at = self._clock()
