"""Check the rows of days once a week, remove old ones, and those of a camera that is deleted."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import groupby

from function_app.days.builder import counted_by_day
from function_app.days.day_row import COUNTED, KEPT
from function_app.days.quarter_rows import Days, parse_days, to_properties
from function_app.days.work import OvertakenError, Work, read_work
from function_app.services import Services
from function_app.storage.day_keys import (
    ALL_QUARTERS,
    DAYS,
    FIRST_DAY,
    all_quarters_key,
    day_and_camera,
    days_between,
    month_of_key,
    quarters_of,
)
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import PAGE_SIZE

MAX_FORGOTTEN = 2_000  # days of a camera: a column holds their list
_ONE_DAY = timedelta(days=1)
_MAX_ROWS = 1_000_000


def check_days(services: Services, cameras: Collection[str], now: datetime) -> None:
    """Put all days of these cameras on the list of work: those whose rows do not agree with the
    figures are built again. Raises StorageUnavailableError."""
    tomorrow = now.date() + _ONE_DAY
    read_work(services.figures.rows).add({one: Work(before=tomorrow) for one in cameras})


def rebuild_day(services: Services, camera: str, day: date) -> None:
    """Have the next run build a row of a day again, although its counts may be as before. Raises
    StorageUnavailableError."""
    read_work(services.figures.rows).add({camera: Work().with_days({day})})


def check_totals(services: Services) -> int:
    """Make the photos of all cameras by quarter hour the sums of the cameras'. Return how many
    months were wrong. One request for each month and thousand cameras. A month that another run
    writes meanwhile is left to the next check. Raises StorageUnavailableError."""
    rows, wrong = services.figures.rows, 0
    for found in rows.query(DAYS, _MAX_ROWS, *ALL_QUARTERS):
        month = month_of_key(found.key)
        todo = read_work(rows)
        total: Days = {}
        for row in rows.query(DAYS, _MAX_ROWS, *quarters_of(month)):
            for day, counts in parse_days(row.properties).items():
                total.setdefault(day, Counter()).update(counts)
        properties = to_properties(total)
        stored = rows.get(DAYS, found.key)
        if stored and (properties or {}) != stored.properties:
            try:
                todo.write({all_quarters_key(month): properties}, {})
                wrong += 1
            except OvertakenError:
                continue
    return wrong


def purge(services: Services, now: datetime) -> int:
    """Remove the rows of days before KEPT of which nothing is stored any more, and what is not a
    row. Return how many. Raises StorageUnavailableError."""
    rows, last = services.figures.rows, (now - KEPT).date() - _ONE_DAY
    after, end = FIRST_DAY, days_between(last, last)[1]
    removed = 0
    while page := rows.query(DAYS, PAGE_SIZE, after, end, [COUNTED]):
        after = page[-1].key
        for _, of_day in groupby(page, lambda row: day_and_camera(row.key)[0]):
            old = [row.key for row in of_day if not _has_photos(row.properties.get(COUNTED, ""))]
            map_parallel(lambda key: rows.remove(DAYS, key), old)
            removed += len(old)
    return removed


def forget(services: Services, camera: str, now: datetime) -> None:
    """Have the next run remove the rows of a camera that is deleted. Call it before its figures are
    removed. Raises StorageUnavailableError."""
    figures = services.figures.read({camera})
    counted = set(counted_by_day(figures[camera])) if camera in figures else set()
    recent = {now.date() + _ONE_DAY - number * _ONE_DAY for number in range(KEPT.days + 40)}
    days = sorted(counted | recent, reverse=True)[:MAX_FORGOTTEN]
    read_work(services.figures.rows).add({camera: Work(frozenset(days))})


def _has_photos(counted: str) -> bool:
    """Return whether photos or stubs of a day are stored, by the column of its row."""
    numbers = counted.split()
    return any(number != "0" for number in (*numbers[1:2], *numbers[3:4]))
