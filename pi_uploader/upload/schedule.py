"""When and what to send next: pure functions of what is passed in, time and chance included."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from photo_wire.headers import ClockStatus
from photo_wire.name import PhotoName, new_name
from pi_uploader.backoff import backoff
from pi_uploader.clock import BootTime
from pi_uploader.spool import SpooledPhoto

MAX_WAIT = 120.0  # seconds; also how long a site is dark at most after its network returns
MAX_RETRY_AFTER = 3600.0  # seconds; a server that asks for more is asked again after an hour
BACKLOG_TURN = 4
CLOCK_WAIT = 15 * 60 * 1000  # milliseconds that a photo waits at most for the clock to be set


def takes_oldest(turn: int) -> bool:
    """Whether the photo sent at this turn (0, 1, 2, ...) is the oldest rather than the newest.

    What just happened matters most, so the newest goes first; every fourth turn goes to the
    backlog, which so drains however many fresh photos come.
    """
    return turn % BACKLOG_TURN == BACKLOG_TURN - 1


def back_off(failures: int, retry_after: float | None, chance: Callable[[], float]) -> float:
    """The seconds to leave the backend alone after `failures` (1, 2, ...) in a row.

    Full jitter: anything up to a limit that doubles with each failure, so that many devices do not
    come back at once. `retry_after` is the server's wish, kept within an hour; `chance` gives a
    number from 0 to 1.
    """
    limit = backoff(failures, 2.0, MAX_WAIT)
    return max(1.0, limit * chance(), min(retry_after or 0.0, MAX_RETRY_AFTER))


def final_name(
    photo: SpooledPhoto, now: BootTime, wall_clock: datetime, clock_is_set: bool
) -> tuple[PhotoName, ClockStatus] | None:
    """The name of a photo that was taken before the clock was set; None while it has to wait.

    Once the clock is set, the moment of a photo of this boot is known from the time since. One of
    an earlier boot, and one that has waited for 15 minutes, keep the time that the clock showed
    and are marked `unsynced`; so does one whose moment would be before 1970.
    """
    if photo.boot_time is None or photo.boot_time.boot != now.boot:
        return photo.name, ClockStatus.UNSYNCED
    since = now.milliseconds - photo.boot_time.milliseconds
    if clock_is_set:
        with suppress(OverflowError, ValueError):  # no moment that a name can hold
            captured_at = wall_clock - timedelta(milliseconds=since)
            return new_name(photo.name.camera, captured_at, photo.name.tag), ClockStatus.CORRECTED
        return photo.name, ClockStatus.UNSYNCED
    return (photo.name, ClockStatus.UNSYNCED) if since >= CLOCK_WAIT else None
