"""The rows that say what came last of each camera, written in the order of their moments.

Requests of one camera may overlap, and the one that is stored last need not be the one that came
last. So the threads of a process take turns at a camera, and a late one writes the newest row that
this process wrote instead of its own. That costs no request. Two accepted cases: another instance
may write an older row within moments, and so may a thread that was not waited for; the camera's
next photo corrects both.
"""

import threading
from collections.abc import Callable

MAX_WAIT = 2.0  # seconds for another thread's transaction: a stalled one delays no photo for longer

Note = dict[str, str]


class LastSeen:
    """The newest of these rows that this process wrote, by key. Threads share it."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._newest: dict[str, Note] = {}

    def write(self, note: Note, write: Callable[[Note], bool]) -> bool:
        """Call `write` with this row, or with the newest one that was written if that is of a later
        moment. Return what it returns: whether the row was written. Raises what it raises."""
        key = note["RowKey"]
        lock = self._locks.setdefault(key, threading.Lock())
        has_turn = lock.acquire(timeout=MAX_WAIT)
        try:
            newest = self._newest_of(note)
            is_written = write(newest)
            if is_written:
                self._newest[key] = self._newest_of(newest)
            return is_written
        finally:
            if has_turn:
                lock.release()

    def _newest_of(self, note: Note) -> Note:
        """Return this row, or the newest one that was written if that is of a later moment."""
        known = self._newest.get(note["RowKey"], note)
        return max(note, known, key=lambda one: one["listed_at"])

    def forget(self, key: str) -> None:
        """Forget what was written under this key: the row is removed."""
        self._newest.pop(key, None)
