"""Schedules: intervals, and times of day across time zones, DST changes and clock steps."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.schedule import (
    MAX_DELAY,
    DailySchedule,
    daily_trigger,
    interval_trigger,
    next_time,
    ticks,
    to_utc,
)
from tests.support.fake_clock import FakeClock
from tests.support.time_zones import MINUTE, moments, schedules, zones


def minute_by_minute(
    start: datetime, minutes: int, times: list[time], zone: ZoneInfo
) -> Iterator[datetime]:
    """Yield when a photo is due, found by reading the wall clock each minute: when it first passes
    a time or jumps over it."""
    passed: set[datetime] = set()
    shown = (start - 26 * 60 * MINUTE).astimezone(zone).replace(tzinfo=None)
    for minute in range(-26 * 60 + 1, minutes + 1):
        instant = start + minute * MINUTE
        before, shown = shown, instant.astimezone(zone).replace(tzinfo=None)
        days = {before.date() + timedelta(days=n) for n in range((shown - before).days + 2)}
        due = {datetime.combine(day, at) for day in days for at in times}
        now_due = {one for one in due if before < one <= shown} - passed
        passed |= now_due
        if now_due and minute > 0:
            yield instant


@settings(max_examples=2 * settings().max_examples)
@given(moments, schedules, zones)
def test_a_photo_is_due_once_a_day_at_each_time(
    start: datetime, times: list[time], zone: ZoneInfo
) -> None:
    """Also on days of clock changes; compared with a slow search minute by minute."""
    minutes = 30 * 60
    expected = list(minute_by_minute(start, minutes, times, zone))
    found, instant = [], start
    while (instant := next_time(instant, times, zone)) <= start + minutes * MINUTE:
        found.append(instant)
    assert found == expected


@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)), schedules, zones)
def test_the_next_time_is_always_later(moment: datetime, times: list[time], zone: ZoneInfo) -> None:
    """Within two days and two hours: a zone may skip a day."""
    after = moment.replace(tzinfo=UTC)
    assert after < next_time(after, times, zone) <= after + timedelta(days=2, hours=2)


def test_the_days_of_clock_changes_in_berlin() -> None:
    """In spring 2:30 is skipped, and the photo is due at the change, at 3:00. In autumn 2:30 occurs
    twice, and the photo is due the first time."""
    berlin = ZoneInfo("Europe/Berlin")
    spring = to_utc(datetime(2026, 3, 29).date(), time(2, 30), berlin)
    assert spring == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    autumn = to_utc(datetime(2026, 10, 25).date(), time(2, 30), berlin)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 3600), min_size=1, max_size=60),
    st.integers(0, 59),
    st.floats(-20 * 3600, 20 * 3600),
    schedules,
)
def test_no_time_of_a_day_is_due_twice_when_the_clock_is_set(
    waits: list[float], stepped_at: int, step: float, times: list[time]
) -> None:
    """The clock is set once, by less than a day."""
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    schedule = DailySchedule(times, UTC, now)
    taken = []
    for number, seconds in enumerate(waits):
        now += timedelta(seconds=seconds)
        if number == stepped_at:
            now += timedelta(seconds=step)
        if schedule.is_due(now):
            due = max(
                datetime.combine(day, at, UTC)
                for day in (now.date(), now.date() - timedelta(days=1))
                for at in times
                if datetime.combine(day, at, UTC) <= now
            )
            assert now - due <= MAX_DELAY
            taken.append(due)
    assert len(taken) == len(set(taken))
    assert taken == sorted(taken)


@given(st.lists(st.floats(0.1, 300), min_size=1, max_size=200), schedules)
@settings(deadline=None)
def test_no_time_is_missed_while_the_clock_runs(waits: list[float], times: list[time]) -> None:
    """It is read every few minutes at least."""
    start = now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    schedule = DailySchedule(times, UTC, now)
    taken = 0
    for seconds in waits:
        now += timedelta(seconds=seconds)
        taken += schedule.is_due(now)
    due, instant = [], start
    while (instant := next_time(instant, times, UTC)) <= now:
        due.append(instant)
    together = sum(1 for one, other in pairwise(due) if other - one <= timedelta(minutes=5))
    assert len(due) - together <= taken <= len(due)


def test_a_clock_that_was_a_year_ahead_does_not_stop_the_schedule() -> None:
    schedule = DailySchedule([time(9)], UTC, datetime(2027, 11, 21, 8, 0, tzinfo=UTC))
    assert not schedule.is_due(datetime(2026, 11, 21, 8, 0, tzinfo=UTC))
    assert schedule.is_due(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def test_a_time_missed_by_more_than_ten_minutes_is_skipped() -> None:
    """As when the device slept; the next time is due again."""
    schedule = DailySchedule([time(9), time(12)], UTC, datetime(2026, 11, 21, 8, 0, tzinfo=UTC))
    assert not schedule.is_due(datetime(2026, 11, 21, 11, 0, tzinfo=UTC))
    assert schedule.is_due(datetime(2026, 11, 21, 12, 5, tzinfo=UTC))


def test_the_daily_trigger_fires_at_its_time_and_ends() -> None:
    """Its thread ends with it."""
    queue, is_set = TriggerQueue(), threading.Event()
    shown = iter(datetime(2026, 11, 21, 8, 59, 59, tzinfo=UTC) + n * MINUTE for n in range(10**6))
    clock = FakeClock(wall=lambda: next(shown), is_set=is_set.is_set)
    is_set.set()
    with daily_trigger((time(9),), UTC, queue, clock):
        triggering = queue.get(90)
    assert triggering is not None
    assert triggering.trigger is Trigger.SCHEDULE
    assert not [one for one in threading.enumerate() if one.name == "schedule"]


def test_ticks_keep_to_the_grid_when_each_is_late() -> None:
    """Delays do not add up, and missed ticks are skipped: the next one is on the grid."""
    clock = SlowWaits(delays=[0.0, 0.3, 0.0, 2.6, 0.1])
    six = islice(ticks(10.0, clock, clock.wait), 6)
    assert list(six) == pytest.approx([0, 10, 20.3, 30, 42.6, 50.1])

    late = SlowWaits()
    got = ticks(10.0, late, late.wait)
    assert next(got) == 0.0
    late.now = 37.0  # the machine was busy for three ticks
    assert next(got) == 40.0
    assert next(got) == 50.0


@given(
    st.floats(0.1, 1e5),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
)
def test_ticks_never_bunch(seconds: float, delays: list[float]) -> None:
    """However late each tick is, two ticks are at least one grid line apart."""
    clock = SlowWaits()
    got = ticks(seconds, clock, clock.wait)
    last = round(next(got) / seconds)
    for delay in delays:
        clock.now += delay
        line = round(next(got) / seconds)
        assert line > last
        last = line


def test_ticks_end_when_they_are_stopped() -> None:
    """`wait` returns True then."""
    assert list(ticks(10.0, SlowWaits(), lambda seconds: True)) == [0.0]


def test_the_interval_trigger_fires_at_once_and_ends() -> None:
    """The first photo comes at the start; no thread is left."""
    queue = TriggerQueue()
    with interval_trigger(3600, queue):
        triggering = queue.get()
    assert triggering is not None
    assert triggering.trigger is Trigger.SCHEDULE
    assert not [thread for thread in threading.enumerate() if thread.name == "timer"]


class SlowWaits:
    """Time that passes only in `wait`, which returns late by the next of `delays` seconds."""

    def __init__(self, delays: list[float] | None = None) -> None:
        self.now = 0.0
        self._delays: Iterator[float] = iter(delays or [])

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds + next(self._delays, 0.0)
        return False
