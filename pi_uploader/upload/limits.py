"""Upload rate limit and monthly quota."""

import math
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pi_uploader.clock import FIRST_VALID_YEAR, SYSTEM_CLOCK, Clock
from pi_uploader.settings.upload import MAX_UPLOAD_SECONDS
from pi_uploader.spool import SpooledPhoto, UnreadablePhotoError
from pi_uploader.state_files import read_json, write_json_atomically

CHUNK_SIZE = 16 * 1024  # bytes per write; small, so that a slow connection is used evenly


class RateLimit:
    """The maximal bytes per second of all photos together; None for no limit. `sleep`
    waits for some seconds. Threads share it."""

    def __init__(
        self,
        bytes_per_second: float | None = None,
        clock: Clock = SYSTEM_CLOCK,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock.monotonic()
        self._lock = threading.Lock()

    def min_kbps(self, size: int) -> int | None:
        """Return the kilobits per second that a photo of `size` bytes needs, if this limit is too
        slow for it even alone; else None."""
        if self._bytes_per_second is None or size <= self._bytes_per_second * MAX_UPLOAD_SECONDS:
            return None
        return math.ceil(size * 8 / 1000 / MAX_UPLOAD_SECONDS)

    def allows(self, sizes: Collection[int]) -> bool:
        """Return whether photos of these sizes arrive in time if they share the rate."""
        if self._bytes_per_second is None or len(sizes) == 1:
            return True
        return max(sizes) * len(sizes) <= self._bytes_per_second * MAX_UPLOAD_SECONDS

    def chunk_size(self, size: int) -> int:
        """Return how many of `size` bytes to send at once; -1 stands for all."""
        if self._bytes_per_second is None:
            return size
        return CHUNK_SIZE if size < 0 else min(size, CHUNK_SIZE)

    def spend(self, count: int) -> None:
        """Wait until `count` bytes may be sent."""
        if self._bytes_per_second is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            wait = max(0.0, self._free_at - now)
            self._free_at = max(now, self._free_at) + count / self._bytes_per_second
        if wait:
            self._sleep(wait)


@dataclass
class Reservation:
    """The bytes that are reserved for a photo in the quota of a month, and how many were sent."""

    size: int
    month: str = ""
    sent: int = 0


class MonthlyQuota:
    """The bytes of a month (UTC), counted in a small file so that a restart does not begin a new
    month. If the file is lost, the count begins again: that costs money, not photos.

    `monthly_bytes` is None for no limit. Not thread-safe.
    """

    def __init__(self, file: Path, monthly_bytes: int | None) -> None:
        self._file = file
        self._monthly_bytes = monthly_bytes
        self._month, self._sent = "", 0
        self._written = -1  # the count in the file, once it was written
        with suppress(OSError, ValueError, KeyError, TypeError):
            content = read_json(file)
            self._month, self._sent = str(content["month"]), int(content["bytes"])

    def reserve(self, size: int, now: datetime) -> Reservation | None:
        """Count these bytes before they are sent; return None if they are more than the month still
        allows. `settle` corrects the count."""
        self._begin_month(now)
        if self._monthly_bytes is not None and self._sent + size > self._monthly_bytes:
            return None
        self._sent += size
        if self._monthly_bytes is not None:
            self._write()
        return Reservation(size, self._month)

    def settle(self, reservation: Reservation) -> None:
        """Count the bytes that were sent instead of those that were reserved: none if a photo could
        not be read or there was no connection; more if a second try was needed. If the process ends
        before, what was reserved stays counted."""
        difference = reservation.sent - reservation.size
        if difference and reservation.month == self._month:
            self._sent += difference
            if self._monthly_bytes is not None:
                self._write()

    def is_spent(self, now: datetime) -> bool:
        """Return whether the month allows nothing more."""
        self._begin_month(now)
        return self._monthly_bytes is not None and self._sent >= self._monthly_bytes

    def add(self, size: int, now: datetime) -> None:
        """Count bytes that were sent, whether the month allowed them or not. They are few, and
        written with the next ones."""
        self._begin_month(now)
        self._sent += size

    def used(self, now: datetime) -> tuple[int, int | None]:
        """Return the bytes of this month, and its limit. Write the count, so that a restart does
        not forget it."""
        self._begin_month(now)
        self._write()
        return self._sent, self._monthly_bytes

    def _begin_month(self, now: datetime) -> None:
        """Begin a new count in a new month. A clock that was never set tells no month."""
        if now.year >= FIRST_VALID_YEAR and f"{now:%Y-%m}" != self._month:
            self._month, self._sent = f"{now:%Y-%m}", 0

    def _write(self) -> None:
        if self._sent == self._written:
            return
        self._written = self._sent
        with suppress(OSError):
            write_json_atomically(self._file, {"month": self._month, "bytes": self._sent})


class UploadLimits:
    """The rate limit and the monthly quota, each of which may be absent. Threads share it."""

    def __init__(self, rate: RateLimit | None = None, quota: MonthlyQuota | None = None) -> None:
        self.rate = rate or RateLimit()
        self._quota = quota
        self._lock = threading.Lock()

    def problem(self, photo: SpooledPhoto) -> str | None:
        """Return why this photo could not arrive in time even alone; None if it can."""
        kbps = self.rate.min_kbps(photo.size)
        if kbps is None:
            return None
        return (
            f"{photo.size / 1e6:.1f} MB do not arrive within {MAX_UPLOAD_SECONDS:g} s at this "
            f"CAMERA_MAX_KBPS; set it to {kbps} or more"
        )

    def reserve(
        self, photo: SpooledPhoto, in_flight: Collection[SpooledPhoto], now: datetime
    ) -> Reservation | None:
        """Reserve the bytes to send this photo beside those in flight; return None if that is too
        much for the rate now, or for this month."""
        if not self.rate.allows([photo.size, *(one.size for one in in_flight)]):
            return None
        if self._quota is None:
            return Reservation(photo.size)
        with self._lock:
            return self._quota.reserve(photo.size, now)

    def is_spent(self, now: datetime) -> bool:
        """Return whether the quota of this month is used up."""
        if self._quota is None:
            return False
        with self._lock:
            return self._quota.is_spent(now)

    def add(self, size: int, now: datetime) -> None:
        """Count bytes that are not those of a photo."""
        if self._quota:
            with self._lock:
                self._quota.add(size, now)

    def used(self, now: datetime) -> tuple[int, int | None]:
        """Return the bytes of this month, and its limit."""
        if self._quota is None:
            return 0, None
        with self._lock:
            return self._quota.used(now)

    def settle(self, reservation: Reservation) -> None:
        """Count what was sent, and no longer what was reserved."""
        if self._quota:
            with self._lock:
                self._quota.settle(reservation)


class PhotoBody:
    """The bytes of a photo for `requests` to read: no faster than `rate` allows, and counted in the
    reservation each time they are read.

    A disk error is not a network error: `read` raises UnreadablePhotoError, which
    `requests` does not catch. There is no `fileno`: `requests` would treat this as a real file and
    read its mode, too.
    """

    def __init__(
        self, photo: SpooledPhoto, file: BinaryIO, reservation: Reservation, rate: RateLimit
    ) -> None:
        self._photo = photo
        self._file = file
        self._reservation = reservation
        self._rate = rate

    def read(self, size: int = -1, /) -> bytes:
        try:
            block = self._file.read(self._rate.chunk_size(size))
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise UnreadablePhotoError(self._photo.name, problem) from error
        self._reservation.sent += len(block)
        self._rate.spend(len(block))
        return block

    def seek(self, position: int, whence: int = 0, /) -> int:
        return self._file.seek(position, whence)

    def tell(self) -> int:
        return self._file.tell()
