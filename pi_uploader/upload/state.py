"""What the upload process lets others know of itself: a small file that `status` reads.

It is no part of the spool's truth: it is replaced as a whole, never flushed, and nothing is decided
by it.
"""

import json
from collections import deque
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from photo_wire.moment import format_time
from photo_wire.receipt import Receipt

LOOK_BACK = 3600.0  # seconds over which deliveries are counted
WRITE_PAUSE = 1.0  # seconds between two writes while all goes well


def state_file(spool: Path) -> Path:
    """Where the state lies, beside the photos of this spool."""
    return spool / "upload.json"


class UploadState:
    """How the upload went lately. `file` None: nothing is written."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._last_receipt: dict[str, str] | None = None
        self._back_off_until: str | None = None
        self._problem: str | None = None
        self._delivered: deque[tuple[float, int]] = deque()  # when, in monotonic seconds; bytes
        self._written_at = float("-inf")

    def delivered(self, receipt: Receipt, now: float, wall_clock: datetime) -> None:
        """Note a receipt at `now` (monotonic seconds)."""
        self._last_receipt = {"id": str(receipt.name), "at": format_time(wall_clock)}
        was_troubled = self._problem is not None
        self._back_off_until = self._problem = None
        self._delivered.append((now, receipt.size))
        if was_troubled or now - self._written_at >= WRITE_PAUSE:
            self._write(now)

    def refused(self, problem: str, until: datetime, now: float) -> None:
        """Note that nothing is sent before `until`, and why."""
        self._back_off_until, self._problem = format_time(until), problem
        self._write(now)

    def _write(self, now: float) -> None:
        while self._delivered and self._delivered[0][0] < now - LOOK_BACK:
            self._delivered.popleft()
        self._written_at = now
        if self._file is None:
            return
        facts = {
            "last_receipt": self._last_receipt,
            "back_off_until": self._back_off_until,
            "problem": self._problem,
            "delivered_last_hour": len(self._delivered),
            "bytes_last_hour": sum(size for _, size in self._delivered),
        }
        new = self._file.with_suffix(".new")
        with suppress(OSError):  # a full disk: the photos matter more
            new.write_text(json.dumps(facts))
            new.replace(self._file)


def read_state(file: Path) -> dict[str, Any]:
    """What an upload process last wrote; empty if none did, or if it cannot be read."""
    with suppress(OSError, ValueError):
        said = json.loads(file.read_text())
        if isinstance(said, dict):
            return said
    return {}
