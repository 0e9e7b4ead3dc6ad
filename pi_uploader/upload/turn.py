"""What is done now and then, by whichever thread comes first when it is due."""

import math
import threading

from pi_uploader.clock import Clock


class Turn:
    """Due `first` seconds after it was made, and then when its holder says."""

    def __init__(self, clock: Clock, first: float = 0.0) -> None:
        self._clock = clock
        self._due = clock.monotonic() + first
        self._lock = threading.Lock()

    def try_claim(self) -> bool:
        """Return whether it is due. Whoever claims it has to release it: nobody else gets it."""
        with self._lock:
            if self._clock.monotonic() < self._due:
                return False
            self._due = math.inf
            return True

    def release(self, pause: float) -> None:
        """Let it be due again in `pause` seconds."""
        with self._lock:
            self._due = self._clock.monotonic() + pause
