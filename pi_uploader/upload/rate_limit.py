"""How fast bytes may go up, and how many in a month."""

import math
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pi_uploader.clock import Clock
from pi_uploader.settings.device import MAX_UPLOAD_SECONDS
from pi_uploader.state_files import read_json, write_json_atomically
from pi_uploader.upload.body import Body

STEP = 16 * 1024  # bytes that go up at once; small, so that a slow line is paced evenly


class Pace:
    """A cap on the bytes per second of all photos together; None for none. `clock` gives monotonic
    seconds, `rest` sleeps for seconds."""

    def __init__(
        self,
        bytes_per_second: float | None,
        clock: Clock,
        rest: Callable[[float], object],
    ) -> None:
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self._rest = rest
        self._free_at = clock.monotonic()
        self._lock = threading.Lock()

    def needed(self, size: int) -> int | None:
        """The kilobits per second that a photo of so many bytes needs, if this pace is too slow
        for it even if it goes up alone; else None."""
        if self._bytes_per_second is None or size <= self._bytes_per_second * MAX_UPLOAD_SECONDS:
            return None
        return math.ceil(size * 8 / 1000 / MAX_UPLOAD_SECONDS)

    def admits(self, sizes: Collection[int]) -> bool:
        """Whether photos of so many bytes may go up at once: each gets its share of the pace."""
        if self._bytes_per_second is None or len(sizes) == 1:
            return True
        return max(sizes) * len(sizes) <= self._bytes_per_second * MAX_UPLOAD_SECONDS

    def of(self, body: Body) -> Body:
        """The body, read no faster than this pace."""
        return body if self._bytes_per_second is None else PacedBody(body, self)

    def spend(self, count: int) -> None:
        """Wait until so many bytes may go up."""
        if self._bytes_per_second is None:
            return
        with self._lock:
            now = self._clock.monotonic()
            wait = max(0.0, self._free_at - now)
            self._free_at = max(now, self._free_at) + count / self._bytes_per_second
        if wait:
            self._rest(wait)


class PacedBody:
    """A photo's bytes for `requests` to read: never more than a step at once, each in its time.

    It has no `fileno`: `requests` takes whatever has one for a file, and asks for its mode, too.
    """

    def __init__(self, body: Body, pace: Pace) -> None:
        self._body = body
        self._pace = pace

    def read(self, size: int = -1, /) -> bytes:
        block = self._body.read(STEP if size < 0 else min(size, STEP))
        self._pace.spend(len(block))
        return block

    def seek(self, position: int, whence: int = 0, /) -> int:
        return self._body.seek(position, whence)

    def tell(self) -> int:
        return self._body.tell()


@dataclass
class Reservation:
    """Bytes that are reserved for a photo, in a month's budget if there is one, and how many of
    them were sent."""

    size: int
    month: str = ""
    sent: int = 0


class CountedBody:
    """A photo's bytes for `requests` to read. What is read, each time it is, counts as sent."""

    def __init__(self, body: Body, reservation: Reservation) -> None:
        self._body = body
        self._reservation = reservation

    def read(self, size: int = -1, /) -> bytes:
        block = self._body.read(size)
        self._reservation.sent += len(block)
        return block

    def seek(self, position: int, whence: int = 0, /) -> int:
        return self._body.seek(position, whence)

    def tell(self) -> int:
        return self._body.tell()


class MonthlyQuota:
    """A month's bytes, kept in a small file so that a restart does not begin a new month. Losing
    the file costs money, not photos: the count begins again."""

    def __init__(self, file: Path, monthly_bytes: int | None) -> None:
        self._file = file
        self._monthly_bytes = monthly_bytes
        self._month, self._sent = "", 0
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
            kept = read_json(file)
            self._month, self._sent = str(kept["month"]), int(kept["bytes"])

    def reserve(self, size: int, today: datetime) -> Reservation | None:
        """Count these bytes before they are sent; None if they are more than the month (UTC) still
        allows. `settle` corrects the count. One thread at a time."""
        month = f"{today:%Y-%m}"
        if self._monthly_bytes is None:
            return Reservation(size, month)
        if month != self._month:
            self._month, self._sent = month, 0
        if self._sent + size > self._monthly_bytes:
            return None
        self._sent += size
        self._write()
        return Reservation(size, month)

    def settle(self, reservation: Reservation) -> None:
        """Count the bytes that were sent instead of those that were reserved: none, if a photo
        could not be read or nobody answered; more, if a second try was needed. A process that ends
        before has counted what it reserved. One thread at a time."""
        difference = reservation.sent - reservation.size
        if difference and self._monthly_bytes is not None and reservation.month == self._month:
            self._sent += difference
            self._write()

    def _write(self) -> None:
        with suppress(OSError):
            write_json_atomically(self._file, {"month": self._month, "bytes": self._sent})
