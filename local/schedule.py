"""NCRONTAB with seconds, in which the schedules of timer functions are written: `0 17 * * * *` is
every hour at 17 minutes past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

# Second, minute, hour, day of the month, month, day of the week (0 is Sunday).
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MAX_DAYS = 366 * 8  # until a schedule comes round, 29 February included


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field allows. A moment matches if all of its fields do."""

    fields: tuple[frozenset[int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the schedule of six fields, each with numbers, ranges and steps such as `*/5`, or
        lists of those. Raises ValueError for anything else, such as names of days."""
        parts = text.split()
        if len(parts) != len(_RANGES):
            raise ValueError(f"the schedule {text!r} has not six fields")
        pairs = zip(parts, _RANGES, strict=True)
        return cls(tuple(_parse_field(part, *limits) for part, limits in pairs))

    def next_after(self, moment: datetime) -> datetime:
        """Return the first whole second after this moment that matches. Raises ValueError if there
        is none, such as on 30 February."""
        first = moment.replace(microsecond=0) + timedelta(seconds=1)
        seconds, minutes, hours, *_ = map(sorted, self.fields)
        for days in range(_MAX_DAYS):
            day = (first + timedelta(days=days)).replace(hour=0, minute=0, second=0)
            if not self._allows_day(day):
                continue
            for hour in hours:
                for minute in minutes:
                    if day.replace(hour=hour, minute=minute, second=59) < first:
                        continue
                    for second in seconds:
                        found = day.replace(hour=hour, minute=minute, second=second)
                        if found >= first:
                            return found
        raise ValueError("the schedule never comes round")

    def _allows_day(self, day: datetime) -> bool:
        _, _, _, days, months, weekdays = self.fields
        return day.day in days and day.month in months and day.isoweekday() % 7 in weekdays


def _parse_field(text: str, lowest: int, highest: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = str(lowest), str(highest)
        elif step and not last:
            last = str(highest)
        found = range(int(first), int(last or first) + 1, int(step or 1))
        if not found or found[0] < lowest or found[-1] > highest:
            raise ValueError(f"{part!r} is not within {lowest} and {highest}")
        values.update(found)
    return frozenset(values)
