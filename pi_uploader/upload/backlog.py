"""The photos that wait: which of them is sent next, and how many each camera has."""

import math
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import filterfalse, islice
from typing import NamedTuple

from photo_wire.name import PhotoName
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.retries import RetryTracker

BACKLOG_EVERY = 4  # deliveries
MIN_COUNT_PAUSE_SECONDS = 5.0  # between two counts
MAX_COUNT_SHARE = 0.01  # of the time, that counting may take
MAX_LIST_SECONDS = 1.0  # for which a list is used: a notification of a change may be lost
URGENT_TURNS = 50  # for which a photo that somebody waits for is looked for
MAX_URGENT_SEARCHED = 100  # of the newest photos, among which it is looked for


def is_backlog_turn(turn: int) -> bool:
    """Return whether the photo sent at this turn (0, 1, 2, ...) is the oldest, not the newest.

    What just happened matters most, so the newest goes first; every fourth turn goes to the
    backlog, which so gets shorter however many new photos come.
    """
    return turn % BACKLOG_EVERY == BACKLOG_EVERY - 1


class _Listed(NamedTuple):
    """The photos that were not chosen yet of a list, and when it was made, in monotonic seconds."""

    at: float
    photos: Iterator[SpooledPhoto]


class PhotoSelector:
    """Chooses the photo to send. Only `notify` is thread-safe.

    Once there are notifications, the names of a folder are not listed for each choice: the list is
    used up to the next notification, for a second at most. A photo that another process has moved
    since may be chosen, and one that was skipped has to wait for the next list.
    """

    def __init__(self, spool: Spool, retries: RetryTracker, clock: Clock) -> None:
        self.in_flight: dict[int, SpooledPhoto] = {}  # by sequence number
        self.undeletable: set[SpooledPhoto] = set()  # delivered, but not removable
        self._urgent: dict[str, int] = {}  # by tag: until which turn its photo is sent first
        self._spool = spool
        self._retries = retries
        self._clock = clock
        self._deferred_until: dict[SpooledPhoto, float] = {}
        self._turn = 0
        self._is_notified = False
        self._lists: dict[bool, _Listed] = {}  # by whether the oldest is first
        self._delivered: set[int] = set()  # sequence numbers, since a list was made

    def notify(self) -> None:
        """Have the next choice list the spool: it has changed."""
        self._is_notified = True
        self._lists = {}

    def candidates(self) -> Iterator[SpooledPhoto]:
        """Yield the newest and the oldest photo that may be sent, the better choice first: if one
        exceeds the limits, the other may fit. An urgent photo comes before both."""
        if self._urgent and (photo := self._choose_urgent()):
            yield photo
        is_oldest_first = is_backlog_turn(self._turn)
        for is_oldest in (is_oldest_first, not is_oldest_first):
            photo = self._choose(is_oldest)
            if photo is None:
                return
            yield photo
            self._lists.pop(is_oldest, None)  # not sent: the limits may allow it the next time

    def has_only_retries(self) -> bool:
        """Return whether photos wait, and all of them failed lately."""
        return not self._spool.newest(self._is_unavailable_or_retry) and bool(
            self._spool.newest(self._is_unavailable)
        )

    def has_more(self) -> bool:
        """Return whether another photo waits, besides those in flight, that did not fail lately."""
        return self._spool.newest(self._is_unavailable_or_retry) is not None

    def due_in(self) -> float:
        """Return the seconds until the deferral of a photo ends next; infinity if none will."""
        now = self._clock.monotonic()
        deferrals = (until - now for until in self._deferred_until.values() if until > now)
        return min(self._retries.due_in(), *deferrals, math.inf)

    def record_delivery(self, photo: SpooledPhoto) -> None:
        """Record that this photo was delivered."""
        self._turn += 1
        self._delivered.add(photo.sequence)  # the other list may have it, too
        self._urgent.pop(photo.name.tag, None)
        self._urgent = {tag: turn for tag, turn in self._urgent.items() if turn > self._turn}

    def prioritize(self, tag: str) -> None:
        """Choose the photo whose name ends in this tag before others, once it is there. Photos that
        do not come are no longer looked for after some turns."""
        self._urgent[tag] = self._turn + URGENT_TURNS

    def defer(self, photo: SpooledPhoto, seconds: float) -> None:
        """Do not choose this photo for `seconds`."""
        now = self._clock.monotonic()
        self._deferred_until = {
            one: until for one, until in self._deferred_until.items() if until > now
        }
        self._deferred_until[photo] = now + seconds

    def _choose(self, is_oldest: bool) -> SpooledPhoto | None:
        if (listed := self._lists.get(is_oldest)) and self._is_recent(listed):
            photo = next(filterfalse(self._is_unavailable_or_retry, listed.photos), None)
            if photo is not None:
                return photo
        self._delivered.clear()
        listed = _Listed(self._clock.monotonic(), self._spool.waiting_photos(not is_oldest))
        if self._is_notified:
            self._lists[is_oldest] = listed
        photo = next(filterfalse(self._is_unavailable_or_retry, listed.photos), None)
        if photo is None and not self._retries.retry_breaker.open_for():
            photo = (self._spool.oldest if is_oldest else self._spool.newest)(self._is_unavailable)
        return photo

    def _is_recent(self, listed: _Listed) -> bool:
        return self._clock.monotonic() - listed.at < MAX_LIST_SECONDS

    def _choose_urgent(self) -> SpooledPhoto | None:
        """Return a photo that somebody waits for, if it is one of the last that were put."""
        for photo in islice(self._spool.waiting_photos(newest_first=True), MAX_URGENT_SEARCHED):
            if photo.name.tag in self._urgent and not self._is_unavailable_or_retry(photo):
                return photo
        return None

    def _is_unavailable(self, photo: SpooledPhoto) -> bool:
        return (
            photo.sequence in self.in_flight
            or photo.sequence in self._delivered
            or photo in self.undeletable
            or self._deferred_until.get(photo, 0.0) > self._clock.monotonic()
        )

    def _is_unavailable_or_retry(self, photo: SpooledPhoto) -> bool:
        return self._is_unavailable(photo) or self._retries.should_defer(photo.sequence)


