"""Whether a camera takes photos now: its hours (CAMERA_ARMED), and whether a person disarmed it.

armed.json in the spool's folder has the cameras that a person disarmed. It survives a restart and a
power cut. If it cannot be read, every camera is armed: one photo too many is better than none.
"""

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time
from pi_uploader.clock import SYSTEM_CLOCK, BootTime, Clock
from pi_uploader.settings.times_of_day import DailyHours, is_armed
from pi_uploader.spool.disk import Disk, replace_durably
from pi_uploader.state_files import read_json

FILE_NAME = "armed.json"
MAX_SECONDS = 366 * 86400  # from now until a camera is armed again
CLOCK_TOLERANCE = timedelta(seconds=2)  # between two clocks that are both right

log = logging.getLogger("capture")


@dataclass(frozen=True, slots=True)
class Disarmed:
    """A camera that a person disarmed: `until` a time, None for good. `since` and `seconds` count
    the same by the time since boot, for while the clock is not set."""

    until: datetime | None
    since: BootTime
    seconds: float = 0.0

    def is_over(self, clock: Clock) -> bool:
        """Return whether the camera is armed again: once the clock shows the time, if it is set, or
        once the seconds have passed, if the clock was set back since.

        The seconds count anew after a reboot: how long the device was off is not known, and nobody
        wants to be seen before the time is over.
        """
        if self.until is None:
            return False
        if clock.is_set() and clock.now() >= self.until:
            return True
        now = clock.since_boot()
        start = self.since.milliseconds if self.since.boot == now.boot else 0
        return now.milliseconds - start >= self.seconds * 1000


class DisarmedCameras:
    """The cameras that a person disarmed, in the spool of this folder. Any thread may call any
    method."""

    def __init__(self, spool: Path, clock: Clock = SYSTEM_CLOCK, disk: Disk | None = None) -> None:
        self._file = spool / FILE_NAME
        self._clock = clock
        self._disk = disk or Disk()
        self._lock = threading.Lock()
        self._cameras: Mapping[str, Disarmed] = self._read()

    def find(self, camera: str) -> Disarmed | None:
        """Return until when a camera is disarmed; None if it is not."""
        found = self._cameras.get(camera)
        return None if found is None or found.is_over(self._clock) else found

    def all(self) -> dict[str, Disarmed]:
        """Return every camera that is disarmed now."""
        return dict(self._current())

    def arm(self, cameras: Iterable[str]) -> None:
        """Arm these cameras. Raises OSError, and changes nothing, if that cannot be kept."""
        with self._lock:
            former = set(cameras)
            self._replace({name: one for name, one in self._current() if name not in former})

    def disarm(
        self, cameras: Iterable[str], until: datetime | None, seconds: float | None = None
    ) -> None:
        """Disarm these cameras until a time (aware), None for good. `seconds`: how far away that
        is, if who asks knows it better than this device's clock, which may be ahead.

        Raises ValueError if the time is over or more than MAX_SECONDS away, OSError, and changes
        nothing, if it cannot be kept.
        """
        if until is not None:
            now = self._clock.now()
            left = (until - now).total_seconds() if seconds is None else seconds
            if self._clock.is_set() and left <= 0:
                raise ValueError(f"{format_time(until)} is over; expected a time to come")
            if left > MAX_SECONDS and self._clock.is_set():
                raise ValueError(f"{format_time(until)} is more than a year away")
            seconds = min(max(left, 0.0), MAX_SECONDS)
            by_this_clock = now + timedelta(seconds=seconds)
            if self._clock.is_set() and by_this_clock - until > CLOCK_TOLERANCE:
                until = by_this_clock  # this clock is ahead: it would show `until` too early
        new = Disarmed(until, self._clock.since_boot(), seconds or 0.0)
        with self._lock:
            self._replace({**dict(self._current()), **dict.fromkeys(cameras, new)})

    def _current(self) -> list[tuple[str, Disarmed]]:
        """Return the cameras that are still disarmed."""
        return [(name, one) for name, one in self._cameras.items() if not one.is_over(self._clock)]

    def _replace(self, cameras: Mapping[str, Disarmed]) -> None:
        """Write the file, durably, and then use what it says."""
        content = json.dumps({name: _to_json(one) for name, one in cameras.items()}).encode()
        replace_durably(self._file, content, self._disk)
        self._cameras = dict(cameras)

    def _read(self) -> dict[str, Disarmed]:
        try:
            content = read_json(self._file)
            return {str(name): _from_json(one) for name, one in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, WireError) as error:
            log.error("%s cannot be read, so that all cameras are armed: %s", self._file, error)
            return {}


class Arming:
    """Whether one camera takes photos now. `hours` are those of CAMERA_ARMED in `zone`, none for
    always."""

    def __init__(
        self,
        camera: str,
        hours: tuple[DailyHours, ...] = (),
        zone: tzinfo = UTC,
        clock: Clock = SYSTEM_CLOCK,
        disarmed: DisarmedCameras | None = None,
    ) -> None:
        self._camera = camera
        self._hours = hours
        self._zone = zone
        self._clock = clock
        self._disarmed = disarmed

    def disarmed(self) -> Disarmed | None:
        """Return until when a person disarmed the camera; None if nobody did."""
        return self._disarmed.find(self._camera) if self._disarmed else None

    def is_in_hours(self) -> bool:
        """Return whether now is within the camera's hours. While the clock is not set, it is."""
        if not self._hours or not self._clock.is_set():
            return True
        return is_armed(self._clock.now(), self._hours, self._zone)

    def is_armed(self) -> bool:
        """Return whether the camera takes photos now."""
        return self.disarmed() is None and self.is_in_hours()


def _to_json(one: Disarmed) -> dict[str, Any]:
    return {
        "until": None if one.until is None else format_time(one.until),
        "boot": one.since.boot,
        "milliseconds": one.since.milliseconds,
        "seconds": one.seconds,
    }


def _from_json(value: Any) -> Disarmed:
    until = value["until"]
    since = BootTime(str(value["boot"]), int(value["milliseconds"]))
    return Disarmed(None if until is None else parse_time(until), since, float(value["seconds"]))
