"""Photos by quarter hour (UTC), a row for each camera and month, and one for all cameras: from them
follow the days and hours of every time zone. That of a camera is stored twice, with the month first
in its key and with the camera first, so that a month of some cameras, and a year of one, is a range
of rows each.

The row of a month has also the last day of the month before and the first of the next one, so that
one row is enough in any zone.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

Days = dict[date, Counter[int]]
"""The photos of each quarter hour that has any, by its number from 0 to 95, by day (UTC)."""

_COLUMN = "d%Y%m%d"  # such as d20261128: `37:2 38:1` for two photos from 9:15 on, and one later
_ONE_DAY = timedelta(days=1)


def month_of(day: date) -> str:
    """Return the month of a day, such as 2026-11."""
    return day.isoformat()[:7]


def months_with(day: date) -> set[str]:
    """Return the months whose rows have this day."""
    return {
        month_of(day + step)
        for step in (-_ONE_DAY, timedelta(0), _ONE_DAY)
        if date.min + _ONE_DAY < day < date.max - _ONE_DAY or not step
    }


def parse_days(properties: Mapping[str, str]) -> Days:
    """Return the counts in a row, without days that somebody changed by hand: a repair corrects
    them."""
    days: Days = {}
    for column, text in properties.items():
        try:
            day = datetime.strptime(column, _COLUMN).date()
            days[day] = Counter(parse_text(text))
        except ValueError:
            continue
    return days


def to_properties(days: Mapping[date, Mapping[int, int]]) -> dict[str, str] | None:
    """Return the columns of a row, one for each day that has photos; None if none has."""
    columns = {day.strftime(_COLUMN): to_text(counts) for day, counts in sorted(days.items())}
    return {column: text for column, text in columns.items() if text} or None


def to_text(counts: Mapping[int, int]) -> str:
    """Return the counts of a day as a column has them."""
    return " ".join(f"{quarter}:{count}" for quarter, count in sorted(counts.items()) if count > 0)


def parse_text(text: str) -> dict[int, int]:
    """Return the counts that `to_text` described. Raises ValueError."""
    pairs = (pair.split(":") for pair in text.split())
    return {int(quarter): int(count) for quarter, count in pairs}


def replaced(days: Days, day: date, counts: Mapping[int, int]) -> Days:
    """Return the counts in which those of this day are these."""
    return {**days, day: Counter(counts)}


def moved(all_days: Days, day: date, old: Mapping[int, int], new: Mapping[int, int]) -> Days:
    """Return the counts of all cameras after those of one changed from `old` to `new` on a day."""
    counts = Counter(all_days.get(day, Counter()))
    counts.update(new)
    counts.subtract(old)
    return {**all_days, day: +counts}
