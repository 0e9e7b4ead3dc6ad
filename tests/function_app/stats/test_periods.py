"""The days or weeks of statistics."""

from datetime import date, timedelta

import pytest

from function_app.stats.periods import MAX_SINGLE_DAYS, last_periods, places

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize("days", [1, 7, 30, 90, 365])
def test_each_day_is_in_one_period(days: int) -> None:
    """Today in the last one, and no day too many."""
    periods = last_periods(TODAY, days)
    place_of = places(periods)
    assert list(place_of) == [TODAY - timedelta(days=number) for number in range(days)][::-1]
    assert list(place_of.values()) == sorted(place_of.values())
    assert place_of[TODAY] == len(periods) - 1
    longest = max((one.last - one.first).days + 1 for one in periods)
    assert longest == (1 if days <= MAX_SINGLE_DAYS else 7)
