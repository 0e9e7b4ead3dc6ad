"""Give photos that were taken before the clock was set their final names."""

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from photo_wire.headers import ClockStatus
from photo_wire.name import PhotoName, new_name
from pi_uploader.clock import BootTime, Clock
from pi_uploader.messages import CLOCK_AWAITED, CLOCK_NEXT_STEP
from pi_uploader.spool import Spool, SpooledPhoto

MAX_CLOCK_WAIT_MS = 15 * 60 * 1000  # for which a photo waits for the clock to be set
DEFER_SECONDS = 3600.0  # for which a photo that cannot be moved is deferred
RETRY_SECONDS = 60.0  # after the first failure of a photo, and after many
MAX_DISK_ERRORS = 10  # photos that cannot be moved, after which the others wait, too
CLOCK_POLL_SECONDS = 1.0  # between two looks at the clock while photos wait for it
NOTICE_SECONDS = 300.0  # between two warnings that photos wait for the clock

OnStuck = Callable[[str, SpooledPhoto], None]

log = logging.getLogger("upload")


def final_name(
    photo: SpooledPhoto, now: BootTime, wall_clock: datetime, clock_is_set: bool
) -> tuple[PhotoName, ClockStatus] | None:
    """Return the final name of a photo that was taken before the clock was set, and how far its
    time can be trusted; None while it has to wait.

    Once the clock is set, the time of a photo of this boot follows from the time since. A photo of
    an earlier boot, or one that has waited for 15 minutes, keeps the time that the clock showed and
    is marked `unsynced`; so is one whose time would be before 1970.
    """
    if photo.boot_time is None or photo.boot_time.boot != now.boot:
        return photo.name, ClockStatus.UNSYNCED
    age_ms = now.milliseconds - photo.boot_time.milliseconds
    if clock_is_set:
        with suppress(OverflowError, ValueError):  # a time that no name can hold
            captured_at = wall_clock - timedelta(milliseconds=age_ms)
            return new_name(photo.name.camera, captured_at, photo.name.tag), ClockStatus.CORRECTED
        return photo.name, ClockStatus.UNSYNCED
    return (photo.name, ClockStatus.UNSYNCED) if age_ms >= MAX_CLOCK_WAIT_MS else None


def _ignore(reason: str, photo: SpooledPhoto) -> None:
    """No-op listener."""


class TimeCorrection:
    """Names photos. `on_stuck` is called with each photo that cannot be renamed, and the reason.
    Not thread-safe."""

    def __init__(
        self,
        spool: Spool,
        clock: Clock,
        on_stuck: OnStuck = _ignore,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._on_stuck = on_stuck
        self._deferred_until: dict[SpooledPhoto, float] = {}  # those that failed before
        self._waits_for_clock = False
        self._next_try = clock.monotonic()
        self._next_notice = clock.monotonic()

    def due_in(self) -> float:
        """Return the seconds until photos may have to be named; infinity if none wait for it."""
        return CLOCK_POLL_SECONDS if self._waits_for_clock else math.inf

    def name_undated(self) -> None:
        """Name the photos whose time is known by now. A photo that cannot be renamed does not hold
        up the others."""
        if self._clock.monotonic() < self._next_try:
            return
        disk_errors = 0
        self._waits_for_clock = False
        now: BootTime | None = None
        for photo in self._spool.undated_photos():
            if now is None:  # asked only if there is a photo
                now, is_set = self._clock.since_boot(), self._clock.is_set()
            if self._deferred_until.get(photo, 0.0) > self._clock.monotonic():
                continue
            final = final_name(photo, now, self._clock.now(), is_set)
            if final is None:
                self._waits_for_clock = True
                self._log_waiting_for_clock()
                return  # all further photos are younger
            name, clock = final
            try:
                self._spool.rename(photo, name, clock)
            except FileNotFoundError:
                continue  # evicted a moment ago
            except OSError as error:
                self._defer(photo, error)
                disk_errors += 1
                if disk_errors == MAX_DISK_ERRORS:
                    self._next_try = self._clock.monotonic() + RETRY_SECONDS
                    return
            else:
                self._deferred_until.pop(photo, None)
                log.info("photo named %s (before: %s), clock %s", name, photo.name, clock)

    def _defer(self, photo: SpooledPhoto, error: OSError) -> None:
        """Defer a photo: for a minute at first, then for an hour, which is reported."""
        if photo not in self._deferred_until:
            self._deferred_until[photo] = self._clock.monotonic() + RETRY_SECONDS
            return
        self._deferred_until[photo] = self._clock.monotonic() + DEFER_SECONDS
        self._on_stuck(f"cannot be named: {error.strerror}", photo)
        log.error(
            "%s waits for its name: disk error: %s; next try in an hour",
            photo.name,
            error.strerror,
        )

    def _log_waiting_for_clock(self) -> None:
        if self._clock.monotonic() >= self._next_notice:
            self._next_notice = self._clock.monotonic() + NOTICE_SECONDS
            log.warning("the clock is not set yet: %s; %s", CLOCK_AWAITED, CLOCK_NEXT_STEP)
