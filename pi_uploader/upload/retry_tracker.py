"""The photos that did not go through, and when each is tried again."""

from dataclasses import dataclass

from pi_uploader.backoff import backoff

REJECTIONS = 2  # of a photo, with another accepted in between, before it is set aside
FAILURES = 10  # the same where the backend failed over it without rejecting it
MAX_HOLD = 120.0  # seconds


@dataclass(slots=True)
class RetryState:
    """How often a photo has failed, each time after others were accepted; how many had been
    accepted when it last did; and the instant before which it is left alone."""

    failures: int
    accepted: int
    until: float


class RetryTracker:
    """Doubts of photos, by sequence number. A failure says little: the server may be the one to
    blame. It counts against the photo only when others were accepted since the last one."""

    def __init__(self) -> None:
        self._doubts: dict[int, RetryState] = {}
        self._accepted = 0

    def should_defer(self, sequence: int, now: float) -> bool:
        """Whether to try another photo rather than this one, at this instant."""
        doubt = self._doubts.get(sequence)
        return doubt is not None and (doubt.accepted == self._accepted or now < doubt.until)

    def fail(self, sequence: int, now: float) -> int:
        """Note a failure of a photo. Returns how many count against it."""
        doubt = self._doubts.setdefault(sequence, RetryState(0, -1, 0.0))
        if doubt.accepted != self._accepted:
            doubt.failures += 1
            doubt.accepted = self._accepted
            # The second try comes at once, from then on ever later.
            doubt.until = now + backoff(doubt.failures, 2.0, MAX_HOLD + 2.0) - 2.0
        return doubt.failures

    def accept(self, sequence: int) -> None:
        """Note that a photo was accepted."""
        self._accepted += 1
        self._doubts.pop(sequence, None)

    def forget(self, sequence: int) -> None:
        """The photo is not here any more."""
        self._doubts.pop(sequence, None)
