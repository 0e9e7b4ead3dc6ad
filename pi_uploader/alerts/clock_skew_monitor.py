"""Raise an alert when the times of photos are wrong or unknown: once a day at most.

There are two causes, reported in one alert. The device's clock and the server's (the Date of its
receipts) differ for a while, such as with a clock chip whose battery is empty: photos carry wrong
times. And photos carry unknown times (`unsynced`): their boot ended, or a quarter of an hour
passed, before the clock was set. Times that were worked out afterwards (`corrected`) are right.
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
LASTING_SECONDS = 900.0  # after a boot, the first photos may go up before the clock is set
BETWEEN_ALERTS = timedelta(days=1)

log = logging.getLogger("upload")


@dataclass(frozen=True, slots=True)
class UncertainTimes:
    """Photos with uncertain times: how many, and the first and last of these times."""

    count: int
    first: datetime
    last: datetime


class ClockSkewMonitor:
    """Checks each delivery. Threads share it."""

    def __init__(
        self,
        spool: Spool,
        outbox: AlertOutbox,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._outbox = outbox
        self._clock = clock
        self._skewed_since: float | None = None
        self._lock = threading.Lock()

    def record_delivery(self, photo: SpooledPhoto, server_time: datetime | None) -> None:
        """Compare the clocks, now that this photo is delivered. `server_time` is the time of the
        server's clock; None if it does not say."""
        if server_time and server_time < EPOCH:  # no clock shows that, and no name can hold it
            server_time = None
        now = server_time or self._clock.now()
        with self._lock:
            lag = self._lasting(now - self._clock.now())
            if not lag and photo.clock is not ClockStatus.UNSYNCED:
                return
            last = self._outbox.last(CLOCK)
            if last and abs(now - last.name.captured_at) < BETWEEN_ALERTS:
                return
            alert = clock_alert(photo.name.camera, now, lag, self._uncertain_times(photo))
            self._outbox.add(alert)
        log.warning("%s", alert.reason)

    def _lasting(self, lag: timedelta) -> timedelta:
        """Return the lag if it is large and has lasted for a while, else zero."""
        if abs(lag) <= TOLERANCE:
            self._skewed_since = None
        elif self._skewed_since is None:
            self._skewed_since = self._clock.monotonic()
        elif self._clock.monotonic() - self._skewed_since >= LASTING_SECONDS:
            return lag
        return timedelta(0)

    def _uncertain_times(self, delivered: SpooledPhoto) -> UncertainTimes | None:
        """Return those of the delivered photo and of the photos that wait; None if there are
        none."""
        times = [delivered.name.captured_at] if delivered.clock is ClockStatus.UNSYNCED else []
        with suppress(OSError):
            times += (
                photo.name.captured_at
                for photo in self._spool.waiting_photos()
                if photo.clock is ClockStatus.UNSYNCED
            )
        return UncertainTimes(len(times), min(times), max(times)) if times else None


def clock_alert(
    camera: str, now: datetime, lag: timedelta, uncertain: UncertainTimes | None
) -> Alert:
    """Return the alert, under a name for this moment. `lag` is how far the device's clock is behind
    the server's: negative if it is ahead, zero if that is not to be reported."""
    sentences: list[str] = []
    details: dict[str, Detail] = {}
    if lag:
        side = "behind" if lag > timedelta(0) else "ahead of"
        sentences.append(
            f"the device's clock is {_duration(abs(lag))} {side} the server's, so its photos "
            "have wrong times"
        )
        details["seconds_behind"] = round(lag.total_seconds())
    if uncertain:
        first, last = format_time(uncertain.first), format_time(uncertain.last)
        sentences.append(
            f"photos were taken while the clock was not set, {uncertain.count} so far; their "
            f"times, {readable(uncertain.first)} to {readable(uncertain.last)}, are uncertain"
        )
        details |= {"photos": uncertain.count, "first": first, "last": last}
    return Alert(new_name(camera, now), CLOCK, "; ".join(sentences), details)


def _duration(time: timedelta) -> str:
    """Return a duration in its two largest units, such as `3 h 2 min`."""
    minutes = round(time.total_seconds() / 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = {"d": days, "h": hours, "min": minutes % 60}
    shown = [f"{count} {unit}" for unit, count in parts.items() if count]
    return " ".join(shown[:2])
