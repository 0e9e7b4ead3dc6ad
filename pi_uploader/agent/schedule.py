"""When the next heartbeat and the next poll are due.

Everything has some jitter, so that 1,000 devices that were switched on together do not call in the
same second.
"""

import math
import random
from collections.abc import Callable

from pi_uploader.backoff import backoff
from pi_uploader.clock import Clock

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 10.0, 60.0  # after a heartbeat that failed
MAX_RETRY_AFTER_SECONDS = 3600.0  # a longer Retry-After is cut to an hour
UNSUPPORTED_SECONDS = 3600.0  # until the next attempt if the backend has no heartbeats
LOOKING_SECONDS = 2.0  # between two polls while somebody looks at a camera
MAX_POLL_BACKOFF_SECONDS = 300.0  # while the blob cannot be reached
START_SHARE, MAX_START_SECONDS = 0.05, 15.0  # of the interval, in which the first heartbeat comes
CARRY_SHARE, MAX_CARRY_SECONDS = 0.2, 60.0  # of the interval, in which an upload may carry it
HURRIES, HURRY_SECONDS = 30, 20.0  # heartbeats with news: these at once, then one in this time
_JITTER = 0.05  # of each interval, to either side


class Schedule:
    """The times of one device. `interval` and `poll_interval` are in seconds; no polls if the
    latter is None. `chance` returns a number from 0 to 1. Not thread-safe."""

    def __init__(
        self,
        interval: float,
        poll_interval: float | None,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.interval = interval
        self.failures = 0  # heartbeats that failed in a row
        self._poll_interval = poll_interval
        self._clock = clock
        self._chance = chance
        first = min(START_SHARE * interval, MAX_START_SECONDS)
        self._heartbeat_at = clock.monotonic() + first * chance()
        self._paid_at = -math.inf  # when as many hurries as possible are left, in monotonic seconds
        self._poll_at = math.inf
        self._poll_failures = 0

    # --- heartbeats

    def heartbeat_due_in(self) -> float:
        """Return the seconds until the next heartbeat."""
        return max(0.0, self._heartbeat_at - self._clock.monotonic())

    def carry_due_in(self) -> float:
        """Return the seconds until an upload may carry the next heartbeat; infinity while they
        fail."""
        if self.failures:
            return math.inf
        return max(
            0.0, self.heartbeat_due_in() - min(CARRY_SHARE * self.interval, MAX_CARRY_SECONDS)
        )

    def hurry(self) -> None:
        """Have the next heartbeat sent now, for it has news, unless the last one failed. Without an
        end of news, heartbeats are not sent without a pause for ever."""
        if not self.failures:
            now = self._clock.monotonic()
            earliest = max(now, self._paid_at - HURRIES * HURRY_SECONDS)
            self._heartbeat_at = min(self._heartbeat_at, earliest)

    def defer(self, seconds: float) -> None:
        """Have the next heartbeat sent in `seconds`."""
        self._heartbeat_at = self._clock.monotonic() + seconds

    def record_success(self) -> None:
        """Record that the backend has a heartbeat."""
        self.failures = 0
        self._paid_at = max(self._paid_at, self._clock.monotonic()) + HURRY_SECONDS
        self._heartbeat_at = self._after(self.interval)

    def record_failure(self, retry_after: float | None) -> float:
        """Record that a heartbeat did not get through; return the seconds until the next attempt.
        `retry_after` is the Retry-After value in seconds."""
        self.failures += 1
        wait = backoff(self.failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
        wait = max(wait, min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS))
        self._heartbeat_at = self._after(wait)
        return wait

    def record_unsupported(self) -> None:
        """Record that the backend does not take heartbeats of this version."""
        self.failures += 1
        self._heartbeat_at = self._after(UNSUPPORTED_SECONDS)

    def record_rejected(self) -> None:
        """Record that the backend does not take this heartbeat. The next one may be better."""
        self.failures += 1
        self._heartbeat_at = self._after(self.interval)

    # --- polls

    def poll_due_in(self) -> float:
        """Return the seconds until the next poll; infinity if there is none."""
        return max(0.0, self._poll_at - self._clock.monotonic())

    def begin_polls(self) -> None:
        """Poll now and from now on, unless it does already: after a start somebody may be looking.
        The heartbeat that brought the link had its jitter."""
        if self._poll_interval is not None and self._poll_at == math.inf:
            self._poll_at = self._clock.monotonic()

    def end_polls(self) -> None:
        """Poll no more: there is no link to the blob."""
        self._poll_at = math.inf

    def record_poll(self, is_looking: bool) -> None:
        """Record that a poll got through. `is_looking`: somebody looks at a camera."""
        self._poll_failures = 0
        self._schedule_poll(LOOKING_SECONDS if is_looking else math.inf)

    def record_poll_failure(self) -> None:
        """Record that the blob could not be reached."""
        self._poll_failures += 1
        self._schedule_poll(math.inf)

    def _schedule_poll(self, most: float) -> None:
        if self._poll_interval is not None:
            longest = max(self._poll_interval, MAX_POLL_BACKOFF_SECONDS)
            wait = backoff(self._poll_failures + 1, self._poll_interval, longest)
            self._poll_at = self._after(min(wait, most))

    def _after(self, seconds: float) -> float:
        jitter = 1.0 + _JITTER * (2.0 * self._chance() - 1.0)
        return self._clock.monotonic() + seconds * jitter
