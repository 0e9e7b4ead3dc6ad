"""How many photos were taken on each day, and in each hour, of any time zone: by quarter hours,
since the zones of today differ from UTC by those."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from function_app.auth.caller import Caller
from function_app.days import day_row
from function_app.days.day_row import start_of_day
from function_app.days.quarter_rows import Days, month_of, parse_days
from function_app.services import Services
from function_app.storage.day_keys import (
    DAYS,
    GUARD,
    all_quarters_key,
    all_quarters_of,
    month_in,
    months_of,
    quarters_key,
)
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import TableStore, single_keys

MAX_MONTHS = 13  # that a year may touch
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Selection:
    """The cameras of which photos are counted; None for all."""

    cameras: frozenset[str] | None

    def read(self, rows: TableStore, month: str) -> list[Days]:
        """Return their photos of a month by quarter hour. One request; none if there is no
        camera."""
        if self.cameras is None:
            keys = [all_quarters_key(month)]
        else:
            keys = [quarters_key(month, camera) for camera in self.cameras]
        found = rows.query_ranges(DAYS, single_keys(keys)) if keys else []
        return [parse_days(row.properties) for row in found]

    def read_all(self, rows: TableStore, months: Sequence[str]) -> dict[str, list[Days]]:
        """Return the same of months that follow each other. One request for all cameras or one; for
        some one for each month, several at once."""
        if self.cameras is not None and len(self.cameras) != 1:
            return map_parallel(lambda month: self.read(rows, month), months)
        ends = months[0], months[-1]
        camera = next(iter(self.cameras), None) if self.cameras else None
        keys = months_of(camera, *ends) if camera else all_quarters_of(*ends)
        found = rows.query(DAYS, MAX_MONTHS + 2, *keys)
        return {month_in(row.key): [parse_days(row.properties)] for row in found}


def count_by_day(
    services: Services, caller: Caller, camera: str | None, month: str, zone: tzinfo
) -> dict[date, int]:
    """Return how many photos are stored of each day of a month such as 2026-11 that has any, in a
    time zone: of the cameras that the caller may see, or of one of them. They are as of the last
    run of the counting timer.

    One request. Raises StorageUnavailableError.
    """
    days: Counter[date] = Counter()
    found = _selection(caller, camera).read(services.figures.rows, month)
    for local, count in _in_zone(found, zone):
        if month_of(local.date()) == month:
            days[local.date()] += count
    return dict(sorted(days.items()))


class CountsOverview(NamedTuple):
    """As of when the counts are, and the first day (UTC) with a stored photo; None if it is not
    known. `cameras` are all that there were then, by name."""

    as_of: datetime | None = None
    first_day: date | None = None
    cameras: Sequence[str] = ()


def read_counts_overview(services: Services) -> CountsOverview:
    """Return what is known of the counts. One request. Raises StorageUnavailableError."""
    guard = services.figures.rows.get(DAYS, GUARD)
    if guard is None:
        return CountsOverview()
    found = guard.properties
    return CountsOverview(day_row.as_of(found), day_row.first_day(found), day_row.cameras(found))


def count_by_hour(
    services: Services,
    caller: Caller,
    camera: str | None,
    days: tuple[date, date],
    zone: tzinfo,
) -> dict[tuple[date, int], int]:
    """Return the same for each hour (0 to 23) of the days from the first to the last, up to a year.
    An hour that the end of summer time repeats is counted as one. One request for all cameras or
    one of them; for who may see several, but not all, as many as `count_by_day` for each month."""
    first, last = days
    months = _months(first, last)
    found = _selection(caller, camera).read_all(services.figures.rows, months)
    hours: Counter[tuple[date, int]] = Counter()
    for month, of_month in found.items():
        for local, count in _in_zone(of_month, zone):
            if month_of(local.date()) == month and first <= local.date() <= last:
                hours[local.date(), local.hour] += count
    return dict(sorted(hours.items()))


def _selection(caller: Caller, camera: str | None) -> _Selection:
    if camera is None:
        return _Selection(caller.cameras)
    return _Selection(frozenset({camera} if caller.may_see(camera) else ()))


def _months(first: date, last: date) -> list[str]:
    """Return the months of some days; at most MAX_MONTHS, the last ones."""
    months: list[str] = []
    while first.replace(day=1) <= last.replace(day=1) and len(months) < MAX_MONTHS:
        months.append(month_of(last))
        last = last.replace(day=1) - timedelta(days=1)
    return months[::-1]


def _in_zone(found: Iterable[Days], zone: tzinfo) -> Iterator[tuple[datetime, int]]:
    """Yield when each quarter hour with photos begins in a zone, and how many it has."""
    total: dict[date, Counter[int]] = {}
    for days in found:
        for day, counts in days.items():
            total.setdefault(day, Counter()).update(counts)
    for day, counts in total.items():
        start = start_of_day(day)
        for quarter, count in counts.items():
            yield (start + quarter * _QUARTER).astimezone(zone), count