class BacklogCounter:
    """Estimates how many photos of each camera are waiting, to report it to the backend.

    The first count reads every name in the spool, a later one the folders that have changed. So
    it is done rarely and never before the first delivery; in between, each delivered photo is
    subtracted. Threads share it.
    """

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._counts: Counter[str] | None = None  # by camera
        self._next_count = float("-inf")
        self._lock = threading.Lock()

    def count_after(self, camera: str, in_flight: int) -> int | None:
        """Return how many photos of this camera will wait when those in flight are delivered; None
        before they were counted."""
        with self._lock:
            return None if self._counts is None else max(0, self._counts[camera] - in_flight)

    def count_waiting(self, camera: str) -> int | None:
        """Return how many photos of this camera wait, as counted lately; None if the disk cannot be
        read."""
        with self._lock:
            try:
                self._count_if_due()
            except OSError:
                return None
            return None if self._counts is None else self._counts[camera]

    def record_removed(self, photo: PhotoName) -> None:
        """Record that this photo is no longer waiting."""
        with self._lock:
            if not self._count_if_due() and self._counts and self._counts[photo.camera]:
                self._counts[photo.camera] -= 1

    def _count_if_due(self) -> bool:
        """Count all waiting photos if a count is due; return whether it was."""
        start = self._clock.monotonic()
        if start < self._next_count:
            return False
        self._counts = self._spool.waiting_by_camera()
        now = self._clock.monotonic()
        self._next_count = now + max(MIN_COUNT_PAUSE_SECONDS, (now - start) / MAX_COUNT_SHARE)
        return True
