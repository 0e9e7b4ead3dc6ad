"""The spool is filling up: told once, before photos have to be given up."""

import logging
from datetime import datetime
from itertools import chain

from photo_wire.alert import SPOOL_FILLING, Alert
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox, readable
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto, Usage
from pi_uploader.upload.turn import Turn

HIGH_WATERMARK = 0.8  # of what the photos may take on the disk
LOW_WATERMARK = 0.5  # the share below which it may be told again
FIRST_LOOK = 60.0  # seconds after the start: 100,000 names are read, and no photo waits for that
BETWEEN_LOOKS = 300.0  # seconds
REST = 3600.0  # seconds after an alert; a disk that others have filled would go up and down quickly

log = logging.getLogger("upload")


class SpoolUsageMonitor:
    """Looks at the spool now and then."""

    def __init__(
        self,
        spool: Spool,
        noticed: AlertOutbox,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._noticed = noticed
        self._clock = clock
        self._turn = Turn(clock, FIRST_LOOK)

    def look(self) -> None:
        """Notice that the spool is filling up, or that this is over, if it is time to look."""
        if not self._turn.try_claim():
            return
        pause = BETWEEN_LOOKS
        try:
            if self._has_alarmed():
                pause = REST
        except OSError as error:
            log.error("cannot tell how full the spool is, the disk answers: %s", error.strerror)
        finally:
            self._turn.release(pause)

    def _has_alarmed(self) -> bool:
        fill = self._spool.usage()
        if self._noticed.last(SPOOL_FILLING):
            if fill.share < LOW_WATERMARK and self._noticed.is_sent(SPOOL_FILLING):
                self._noticed.forget(SPOOL_FILLING)
            return False
        if fill.share < HIGH_WATERMARK:
            return False
        waiting = chain(self._spool.waiting_photos(), self._spool.undated_photos())
        oldest = next(waiting, None)
        if oldest is None:
            return False  # all were delivered a moment ago, or only those set aside take room
        alert = filling_alert(fill, oldest, 1 + sum(1 for _ in waiting), self._clock.now())
        self._noticed.add(alert)
        log.warning("%s", alert.reason)
        return True


def filling_alert(fill: Usage, oldest: SpooledPhoto, waiting: int, now: datetime) -> Alert:
    """What the backend is told of a spool that is so full, of which this is the oldest photo.

    The name is one for this moment, of the camera whose photo waits longest: the list of alerts is
    by moments, and the oldest photo's own would put this among those of the day on which the
    network went. It is made once, and kept (outbox.py).
    """
    return Alert(
        new_name(oldest.name.camera, now),
        SPOOL_FILLING,
        f"the photos take {fill.share:.0%} of the room that they may take on the device; {waiting} "
        f"wait, the oldest since {readable(oldest.name.captured_at)}; when there is no more "
        "room, the least valuable are given up",
        {
            "bytes_used": fill.used,
            "bytes_allowed": fill.allowed,
            "waiting": waiting,
            "oldest": str(oldest.name),
        },
    )
