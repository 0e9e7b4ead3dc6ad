"""Times of day and armed hours, across time zones, DST changes and midnight."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from pi_uploader.settings.times_of_day import (
    DailyHours,
    is_armed,
    parse_daily_hours,
    parse_times_of_day,
)
from tests.support.time_zones import moments, times_of_day, zones


@pytest.mark.parametrize("text", ["9", "24:00", "09:60", "noon", "09:00;12:00", "09:00,", "-1:00"])
def test_an_invalid_time_of_day_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day"):
        parse_times_of_day(text)


def test_times_are_sorted() -> None:
    assert parse_times_of_day("18:00, 9:00,12:00") == (time(9), time(12), time(18))
    assert parse_times_of_day("off") == ()


@given(times_of_day, times_of_day, moments, zones)
def test_daily_hours_run_from_their_start_to_their_end(
    start: time, end: time, now: datetime, zone: ZoneInfo
) -> None:
    """Also past midnight."""
    if start == end:
        return
    shown = now.astimezone(zone)
    minutes = [one.hour * 60 + one.minute for one in (start, shown.time(), end)]
    since_start, length = ((one - minutes[0]) % 1440 for one in minutes[1:])
    assert is_armed(now, [DailyHours(start, end)], zone) == (since_start < length)


@given(moments, zones)
def test_hours_and_the_rest_of_the_day_cover_every_time_once(now: datetime, zone: ZoneInfo) -> None:
    windows = parse_daily_hours("22:00-06:00, 06:00-22:00")
    assert is_armed(now, windows, zone)
    assert sum(is_armed(now, [one], zone) for one in windows) == 1
    assert is_armed(now, parse_daily_hours("always"), zone)


def test_a_night_with_a_clock_change() -> None:
    """The hour that occurs twice is armed twice."""
    berlin, night = ZoneInfo("Europe/Berlin"), parse_daily_hours("22:00-06:00")
    half_past_two = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [is_armed(one, night, berlin) for one in half_past_two] == [True, True]
    assert not is_armed(datetime(2026, 10, 25, 5, 0, tzinfo=UTC), night, berlin)
    assert is_armed(datetime(2026, 10, 25, 4, 59, tzinfo=UTC), night, berlin)


@pytest.mark.parametrize("text", ["night", "22:00", "22:00-", "06:00-06:00", "22:00-25:00", ""])
def test_invalid_daily_hours_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a list of hours"):
        parse_daily_hours(text)
