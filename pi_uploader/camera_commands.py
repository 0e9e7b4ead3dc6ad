"""What `pi-uploader photo`, `arm` and `disarm` ask the running capture process for."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from photo_wire.moment import format_time
from pi_uploader.control import ControlError, ask
from pi_uploader.settings import values

PHOTO_SECONDS = 180.0  # for a photo; a clip may be recorded before
REPLY_SECONDS = 10.0  # for what the capture process does at once


@dataclass(frozen=True, slots=True)
class End:
    """When a camera is armed again: a time (aware), and how many seconds away it is."""

    moment: datetime
    seconds: float


def parse_end(until: str | None, duration: str | None, now: datetime | None = None) -> End | None:
    """Return the end that a person wrote: a time of day, a local time, or a duration from `now`
    (aware; by default the device's clock) on. None if there is none. Raises ValueError."""
    now = now or datetime.now().astimezone()
    if duration is not None:
        try:
            seconds = values.duration(duration)
        except ValueError:
            seconds = 0.0
        if not seconds:
            raise ValueError(f"--for {duration!r}: expected a duration such as 30m, 2h or 3d")
        return End(now + timedelta(seconds=seconds), seconds)
    if until is None:
        return None
    try:
        moment = _parse_time(until, now)
    except (ValueError, OverflowError):
        raise ValueError(
            f"--until {until!r}: expected a time of day such as 07:30, or a time such as "
            "2026-12-01T07:30"
        ) from None
    if moment <= now:
        raise ValueError(f"--until {until!r}: this time is over; expected a time to come")
    return End(moment, (moment - now).total_seconds())


def _parse_time(text: str, now: datetime) -> datetime:
    """Return the time that `text` tells, in the system's time zone unless it has one of its own; of
    a time of day the next one after `now`."""
    try:
        moment = datetime.combine(now.date(), time.fromisoformat(text))
    except ValueError:
        return datetime.fromisoformat(text).astimezone()
    today = moment.astimezone()
    return today if today > now else (moment + timedelta(days=1)).astimezone()


def take_photos(
    spool: Path, camera: str | None, echo: Callable[[str], None], fail: Callable[[str], None]
) -> int:
    """Take a photo with the camera, or with each. Print the photos' ids with `echo`, and errors
    with `fail`; return the exit code, 1 after an error. Raises ControlError if nobody can be asked.
    """
    cameras = [camera] if camera is not None else list(_cameras(spool))
    failures = 0
    for name in cameras:
        request = {"do": "photo", "camera": name, "tag": os.urandom(4).hex()}
        try:
            echo(str(ask(spool, request, PHOTO_SECONDS).members.get("photo")))
        except ControlError as error:
            fail(f"{name}: {error}")
            failures += 1
    return 1 if failures else 0


def arm(spool: Path, camera: str | None) -> str:
    """Arm the camera, or all; return a sentence for a person. Raises ControlError."""
    ask(spool, {"do": "arm", "camera": camera}, REPLY_SECONDS)
    return f"{_subject(camera)} armed; hours in CAMERA_ARMED hold as before"


def disarm(spool: Path, camera: str | None, end: End | None) -> str:
    """Disarm the camera, or all; return a sentence for a person. Raises ControlError."""
    request: dict[str, Any] = {"do": "disarm", "camera": camera}
    if end:
        request |= {"until": format_time(end.moment), "seconds": end.seconds}
    ask(spool, request, REPLY_SECONDS)
    until = f"{end.moment:%Y-%m-%d %H:%M %Z}" if end else "pi-uploader arm"
    return f"{_subject(camera)} disarmed until {until}; a photo on demand is still taken"


def _cameras(spool: Path) -> dict[str, Any]:
    cameras: dict[str, Any] = ask(spool, {"do": "state"}, REPLY_SECONDS).members["cameras"]
    return cameras


def _subject(camera: str | None) -> str:
    return f"{camera} is" if camera is not None else "all cameras are"
