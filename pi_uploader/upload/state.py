"""The state of the upload process, in a small file that `pi-uploader status` reads.

It is replaced as a whole and never flushed, and no decision depends on it.
"""

import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.moment import format_time
from photo_wire.name import PhotoName
from photo_wire.receipt import Receipt
from pi_uploader.clock import SYSTEM_CLOCK, BootTime, Clock
from pi_uploader.state_files import read_json, write_json_atomically

PERIOD = timedelta(hours=1)  # of which deliveries are counted
MINUTE_MS = 60_000
WRITE_SECONDS = 1.0  # between two writes while nothing fails


def state_file(spool: Path) -> Path:
    """Return the path of the state file of this spool, beside its photos."""
    return spool / "upload.json"


@dataclass
class Minute:
    """What was delivered in one minute. It is identified by the time since a boot, so that setting
    the clock does not matter; `at` is the wall clock's time, for other boots. The fields are those
    of the file."""

    boot: str
    number: int  # whole minutes since the boot
    at: float  # seconds since 1970
    photos: int = 0
    bytes: int = 0

    def is_recent(self, now: BootTime, wall_clock: datetime) -> bool:
        """Return whether it is one of the last 60 minutes."""
        if self.boot == now.boot:
            age = timedelta(minutes=now.milliseconds // MINUTE_MS - self.number)
        else:
            age = wall_clock - datetime.fromtimestamp(self.at, UTC)
        return timedelta(0) <= age < PERIOD


class UploadState:
    """How the upload went lately, including earlier processes. `file` None: nothing is read or
    written. Not thread-safe."""

    def __init__(self, file: Path | None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._file = file
        self._clock = clock
        last = read_state(file) if file else {}
        self._last_receipt = last.get("last_receipt")
        self._delivered: tuple[PhotoName, datetime] | None = None  # last, by this process
        self._minutes = _minutes(last)
        self._back_off_until: str | None = None
        self._problem: str | None = None
        self._deferred_reports: tuple[int, str | None] = 0, None
        self._written_at = float("-inf")
        self._is_written = True

    def record_delivery(self, receipt: Receipt, now: float, wall_clock: datetime) -> None:
        """Record a receipt at `now` (monotonic seconds)."""
        self._delivered = receipt.name, wall_clock
        had_problem = self._problem is not None
        self._back_off_until = self._problem = None
        minute = self._minute(wall_clock)
        minute.photos += 1
        minute.bytes += receipt.size
        self._is_written = False
        if had_problem:
            self.write(now)
        self.write_if_due(now)

    def record_problem(self, problem: str, until: datetime, now: float) -> None:
        """Record that nothing is sent before `until`, and why. `now` is in monotonic seconds."""
        self._back_off_until, self._problem = format_time(until), problem
        self._write(now)

    def record_deferred_reports(self, count: int, problem: str | None) -> None:
        """Record how many losses and quarantined photos cannot be reported for now, and why."""
        if self._deferred_reports != (count, problem):
            self._deferred_reports = count, problem
            self._is_written = False

    def write_if_due(self, now: float) -> None:
        """Write what is not written yet, but not more than once a second."""
        if not self._is_written and now - self._written_at >= WRITE_SECONDS:
            self._write(now)

    def due_in(self, now: float) -> float:
        """Return the seconds until there is something to write; infinity if there is nothing."""
        if self._is_written:
            return math.inf
        return max(0.0, self._written_at + WRITE_SECONDS - now)

    def write(self, now: float) -> None:
        """Write what is not written yet."""
        if not self._is_written:
            self._write(now)

    def _minute(self, wall_clock: datetime) -> Minute:
        now = self._clock.since_boot()
        boot, number = now.boot, now.milliseconds // MINUTE_MS
        last = self._minutes[-1] if self._minutes else None
        if last is None or (last.boot, last.number) != (boot, number):
            self._minutes = [one for one in self._minutes if one.is_recent(now, wall_clock)]
            self._minutes.append(Minute(boot, number, wall_clock.timestamp()))
        return self._minutes[-1]

    def _write(self, now: float) -> None:
        self._written_at = now
        self._is_written = True
        if self._file is None:
            return
        if self._delivered:
            name, at = self._delivered
            self._last_receipt = {"id": str(name), "at": format_time(at)}
        facts = {
            "last_receipt": self._last_receipt,
            "back_off_until": self._back_off_until,
            "problem": self._problem,
            "reports_deferred": self._deferred_reports[0],
            "reports_problem": self._deferred_reports[1],
            "minutes": [asdict(one) for one in self._minutes],
        }
        with suppress(OSError):  # a full disk: the photos matter more
            write_json_atomically(self._file, facts)


def read_state(file: Path) -> dict[str, Any]:
    """Return what an upload process last wrote; empty if none did, or if it cannot be read."""
    with suppress(OSError, ValueError):
        state = read_json(file)
        if isinstance(state, dict):
            return state
    return {}


def delivered_last_hour(
    state: dict[str, Any], now: BootTime, wall_clock: datetime
) -> tuple[int, int]:
    """Return how many photos and bytes were delivered in the last hour, to the minute."""
    recent = [one for one in _minutes(state) if one.is_recent(now, wall_clock)]
    return sum(one.photos for one in recent), sum(one.bytes for one in recent)


def _minutes(state: dict[str, Any]) -> list[Minute]:
    """Return the minutes of a state, which another version may have written."""
    with suppress(TypeError, ValueError, KeyError, OverflowError):
        return [
            Minute(
                str(one["boot"]),
                int(one["number"]),
                float(one["at"]),
                int(one["photos"]),
                int(one["bytes"]),
            )
            for one in state.get("minutes", [])
        ]
    return []
