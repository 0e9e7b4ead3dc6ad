"""Photos on a schedule: at an interval, or at times of day as the site's wall clock shows them."""

import logging
import threading
import time as time_module
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from photo_wire.headers import Trigger
from pi_uploader.clock import Clock
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import KeepAlive, no_keep_alive

MAX_TICK_DELAY = 60.0  # seconds that a tick may be late on a busy machine; more is a hang
MAX_DELAY = timedelta(minutes=10)  # how late a photo of a time of day may still be taken
MAX_WAIT = 20.0  # seconds between two readings of the clock: it may have been set

log = logging.getLogger("schedule")


# --- an interval


@contextmanager
def interval_trigger(
    seconds: float, queue: TriggerQueue, keep_alive: KeepAlive = no_keep_alive
) -> Iterator[None]:
    """Put a schedule trigger into the queue every `seconds`, the first at once."""
    with _thread("timer", _tick, seconds, queue, keep_alive):
        yield


def _tick(
    stopped: threading.Event, seconds: float, queue: TriggerQueue, keep_alive: KeepAlive
) -> None:
    for tick in ticks(seconds, time_module.monotonic, stopped.wait):
        keep_alive(seconds + MAX_TICK_DELAY)
        queue.put(TriggerEvent(Trigger.SCHEDULE, tick))


def ticks(
    seconds: float, monotonic: Callable[[], float], wait: Callable[[float], bool]
) -> Iterator[float]:
    """Yield the monotonic time of each tick, `seconds` apart, until `wait(seconds)` returns that it
    was stopped.

    Each tick is due a whole number of `seconds` after the first, so delays do not add up. Ticks
    that a busy machine missed are skipped.
    """
    start = monotonic()
    count = 0
    now = start
    while True:
        yield now
        count = max(count, int((monotonic() - start) / seconds)) + 1
        while (now := monotonic()) < start + count * seconds:
            if wait(start + count * seconds - now):
                return


# --- times of day


@contextmanager
def daily_trigger(
    times: Sequence[time],
    zone: tzinfo,
    queue: TriggerQueue,
    clock: Clock,
    keep_alive: KeepAlive = no_keep_alive,
) -> Iterator[None]:
    """Put a schedule trigger into the queue at each of these times of day. Nothing is due while the
    clock is not set."""
    with _thread("schedule", _watch_clock, times, zone, queue, clock, keep_alive):
        yield


def _watch_clock(
    stopped: threading.Event,
    times: Sequence[time],
    zone: tzinfo,
    queue: TriggerQueue,
    clock: Clock,
    keep_alive: KeepAlive,
) -> None:
    schedule: DailySchedule | None = None
    if not clock.is_set():
        log.info("waiting for the clock to be set, to take photos at times of day")
    while not stopped.is_set():
        keep_alive(3 * MAX_WAIT)
        wait = MAX_WAIT
        if clock.is_set():
            now = clock.now()
            schedule = schedule or DailySchedule(times, zone, now)
            if schedule.is_due(now):
                queue.put(TriggerEvent(Trigger.SCHEDULE, time_module.monotonic()))
            wait = min(MAX_WAIT, schedule.seconds_until_due(clock.now()))
        stopped.wait(wait)


class DailySchedule:
    """When a photo is due, by a clock that may be set in between."""

    def __init__(self, times: Sequence[time], zone: tzinfo, now: datetime) -> None:
        self._times = times
        self._zone = zone
        self._handled_until = now  # each photo due until then is taken, or was too late
        self._due = next_time(now, times, zone)

    def is_due(self, now: datetime) -> bool:
        """Return whether to take a photo now (aware); each time of a day is due once.

        A time that was missed because the clock was set or the machine slept is still due within
        ten minutes. A time that the clock shows again, set back, is not due again.
        """
        if now < self._handled_until - timedelta(days=1):
            self._handled_until = now  # the clock was far ahead: what was handled then is void
            self._due = next_time(now, self._times, self._zone)
        if now < self._due:
            return False
        missed = self._due
        while (following := next_time(missed, self._times, self._zone)) <= now:
            missed = following
        self._handled_until, self._due = now, following
        if now - missed <= MAX_DELAY:
            return True
        log.info("%s: the photo of this time was missed", missed.astimezone(self._zone))
        return False

    def seconds_until_due(self, now: datetime) -> float:
        """Return the seconds from `now` (aware) to the next photo, at least 0."""
        return max(0.0, (self._due - now).total_seconds())


def next_time(after: datetime, times: Sequence[time], zone: tzinfo) -> datetime:
    """Return, in UTC, the first time later than `after` (aware) at which a photo is due. `times` is
    not empty."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        for due in sorted(to_utc(day, at, zone) for at in times):
            if due > after:
                return due
        day += timedelta(days=1)


def to_utc(day: date, at: time, zone: tzinfo) -> datetime:
    """Return, in UTC, when a wall clock in `zone` shows `at` on this day.

    Where a change to summer time skips it, return the moment of the change. Where a change back
    shows it twice, return the first.
    """
    local = datetime.combine(day, at, zone)
    found = local.astimezone(UTC)
    back = found.astimezone(zone)
    if (back.date(), back.time()) == (day, at):
        return found
    # In the gap: PEP 495 has fold=1 read it with the offset after the change, which is earlier.
    early, late = local.replace(fold=1).astimezone(UTC), found
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset():
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


@contextmanager
def _thread(name: str, target: Callable[..., None], *args: object) -> Iterator[None]:
    """Run `target(stopped, *args)` in a thread, and set `stopped` at the end of the block."""
    stopped = threading.Event()
    thread = threading.Thread(target=target, args=(stopped, *args), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
