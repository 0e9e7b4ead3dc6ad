"""Whether the times of the photos can be believed; a person is told when not, once a day at most.

Two things are told in one alert. The device's clock and the server's (the Date of its receipts)
differ and go on to, so that photos carry wrong times whatever they say of their clock: a clock chip
whose battery is empty. And photos carry times that nobody knows (`unsynced`): their boot ended, or
a quarter of an hour passed, before the clock was set. Those whose time was worked out afterwards
(`corrected`) are right, and nothing to tell of.
"""

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from photo_wire.alert import CLOCK, Alert, Detail
from photo_wire.headers import ClockStatus
from photo_wire.moment import EPOCH, format_time
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox, readable
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto

TOLERANCE = timedelta(minutes=5)
LASTING = 900.0  # seconds; after a boot, the first photos may go up before the clock is set
BETWEEN_ALERTS = timedelta(days=1)

log = logging.getLogger("upload")


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Photos with uncertain times: how many, and what the first and the last say."""

    count: int
    first: datetime
    last: datetime


class ClockSkewMonitor:
    """Done with each delivery."""

    def __init__(
        self,
        spool: Spool,
        noticed: AlertOutbox,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._noticed = noticed
        self._clock = clock
        self._off_since: float | None = None
        self._lock = threading.Lock()

    def note_delivery(self, photo: SpooledPhoto, server_time: datetime | None) -> None:
        """Look at the clocks now that this photo is delivered. `server_time`: what the server's
        clock shows, None where it does not say."""
        if server_time and server_time < EPOCH:  # which no clock shows and no name can hold
            server_time = None
        now = server_time or self._clock.now()
        with self._lock:
            behind = self._lasting(now - self._clock.now())
            if not behind and photo.clock is not ClockStatus.UNSYNCED:
                return
            last = self._noticed.last(CLOCK)
            if last and abs(now - last.name.captured_at) < BETWEEN_ALERTS:
                return
            alert = clock_alert(photo.name.camera, now, behind, self._uncertain(photo))
            self._noticed.add(alert)
        log.warning("%s", alert.reason)

    def _lasting(self, difference: timedelta) -> timedelta:
        """The difference of the clocks, if it is a large one and has been there for a while."""
        if abs(difference) <= TOLERANCE:
            self._off_since = None
        elif self._off_since is None:
            self._off_since = self._clock.monotonic()
        elif self._clock.monotonic() - self._off_since >= LASTING:
            return difference
        return timedelta(0)

    def _uncertain(self, delivered: SpooledPhoto) -> Uncertain | None:
        """Those that are known of: this one, and those that wait."""
        count = 0
        first = last = delivered.name.captured_at
        if delivered.clock is ClockStatus.UNSYNCED:
            count = 1
        with suppress(OSError):
            for photo in self._spool.waiting_photos():
                if photo.clock is ClockStatus.UNSYNCED:
                    moment = photo.name.captured_at
                    first, last = (
                        (min(first, moment), max(last, moment)) if count else (moment,) * 2
                    )
                    count += 1
        return Uncertain(count, first, last) if count else None


def clock_alert(
    camera: str, now: datetime, behind: timedelta, uncertain: Uncertain | None
) -> Alert:
    """What the backend is told, under a name for this moment. `behind`: how far the device's clock
    is behind the server's; negative if it is ahead, zero if that is nothing to tell of."""
    sentences: list[str] = []
    details: dict[str, Detail] = {}
    if behind:
        side = "behind" if behind > timedelta(0) else "ahead of"
        sentences.append(
            f"the device's clock is {_spelt(abs(behind))} {side} the server's, and the times of "
            "its photos with it"
        )
        details["seconds_behind"] = round(behind.total_seconds())
    if uncertain:
        first, last = format_time(uncertain.first), format_time(uncertain.last)
        sentences.append(
            f"photos were taken while the clock was not set, {uncertain.count} so far; their "
            f"times, {readable(uncertain.first)} to {readable(uncertain.last)}, are uncertain"
        )
        details |= {"photos": uncertain.count, "first": first, "last": last}
    return Alert(new_name(camera, now), CLOCK, "; ".join(sentences), details)


def _spelt(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = {"d": days, "h": hours, "min": minutes % 60}
    return " ".join(f"{count} {unit}" for unit, count in parts.items() if count)
