"""Photos that were taken before the clock was set get their final names."""

import logging
from collections.abc import Callable

from pi_uploader.clock import CLOCK_AWAITED, CLOCK_NEXT_STEP, Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.schedule import final_name

REST_OF_STUCK = 3600.0  # seconds for which a photo that the disk would not move is passed over
MAX_REFUSALS = 10  # photos that cannot be named, before the others wait for the next time
REST_OF_DISK = 60.0  # seconds until that, and until the second try of a photo
BETWEEN_NOTICES = 300.0  # seconds, while photos wait for the clock

OnStuck = Callable[[str, SpooledPhoto], None]

log = logging.getLogger("upload")


def _tell_nobody(reason: str, photo: SpooledPhoto) -> None:
    """No-op listener."""


class TimeCorrection:
    """Names what can be named. `on_stuck` is told of each photo
    that cannot be, and why."""

    def __init__(
        self,
        spool: Spool,
        clock: Clock,
        on_stuck: OnStuck = _tell_nobody,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._on_stuck = on_stuck
        self._stuck: dict[SpooledPhoto, float] = {}  # passed over until then
        self._next = clock.monotonic()
        self._next_notice = clock.monotonic()

    def name_undated(self) -> None:
        """Give the photos that wait for the clock their names, as far as it can be done. One that
        the disk will not rename holds up none of the others."""
        if self._clock.monotonic() < self._next:
            return
        now, is_set = self._clock.since_boot(), self._clock.is_set()
        refusals = 0
        for photo in self._spool.undated_photos():
            if self._stuck.get(photo, 0.0) > self._clock.monotonic():
                continue
            named = final_name(photo, now, self._clock.now(), is_set)
            if named is None:
                self._log_waiting_for_clock()
                return  # those behind it are younger
            name, clock = named
            try:
                self._spool.rename(photo, name, clock)
            except FileNotFoundError:
                continue  # given up to make room, a moment ago
            except OSError as error:
                self._pass_over(photo, error)
                refusals += 1
                if refusals == MAX_REFUSALS:
                    self._next = self._clock.monotonic() + REST_OF_DISK
                    return
            else:
                self._stuck.pop(photo, None)
                log.info("photo named %s (before: %s), clock %s", name, photo.name, clock)

    def _pass_over(self, photo: SpooledPhoto, error: OSError) -> None:
        if photo not in self._stuck:  # a disk that fails once is asked twice
            self._stuck[photo] = self._clock.monotonic() + REST_OF_DISK
            return
        self._stuck[photo] = self._clock.monotonic() + REST_OF_STUCK
        self._on_stuck(f"cannot be named: {error.strerror}", photo)
        log.error(
            "%s waits for its name, the disk answers: %s; it is tried again in an hour",
            photo.name,
            error.strerror,
        )

    def _log_waiting_for_clock(self) -> None:
        if self._clock.monotonic() >= self._next_notice:
            self._next_notice = self._clock.monotonic() + BETWEEN_NOTICES
            log.warning("the clock is not set yet: %s; %s", CLOCK_AWAITED, CLOCK_NEXT_STEP)
