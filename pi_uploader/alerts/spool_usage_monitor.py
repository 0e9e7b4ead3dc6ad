"""Raise an alert when the spool is filling up: once, before photos have to be evicted."""

import logging
from datetime import datetime
from itertools import chain

from photo_wire.alert import SPOOL_FILLING, Alert
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox, readable
from pi_uploader.alerts.periodic import PeriodicTask
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto, Usage

HIGH_WATERMARK = 0.8  # of the bytes that photos may take on the disk
LOW_WATERMARK = 0.5  # the share below which the alert may be raised again
FIRST_POLL_SECONDS = 60.0  # after the start: 100,000 names are read, and no photo waits for that
POLL_SECONDS = 300.0
QUIET_SECONDS = 3600.0  # after an alert: while others fill the disk, the share goes up and down

log = logging.getLogger("upload")


class SpoolUsageMonitor:
    """Checks the spool's usage periodically."""

    def __init__(
        self,
        spool: Spool,
        outbox: AlertOutbox,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._outbox = outbox
        self._clock = clock
        self._task = PeriodicTask(clock, FIRST_POLL_SECONDS)

    def due_in(self) -> float:
        """Return the seconds until the next check."""
        return self._task.due_in()

    def poll(self) -> None:
        """If a check is due, raise the alert or clear it."""
        if not self._task.try_claim():
            return
        delay = POLL_SECONDS
        try:
            if self._check():
                delay = QUIET_SECONDS
        except OSError as error:
            log.error("the spool's usage is unknown: disk error: %s", error.strerror)
        finally:
            self._task.release(delay)

    def _check(self) -> bool:
        """Return whether the alert was raised."""
        usage = self._spool.usage()
        if self._outbox.last(SPOOL_FILLING):
            if usage.share < LOW_WATERMARK and self._outbox.is_sent(SPOOL_FILLING):
                self._outbox.forget(SPOOL_FILLING)
            return False
        if usage.share < HIGH_WATERMARK:
            return False
        waiting = chain(self._spool.waiting_photos(), self._spool.undated_photos())
        oldest = next(waiting, None)
        if oldest is None:
            return False  # all were just delivered, or only quarantined photos take space
        alert = filling_alert(usage, oldest, 1 + sum(1 for _ in waiting), self._clock.now())
        self._outbox.add(alert)
        log.warning("%s", alert.reason)
        return True


def filling_alert(usage: Usage, oldest: SpooledPhoto, waiting: int, now: datetime) -> Alert:
    """Return the alert of a spool this full. `waiting` is how many photos wait; `oldest` is the
    first of them.

    Its name is of the oldest photo's camera and of this moment: with the photo's own time, the
    alert would stand in the list at the day on which the network failed.
    """
    return Alert(
        new_name(oldest.name.camera, now),
        SPOOL_FILLING,
        f"the photos use {usage.share:.0%} of the allowed space on the device; {waiting} "
        f"{'waits' if waiting == 1 else 'wait'}, the oldest since "
        f"{readable(oldest.name.captured_at)}; when the spool is full, the least valuable are "
        "evicted",
        {
            "bytes_used": usage.used,
            "bytes_allowed": usage.allowed,
            "waiting": waiting,
            "oldest": str(oldest.name),
        },
    )
