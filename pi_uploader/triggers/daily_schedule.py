"""Photos at times of day, as the clock on the wall of the site shows them."""

import logging
import re
import threading
import time as monotonic_time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from photo_wire.headers import Trigger
from pi_uploader.clock import Clock
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import Heartbeat, unwatched

LATEST = timedelta(minutes=10)  # a time that was missed by less is made up for
MAX_WAIT = 20.0  # seconds; then the clock is looked at again: it may have been set

log = logging.getLogger("schedule")


def read_times(text: str) -> tuple[time, ...]:
    """Times of day from `09:00, 12:00, 18:00`, sorted; none for `off`."""
    if text == "off":
        return ()
    return tuple(sorted({read_time(one.strip()) for one in text.split(",")}))


def read_time(text: str) -> time:
    """A time of day from `09:00`."""
    match = re.fullmatch("([0-9]{1,2}):([0-9]{2})", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError("is not a time of day")
    return time(int(match[1]), int(match[2]))


def instant_of(day: date, at: time, zone: tzinfo) -> datetime:
    """When a wall clock in `zone` shows `at` on this day, in UTC.

    Where a change to summer time leaves it out, the instant of the change; where one back shows it
    twice, the first.
    """
    shown = datetime.combine(day, at, zone)
    instant = shown.astimezone(UTC)
    back = instant.astimezone(zone)
    if (back.date(), back.time()) == (day, at):
        return instant
    # In the gap: PEP 495 has fold=1 read it with the offset after the change, which is earlier.
    early, late = shown.replace(fold=1).astimezone(UTC), instant
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset():
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def next_time(after: datetime, times: Sequence[time], zone: tzinfo) -> datetime:
    """The first instant later than `after` (aware) at which a photo is due, in UTC. `times` is not
    empty."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        due = sorted(instant_of(day, at, zone) for at in times)
        for instant in due:
            if instant > after:
                return instant
        day += timedelta(days=1)


class Schedule:
    """Says when a photo is due, on a clock that may be set in between."""

    def __init__(self, times: Sequence[time], zone: tzinfo, now: datetime) -> None:
        self._times = times
        self._zone = zone
        self._answered = now  # every photo due until then is taken, or too old
        self._due = next_time(now, times, zone)

    def look(self, now: datetime) -> bool:
        """Whether a photo is to be taken now (aware). A time that was missed, because the clock
        was set or the machine slept, is made up for within ten minutes; one that the clock shows
        again, having been set back, is not taken again."""
        if now < self._answered - timedelta(days=1):
            self._answered = now  # it was far ahead: what it answered then means nothing
            self._due = next_time(now, self._times, self._zone)
        if now < self._due:
            return False
        missed = self._due
        while (following := next_time(missed, self._times, self._zone)) <= now:
            missed = following
        self._answered, self._due = now, following
        if now - missed <= LATEST:
            return True
        log.info("%s: the photo of this time was missed", missed.astimezone(self._zone))
        return False

    def seconds_until_due(self, now: datetime) -> float:
        return max(0.0, (self._due - now).total_seconds())


@contextmanager
def at_times(
    times: Sequence[time],
    zone: tzinfo,
    queue: TriggerQueue,
    clock: Clock,
    back_within: Heartbeat = unwatched,
) -> Iterator[None]:
    """Put a schedule trigger into the queue at each of these times of day. While the clock is not
    set, nobody knows when that is."""
    stopped = threading.Event()

    def watch() -> None:
        schedule: Schedule | None = None
        if not clock.is_set():
            log.info("waiting for the clock to be set, to take photos at times of day")
        while not stopped.is_set():
            back_within(3 * MAX_WAIT)
            wait = MAX_WAIT
            if clock.is_set():
                shown = clock.now()
                schedule = schedule or Schedule(times, zone, shown)
                if schedule.look(shown):
                    queue.put(TriggerEvent(Trigger.SCHEDULE, monotonic_time.monotonic()))
                wait = min(MAX_WAIT, schedule.seconds_until_due(clock.now()))
            stopped.wait(wait)

    thread = threading.Thread(target=watch, name="schedule", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
