"""Uploads that a person has paused, until a time or until they are resumed."""

import json
import logging
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from photo_wire.moment import format_time, parse_time
from pi_uploader.clock import LATEST_TIME, Clock
from pi_uploader.spool.disk import Disk, replace_durably
from pi_uploader.state_files import read_json

PAUSE_FILE = "paused.json"  # in the spool's folder

log = logging.getLogger("agent")


class UploadPause:
    """The pause in `file`, which is missing while there is none. Threads share it.

    `until` is None while nothing is paused, and LATEST_TIME if the pause has no end. While the
    device's clock is not set, it is measured by the time since `pause` was called; after a restart
    it lasts until the clock is set.
    """

    def __init__(self, file: Path, clock: Clock, disk: Disk | None = None) -> None:
        self._file = file
        self._clock = clock
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._ends_at = math.inf  # in monotonic seconds
        self._on_change: Callable[[], object] = lambda: None
        with suppress(OSError, ValueError, KeyError, TypeError):
            text = read_json(file)["until"]
            self._until = LATEST_TIME if text is None else parse_time(text)

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call this after each change."""
        self._on_change = callback

    @property
    def until(self) -> datetime | None:
        """When the pause ends; None if there is none."""
        return self._until if self.remaining() else None

    def remaining(self) -> float:
        """Return the seconds that the pause still lasts; 0 if there is none, infinity if it has no
        end, or the clock is needed to tell."""
        until = self._until
        if until is None:
            return 0.0
        if until == LATEST_TIME:
            return math.inf
        if self._clock.is_set():
            return max(0.0, (until - self._clock.now()).total_seconds())
        return max(0.0, self._ends_at - self._clock.monotonic())

    def pause(self, seconds: float | None) -> None:
        """Pause uploads for these seconds, or without an end. Raises OSError if that cannot be
        stored; then nothing is changed."""
        with self._lock:
            until = LATEST_TIME
            if seconds is not None:
                with suppress(OverflowError):
                    until = min(until, self._clock.now() + timedelta(seconds=seconds))
            text = None if until == LATEST_TIME else format_time(until)
            replace_durably(self._file, json.dumps({"until": text}).encode(), self._disk)
            self._until = until
            self._ends_at = self._clock.monotonic() + (math.inf if seconds is None else seconds)
        log.info("uploads are paused until %s", text or "they are resumed")
        self._on_change()

    def resume(self) -> None:
        """End the pause. Raises OSError if that cannot be stored; then nothing is changed."""
        with self._lock:
            with suppress(FileNotFoundError):
                self._disk.remove(self._file)
                self._disk.flush_folder(self._file.parent)
            self._until = None
        log.info("uploads are resumed")
        self._on_change()
