"""Times of day and daily hours, as the settings write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo


def parse_times_of_day(text: str) -> tuple[time, ...]:
    """Return the times in `09:00, 12:00, 18:00`, sorted; none for `off`. Raises ValueError."""
    if text == "off":
        return ()
    return tuple(sorted({parse_time_of_day(one.strip()) for one in text.split(",")}))


def parse_time_of_day(text: str) -> time:
    """Return the time in `09:00`. Raises ValueError."""
    match = re.fullmatch("([0-9]{1,2}):([0-9]{2})", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError("is not a time of day")
    return time(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class DailyHours:
    """The hours of each day from `start` up to, and without, `end`. They run past midnight if the
    end is earlier than the start."""

    start: time
    end: time

    def contains(self, time_of_day: time) -> bool:
        """Return whether a wall clock that shows this time is within the hours."""
        if self.start < self.end:
            return self.start <= time_of_day < self.end
        return time_of_day >= self.start or time_of_day < self.end


def parse_daily_hours(text: str) -> tuple[DailyHours, ...]:
    """Return the hours in `22:00-06:00, 12:00-13:00`; none for `always`. Raises ValueError."""
    if text == "always":
        return ()
    return tuple(_parse_hours(one.strip()) for one in text.split(","))


def _parse_hours(text: str) -> DailyHours:
    start, dash, end = text.partition("-")
    try:
        hours = DailyHours(parse_time_of_day(start.strip()), parse_time_of_day(end.strip()))
    except ValueError:
        raise ValueError("is not a list of hours") from None
    if not dash or hours.start == hours.end:
        raise ValueError("is not a list of hours")
    return hours


def is_armed(now: datetime, armed_hours: Sequence[DailyHours], zone: tzinfo) -> bool:
    """Return whether `now` (aware) is within one of these hours in `zone`; always if there are
    none.

    What a wall clock shows decides: an hour that a clock change shows twice is armed twice, and one
    that it skips never.
    """
    time_of_day = now.astimezone(zone).time()
    return not armed_hours or any(hours.contains(time_of_day) for hours in armed_hours)
