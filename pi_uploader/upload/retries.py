"""When to retry after a failure: the backend as a whole, and each photo."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from pi_uploader.backoff import backoff
from pi_uploader.client import RequestError
from pi_uploader.clock import Clock

MAX_BACKOFF_SECONDS = 120.0  # also how long uploads may pause after the network returns
MAX_RETRY_AFTER_SECONDS = 3600.0  # a longer Retry-After is cut to an hour
MAX_DEFER_SECONDS = 120.0  # of a single photo
MAX_REJECTED_IN_A_ROW = 10  # photos; if there are more, the backend counts as broken


def backoff_seconds(failures: int, retry_after: float | None, chance: Callable[[], float]) -> float:
    """Return the seconds to wait after `failures` (1, 2, ...) in a row.

    With full jitter: a random time up to a limit that doubles with each failure, so that many
    devices do not return at once. `retry_after` is the Retry-After value in seconds, honoured up to
    an hour. `chance` returns a number from 0 to 1.
    """
    limit = backoff(failures, 2.0, MAX_BACKOFF_SECONDS)
    return max(1.0, limit * chance(), min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS))


class CircuitBreaker:
    """Closed while requests succeed; open for a while after each failure, so that none are sent.

    `chance` returns a number from 0 to 1.
    """

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self.failures = 0  # in a row
        self._clock = clock
        self._chance = chance
        self._open_until = 0.0

    def open_for(self) -> float:
        """Return the seconds until a request may be sent; 0 while it is closed."""
        return max(0.0, self._open_until - self._clock.monotonic())

    def allows(self, in_flight: int) -> bool:
        """Return whether one more request may be sent. After a failure, one at a time may be."""
        return self.open_for() == 0.0 and (self.failures == 0 or in_flight == 0)

    def record_failure(self, retry_after: float | None) -> float:
        """Open it; return the seconds until it closes. `retry_after`: the Retry-After
        value in seconds."""
        self.failures += 1
        wait = backoff_seconds(self.failures, retry_after, self._chance)
        self._open_until = max(self._open_until, self._clock.monotonic() + wait)
        return self.open_for()

    def record_success(self) -> None:
        """Close it."""
        self.failures = 0
        self._open_until = 0.0


@dataclass(slots=True)
class _PhotoFailures:
    """How often a photo has failed, each time after others were accepted; how many photos had been
    accepted at the last failure; and the monotonic time until which the photo is deferred."""

    count: int
    accepted: int
    until: float


class RetryTracker:
    """Decides from the last failures when to retry. Not thread-safe.

    A failure may be the fault of the backend, not of the photo. It counts against the photo only if
    others were accepted since its last failure. While the backend fails, `breaker` is open. A
    rejection is about one photo: it opens `retry_breaker`, which holds up only photos that failed
    before, unless many photos are rejected in a row. (docs/decisions/0004 and 0023 give the
    reasons; they call a breaker a gate.)
    """

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self.breaker = CircuitBreaker(clock, chance)
        self.retry_breaker = CircuitBreaker(clock, chance)
        self._clock = clock
        self._failed: dict[int, _PhotoFailures] = {}  # by sequence number
        self._accepted = 0
        self._rejected: set[int] = set()  # sequence numbers, since a photo was accepted

    def due_in(self) -> float:
        """Return the seconds until a breaker or the deferral of a photo ends next; infinity if none
        will."""
        now = self._clock.monotonic()
        waits = (self.breaker.open_for(), self.retry_breaker.open_for())
        deferrals = (one.until - now for one in self._failed.values())
        return min((wait for wait in (*waits, *deferrals) if wait > 0), default=math.inf)

    def should_defer(self, sequence: int) -> bool:
        """Return whether to try another photo rather than this one now."""
        failed = self._failed.get(sequence)
        return failed is not None and (
            failed.accepted == self._accepted or self._clock.monotonic() < failed.until
        )

    def record_success(self, sequence: int) -> None:
        """Record that a photo was accepted."""
        self.breaker.record_success()
        self.retry_breaker.record_success()
        self._accepted += 1
        self._failed.pop(sequence, None)
        self._rejected.clear()

    def record_failure(self, sequence: int) -> int:
        """Record that a photo has failed; return how many failures count against it."""
        failed = self._failed.setdefault(sequence, _PhotoFailures(0, -1, 0.0))
        if failed.accepted != self._accepted:
            failed.count += 1
            failed.accepted = self._accepted
            # Defers: 0, 2, 6, 14, ... 120 s (backoff minus its first step).
            defer = backoff(failed.count, 2.0, MAX_DEFER_SECONDS + 2.0) - 2.0
            failed.until = self._clock.monotonic() + defer
        return failed.count

    def back_off(self, sequence: int, error: RequestError) -> float:
        """Open a breaker after this error; return the seconds until the photo may be tried
        again."""
        if error.retryable:
            return self.breaker.record_failure(error.retry_after)
        self._rejected.add(sequence)
        wait = self.retry_breaker.record_failure(None)
        if len(self._rejected) > MAX_REJECTED_IN_A_ROW:
            wait = max(wait, self.breaker.record_failure(None))
        return wait

    def forget(self, sequence: int) -> None:
        """Forget the failures of a photo that is no longer in the spool."""
        self._failed.pop(sequence, None)
