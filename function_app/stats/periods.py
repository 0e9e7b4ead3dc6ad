"""The days or weeks of which statistics show a number each."""

from datetime import date, timedelta
from typing import NamedTuple

MAX_SINGLE_DAYS = 31  # a longer time is shown by weeks
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class Period(NamedTuple):
    """The days from the first to the last."""

    first: date
    last: date


def last_periods(today: date, days: int) -> list[Period]:
    """Return the last `days`, today included: each of them, or by weeks of which the last one ends
    today and the first one may be shorter."""
    start, step = today - (days - 1) * _DAY, _DAY if days <= MAX_SINGLE_DAYS else _WEEK
    periods: list[Period] = []
    while today >= start:
        periods.append(Period(max(start, today - step + _DAY), today))
        today -= step
    return periods[::-1]


def places(periods: list[Period]) -> dict[date, int]:
    """Return in which of these periods each of their days lies."""
    return {
        one.first + number * _DAY: place
        for place, one in enumerate(periods)
        for number in range((one.last - one.first).days + 1)
    }
