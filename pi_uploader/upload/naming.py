"""Photos that were taken before the clock was set get their final names."""

import logging
from collections.abc import Callable
from datetime import datetime

from pi_uploader.clock import instant
from pi_uploader.spool import Spool
from pi_uploader.upload.schedule import final_name

REST_OF_STUCK = 3600.0  # seconds between complaints

log = logging.getLogger("upload")


class Naming:
    """Names what can be named. `clock` gives monotonic seconds."""

    def __init__(
        self,
        spool: Spool,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime],
        is_clock_set: Callable[[], bool],
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._wall_clock = wall_clock
        self._is_clock_set = is_clock_set
        self._next_complaint = clock()

    def name_undated(self) -> None:
        """Give the photos that wait for the clock their names, as far as it can be done. A disk
        that refuses holds up none of the others."""
        now, is_set = instant(), self._is_clock_set()
        try:
            for photo in self._spool.photos_undated():
                named = final_name(photo, now, self._wall_clock(), is_set)
                if named is None:
                    return  # those behind it are younger
                name, clock = named
                self._spool.name(photo, name, clock)
                log.info("photo named %s (before: %s), clock %s", name, photo.name, clock)
        except FileNotFoundError:
            return  # given up to make room, a moment ago
        except OSError as error:
            if self._clock() >= self._next_complaint:
                self._next_complaint = self._clock() + REST_OF_STUCK
                log.error("photos wait for their names, the disk answers: %s", error.strerror)
