"""What the line allows: a pace, and a month's bytes."""

import threading
from collections.abc import Collection
from typing import BinaryIO

from pi_uploader.clock import Clock
from pi_uploader.settings.device import MAX_UPLOAD_SECONDS
from pi_uploader.spool import SpooledPhoto
from pi_uploader.upload.body import Body, PhotoBody
from pi_uploader.upload.rate_limit import CountedBody, MonthlyQuota, Pace, Reservation


class Limits:
    """The pace and the data budget, each of which may be absent. Threads share it."""

    def __init__(
        self,
        pace: Pace | None,
        data_budget: MonthlyQuota | None,
        clock: Clock,
    ) -> None:
        self._pace = pace
        self._data_budget = data_budget
        self._clock = clock
        self._lock = threading.Lock()

    def problem(self, photo: SpooledPhoto) -> str | None:
        """Why this photo could not arrive in time even if it went alone; None if it can."""
        needed = self._pace.needed(photo.size) if self._pace else None
        if needed is None:
            return None
        return (
            f"{photo.size / 1e6:.1f} MB do not arrive within {MAX_UPLOAD_SECONDS:g} s at this "
            f"CAMERA_MAX_KBPS; set it to {needed} or more"
        )

    def reserve(
        self, photo: SpooledPhoto, under_way: Collection[SpooledPhoto]
    ) -> Reservation | None:
        """Reserve what it takes to send this photo beside those that are under way; None if that
        is too much for the pace now, or for this month."""
        if self._pace and not self._pace.admits([photo.size, *(one.size for one in under_way)]):
            return None
        if self._data_budget is None:
            return Reservation(photo.size)
        with self._lock:
            return self._data_budget.reserve(photo.size, self._clock.now())

    def settle(self, reservation: Reservation) -> None:
        """Count what was sent, and no longer what was reserved."""
        if self._data_budget:
            with self._lock:
                self._data_budget.settle(reservation)

    def body(self, photo: SpooledPhoto, file: BinaryIO, reservation: Reservation) -> Body:
        """The bytes to send, read no faster than the pace and counted in the reservation."""
        body = CountedBody(PhotoBody(photo, file), reservation)
        return self._pace.of(body) if self._pace else body
