"""Run a task periodically, in whichever thread polls first when it is due."""

import math
import threading

from pi_uploader.clock import Clock


class PeriodicTask:
    """Tells when a task is due: `first_delay` seconds after this was made, and then when its owner
    says. Threads share it."""

    def __init__(self, clock: Clock, first_delay: float = 0.0) -> None:
        self._clock = clock
        self._due_at = clock.monotonic() + first_delay
        self._lock = threading.Lock()

    def try_claim(self) -> bool:
        """Return whether the task is due. Whoever gets True has to run it and call `release`; until
        then all others get False."""
        with self._lock:
            if self._clock.monotonic() < self._due_at:
                return False
            self._due_at = math.inf
            return True

    def due_in(self) -> float:
        """Return the seconds until the task is due; infinity while a thread runs it."""
        with self._lock:
            return max(0.0, self._due_at - self._clock.monotonic())

    def release(self, delay: float) -> None:
        """Make the task due again in `delay` seconds."""
        with self._lock:
            self._due_at = self._clock.monotonic() + delay
