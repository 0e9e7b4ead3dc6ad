"""A gate to the backend, closed for a while after each failure: one for everything alike, and one
for the photos that were rejected."""

from collections.abc import Callable

from pi_uploader.clock import Clock
from pi_uploader.upload.schedule import back_off


class Backoff:
    """Open while deliveries succeed. `clock` gives monotonic seconds, `chance` 0 to 1."""

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self.failures = 0  # in a row
        self._clock = clock
        self._chance = chance
        self._opens_at = 0.0

    def closed_for(self) -> float:
        """The seconds until something may be sent; 0 when open."""
        return max(0.0, self._opens_at - self._clock.monotonic())

    def admits(self, under_way: int) -> bool:
        """Whether one more photo may go: after a failure only one at a time, as a scout."""
        return self.closed_for() == 0.0 and (self.failures == 0 or under_way == 0)

    def close(self, retry_after: float | None) -> float:
        """Note a failure; returns the seconds for which the gate is closed now."""
        self.failures += 1
        wait = back_off(self.failures, retry_after, self._chance)
        self._opens_at = max(self._opens_at, self._clock.monotonic() + wait)
        return self.closed_for()

    def open(self) -> None:
        """Note a success."""
        self.failures = 0
        self._opens_at = 0.0
