"""Times of day and armed hours, across time zones, DST changes, midnight and clock steps."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.arming import Window, is_armed, read_windows
from pi_uploader.triggers.daily_schedule import (
    LATEST,
    Schedule,
    at_times,
    instant_of,
    next_time,
    read_times,
)
from tests.support.fake_clock import FakeClock

MINUTE = timedelta(minutes=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # left out a whole day at the end of 2011
    "Africa/Casablanca",  # summer time but for Ramadan
    "Asia/Kathmandu",  # 5:45 from UTC
    "America/St_Johns",  # changed at one minute past midnight
]
DAYS_OF_CHANGE = [
    datetime(2026, 3, 29, tzinfo=UTC),  # Berlin
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC),  # Lord Howe
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC),  # Apia
    datetime(2026, 2, 15, tzinfo=UTC),  # Casablanca
    datetime(2010, 3, 14, tzinfo=UTC),  # St John's
]

zones = st.sampled_from(ZONES).map(ZoneInfo)
times_of_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))
schedules = st.lists(times_of_day, min_size=1, max_size=4, unique=True).map(sorted)
moments = st.builds(
    lambda day, minutes: day + minutes * MINUTE,
    st.sampled_from(DAYS_OF_CHANGE),
    st.integers(-24 * 60, 48 * 60),
)


def minute_by_minute(
    start: datetime, minutes: int, times: list[time], zone: ZoneInfo
) -> Iterator[datetime]:
    """The instants at which a photo is due, found by looking at the wall clock each minute: it
    passes a time, or jumps over it, for the first time."""
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


@settings(max_examples=150, deadline=None)
@given(moments, schedules, zones)
def test_a_photo_is_due_whenever_the_wall_clock_says_so(
    start: datetime, times: list[time], zone: ZoneInfo
) -> None:
    """Once a day each, whatever the clocks do that day; compared with a slow look each minute."""
    minutes = 30 * 60
    expected = list(minute_by_minute(start, minutes, times, zone))
    found, instant = [], start
    while (instant := next_time(instant, times, zone)) <= start + minutes * MINUTE:
        found.append(instant)
    assert found == expected


@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)), schedules, zones)
def test_the_next_time_is_always_later(moment: datetime, times: list[time], zone: ZoneInfo) -> None:
    """And never farther than two days, in which a day may have been left out."""
    after = moment.replace(tzinfo=UTC)
    assert after < next_time(after, times, zone) <= after + timedelta(days=2, hours=2)


def test_the_days_of_change_in_berlin() -> None:
    """Half past two is left out in spring: the photo comes when the clocks jump, at three. In
    autumn it is shown twice and taken once, the first time."""
    berlin = ZoneInfo("Europe/Berlin")
    spring = instant_of(datetime(2026, 3, 29).date(), time(2, 30), berlin)
    assert spring == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    autumn = instant_of(datetime(2026, 10, 25).date(), time(2, 30), berlin)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# --- a clock that is set in between


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 3600), min_size=1, max_size=60),
    st.integers(0, 59),
    st.floats(-20 * 3600, 20 * 3600),
    schedules,
)
def test_no_time_of_a_day_is_taken_twice_whatever_the_clock_does(
    waits: list[float], stepped_at: int, step: float, times: list[time]
) -> None:
    """The clock runs, is looked at now and then, and is set once, by less than a day."""
    now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    schedule = Schedule(times, UTC, now)
    taken = []
    for number, seconds in enumerate(waits):
        now += timedelta(seconds=seconds)
        if number == stepped_at:
            now += timedelta(seconds=step)
        if schedule.look(now):
            due = max(
                datetime.combine(day, at, UTC)
                for day in (now.date(), now.date() - timedelta(days=1))
                for at in times
                if datetime.combine(day, at, UTC) <= now
            )
            assert now - due <= LATEST
            taken.append(due)
    assert len(taken) == len(set(taken))
    assert taken == sorted(taken)


@given(st.lists(st.floats(0.1, 300), min_size=1, max_size=200), schedules)
@settings(deadline=None)
def test_no_time_is_missed_while_the_clock_is_looked_at(
    waits: list[float], times: list[time]
) -> None:
    """Every few minutes at least."""
    start = now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    schedule = Schedule(times, UTC, now)
    taken = 0
    for seconds in waits:
        now += timedelta(seconds=seconds)
        taken += schedule.look(now)
    due, instant = [], start
    while (instant := next_time(instant, times, UTC)) <= now:
        due.append(instant)
    together = sum(1 for one, other in pairwise(due) if other - one <= timedelta(minutes=5))
    assert len(due) - together <= taken <= len(due)


def test_a_clock_that_was_a_year_ahead_does_not_stop_the_photos() -> None:
    schedule = Schedule([time(9)], UTC, datetime(2027, 11, 21, 8, 0, tzinfo=UTC))
    assert not schedule.look(datetime(2026, 11, 21, 8, 0, tzinfo=UTC))
    assert schedule.look(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def test_a_time_that_is_long_over_is_not_made_up_for() -> None:
    """The device slept; the next photo is the next one."""
    schedule = Schedule([time(9), time(12)], UTC, datetime(2026, 11, 21, 8, 0, tzinfo=UTC))
    assert not schedule.look(datetime(2026, 11, 21, 11, 0, tzinfo=UTC))
    assert schedule.look(datetime(2026, 11, 21, 12, 5, tzinfo=UTC))


def test_the_thread_triggers_when_the_time_comes_and_ends() -> None:
    """It waits for the clock to be set, and looks at it again and again."""
    queue, is_set = TriggerQueue(), threading.Event()
    shown = iter(datetime(2026, 11, 21, 8, 59, 59, tzinfo=UTC) + n * MINUTE for n in range(10**6))
    clock = FakeClock(wall=lambda: next(shown), is_set=is_set.is_set)
    is_set.set()
    with at_times((time(9),), UTC, queue, clock):
        triggering = queue.get(90)
    assert triggering is not None
    assert triggering.trigger is Trigger.SCHEDULE
    assert not [one for one in threading.enumerate() if one.name == "schedule"]


@pytest.mark.parametrize("text", ["9", "24:00", "09:60", "noon", "09:00;12:00", "09:00,", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        read_times(text)


def test_times_are_read_in_any_order() -> None:
    assert read_times("18:00, 9:00,12:00") == (time(9), time(12), time(18))
    assert read_times("off") == ()


# --- armed hours


@given(times_of_day, times_of_day, moments, zones)
def test_a_window_is_armed_from_its_start_to_its_end(
    start: time, end: time, now: datetime, zone: ZoneInfo
) -> None:
    """Going round the wall clock's face minute by minute from the start, the end comes later."""
    if start == end:
        return
    shown = now.astimezone(zone)
    minutes = [one.hour * 60 + one.minute for one in (start, shown.time(), end)]
    since_start, length = ((one - minutes[0]) % 1440 for one in minutes[1:])
    assert is_armed(now, [Window(start, end)], zone) == (since_start < length)


@given(moments, zones)
def test_a_window_and_the_rest_of_the_day_are_always_armed(now: datetime, zone: ZoneInfo) -> None:
    windows = read_windows("22:00-06:00, 06:00-22:00")
    assert is_armed(now, windows, zone)
    assert sum(is_armed(now, [one], zone) for one in windows) == 1
    assert is_armed(now, read_windows("always"), zone)


def test_a_night_on_the_day_of_change() -> None:
    """Armed overnight: the hour that is shown twice is armed twice."""
    berlin, night = ZoneInfo("Europe/Berlin"), read_windows("22:00-06:00")
    half_past_two = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [is_armed(one, night, berlin) for one in half_past_two] == [True, True]
    assert not is_armed(datetime(2026, 10, 25, 5, 0, tzinfo=UTC), night, berlin)
    assert is_armed(datetime(2026, 10, 25, 4, 59, tzinfo=UTC), night, berlin)


@pytest.mark.parametrize("text", ["night", "22:00", "22:00-", "06:00-06:00", "22:00-25:00", ""])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of hours"):
        read_windows(text)
