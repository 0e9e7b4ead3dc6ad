"""Uploads that a person has paused, until a time or until they are resumed."""

import json
import logging
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.moment import format_time, parse_time
from pi_uploader.clock import LATEST_TIME, BootTime, Clock
from pi_uploader.spool.disk import Disk, replace_durably
from pi_uploader.state_files import read_json

PAUSE_FILE = "paused.json"  # in the spool's folder
CLOCK_TOLERANCE = timedelta(seconds=2)  # between two readings of a clock that nothing has set

log = logging.getLogger("agent")


@dataclass(frozen=True, slots=True)
class _Pause:
    """A pause of `seconds` (infinity: without an end), counted from `since`. `until` is when it
    ends by the wall clock (LATEST_TIME: never), as that was when the pause began."""

    since: BootTime
    seconds: float
    until: datetime
    was_clock_set: bool = True

    def remaining(self, clock: Clock) -> float:
        """Return the seconds that it still lasts. After a reboot it is not known for how long the
        device was off: it lasts until the wall clock shows its end, if that was set when it began
        and is set now, and at most `seconds` from the boot."""
        now = clock.since_boot()
        if now.boot == self.since.boot:
            return max(0.0, self.seconds - (now.milliseconds - self.since.milliseconds) / 1000)
        left = self.seconds - now.milliseconds / 1000
        if self.until != LATEST_TIME and self.was_clock_set and clock.is_set():
            left = min(left, (self.until - clock.now()).total_seconds())
        return max(0.0, left)

    def to_json(self) -> bytes:
        return json.dumps(
            {
                "until": None if self.until == LATEST_TIME else format_time(self.until),
                "seconds": None if self.seconds == math.inf else self.seconds,
                "boot": self.since.boot,
                "milliseconds": self.since.milliseconds,
                "was_clock_set": self.was_clock_set,
            }
        ).encode()


class UploadPause:
    """The pause in `file`, which is missing while there is none. Threads share it.

    A pause lasts its time, whatever sets the clock meanwhile: it is counted by the time since boot.
    """

    def __init__(self, file: Path, clock: Clock, disk: Disk | None = None) -> None:
        self._file = file
        self._clock = clock
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._pause: _Pause | None = None
        self._until = LATEST_TIME  # as `until` returned it last
        self._on_change: Callable[[], object] = lambda: None
        with suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
            self._pause = _parse(read_json(file), clock)
            self._until = self._pause.until

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call this after each change."""
        self._on_change = callback

    @property
    def until(self) -> datetime | None:
        """When the pause ends, by the clock as it is set now, to two seconds: the same time as long
        as nothing sets the clock. None if there is no pause, LATEST_TIME if it has no end."""
        remaining = self.remaining()
        if not remaining:
            return None
        until = LATEST_TIME
        with suppress(OverflowError):
            until = min(until, self._clock.now() + timedelta(seconds=remaining))
        if abs(until - self._until) > CLOCK_TOLERANCE:
            self._until = until
        return self._until

    def remaining(self) -> float:
        """Return the seconds that the pause still lasts; 0 if there is none, infinity if it has no
        end."""
        pause = self._pause
        return pause.remaining(self._clock) if pause else 0.0

    def pause(self, seconds: float | None) -> None:
        """Pause uploads for these seconds, or without an end. Raises OSError if that cannot be
        stored; then nothing is changed."""
        until, lasts = LATEST_TIME, math.inf
        if seconds is not None:
            lasts = seconds
            with suppress(OverflowError):
                until = min(until, self._clock.now() + timedelta(seconds=seconds))
        pause = _Pause(self._clock.since_boot(), lasts, until, self._clock.is_set())
        with self._lock:
            replace_durably(self._file, pause.to_json(), self._disk)
            self._pause, self._until = pause, until
        text = "they are resumed" if until == LATEST_TIME else format_time(until)
        log.info("uploads are paused until %s", text)
        self._on_change()

    def resume(self) -> None:
        """End the pause. Raises OSError if that cannot be stored; then nothing is changed."""
        with self._lock:
            with suppress(FileNotFoundError):
                self._disk.remove(self._file)
                self._disk.flush_folder(self._file.parent)
            self._pause = None
        log.info("uploads are resumed")
        self._on_change()


def _parse(members: Any, clock: Clock) -> _Pause:
    """Return the pause of a file. Raises ValueError, KeyError or TypeError if it has none.

    A version before wrote `until` and `seconds` alone: its seconds count from now.
    """
    until = LATEST_TIME if members["until"] is None else parse_time(members["until"])
    seconds = math.inf if members.get("seconds") is None else float(members["seconds"])
    if "boot" in members:
        since = BootTime(str(members["boot"]), int(members["milliseconds"]))
        return _Pause(since, seconds, until, bool(members["was_clock_set"]))
    return _Pause(BootTime("", 0), clock.since_boot().milliseconds / 1000 + seconds, until)
