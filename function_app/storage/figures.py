"""The figures of each camera: its counts as the counting timer last wrote them, in one row.

Reads show figures and count nothing. They are derived: the timer writes a row whenever it differs
from what was counted (docs/decisions/0056-figures-by-a-timer.md).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from function_app.storage.errors import StorageUnavailableError
from function_app.storage.parallel import map_parallel
from function_app.storage.photo_counts import Count, PhotoCounts
from function_app.storage.row_keys import (
    FIGURES,
    camera_of_figures_key,
    figures_key,
)
from function_app.storage.table_store import MAX_CHANGES, TableStore, single_keys

MAX_CAMERAS = 100_000  # more than may exist: all rows are read
MAX_TRANSACTION = 1_500_000  # characters in a transaction, whose limit is 4 MiB
# A row may have 252 columns and 1 MiB, a column 32 Ki characters of two bytes: RECENT and this many
# years fit, whatever is in them.
MAX_YEARS = 14
# Days in RECENT. Its last is tomorrow, so that the last 60 days are in it just after midnight too.
RECENT_DAYS = 63

# The columns. RECENT has the last days (UTC) that have any of it, as JSON:
# {"2026-11-20": [photos, bytes, received, losses], ...}
# With a fifth number if there are stubs, whose bytes are among the others'.
# That of a year, such as `y2026`, has the other days of the year.
PHOTOS, SIZE, RECEIVED = "photos", "bytes", "received"
FIRST_DAY, LAST_PHOTO, LAST_CHECKED = "first_day", "last_photo", "checked"
STUBS = "stubs"  # a column only if there are some
_REQUIRED = (PHOTOS, SIZE, RECEIVED, FIRST_DAY, LAST_PHOTO)
TOTALS = (*_REQUIRED, STUBS)
RECENT = "recent"
_YEAR = "y"

log = logging.getLogger(__name__)


DayFigures = tuple[str, int, int, int, int, int]
"""A day (YYYY-MM-DD), how many of its photos are stored, their size and that of stubs in bytes, how
many photos were ever received, how many were lost, and how many stubs are stored. A thousand
cameras may have 30,000 of them: as objects of a class they take twice as long."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a camera, as their row has them. Columns that were not read must not be
    used."""

    properties: Mapping[str, str]
    is_complete: bool = field(default=True, compare=False)
    """Whether all days that have any were put into the row."""

    @property
    def is_readable(self) -> bool:
        """Whether the row has the totals, as the timer wrote them."""
        return all(column in self.properties for column in _REQUIRED) and all(
            self.properties[column].isdecimal() for column in (PHOTOS, SIZE, RECEIVED)
        )

    @property
    def total(self) -> Count:
        """The stored photos and stubs."""
        stubs = self.properties.get(STUBS, "")
        return Count(
            int(self.properties[PHOTOS]),
            int(self.properties[SIZE]),
            int(stubs) if stubs.isdecimal() else 0,
        )

    @property
    def received(self) -> int:
        """How many photos ever arrived."""
        return int(self.properties[RECEIVED])

    @property
    def first_day(self) -> str | None:
        """The first day with a stored photo."""
        return self.properties[FIRST_DAY] or None

    @property
    def last_photo(self) -> str | None:
        """The id of the last photo that exists."""
        return self.properties[LAST_PHOTO] or None

    @property
    def last_checked(self) -> str:
        """The state for which `last_photo` was looked up (maintenance/counting.py)."""
        return self.properties.get(LAST_CHECKED, "")

    def days(self, first: str = "", last: str = "~") -> list[DayFigures]:
        """Return the figures of each day that has any, from `first` to `last` (YYYY-MM-DD), in
        their order."""
        found: list[DayFigures] = []
        for column, text in self.properties.items():
            if column == RECENT or column.startswith(_YEAR):
                found += _parse(text, first, last)
        found.sort()
        return found


def _parse(text: str, first: str, last: str) -> list[DayFigures]:
    """Return the days in a column from `first` to `last`; none if it is damaged: the next count
    writes it anew. Days before `first` are not parsed if it is there itself."""
    start = text.find(f'"{first}"')
    try:
        days: dict[str, list[int]] = json.loads(f"{{{text[start:]}" if start > 0 else text)
        return [
            (day, photos, size, received, losses, *(stubs or (0,)))
            for day, (photos, size, received, losses, *stubs) in days.items()
            if first <= day <= last
        ]
    except (ValueError, TypeError, AttributeError):
        return []


def compute_figures(
    counts: PhotoCounts,
    losses: Mapping[date, int],
    last_photo: str,
    last_checked: str,
    today: date,
) -> Figures:
    """Return a camera's figures. `last_photo` may be empty. Of years that do not all fit into a row
    those nearest to `today` are kept; the totals are those of all."""
    total, none = counts.total, Count()
    first_recent = today - timedelta(days=RECENT_DAYS - 2)
    last_recent = today + timedelta(days=1)
    recent: list[str] = []
    years: defaultdict[int, list[str]] = defaultdict(list)
    for day in sorted({*counts.days, *counts.deleted, *losses}):
        count, lost = counts.days.get(day, none), losses.get(day, 0)
        received = count.photos + counts.deleted.get(day, 0)
        if received or lost or count.stubs:
            part = recent if first_recent <= day <= last_recent else years[day.year]
            numbers = [count.photos, count.size, received, lost]
            numbers += [count.stubs] if count.stubs else []
            part.append(f'"{day}":{json.dumps(numbers, separators=(",", ":"))}')
    nearest = sorted(years, key=lambda year: (abs(year - today.year), year))[:MAX_YEARS]
    properties = {
        PHOTOS: str(total.photos),
        SIZE: str(total.size),
        RECEIVED: str(counts.received),
        FIRST_DAY: str(min((day for day in counts.days if counts.days[day].photos), default="")),
        LAST_PHOTO: last_photo,
        LAST_CHECKED: last_checked,
        RECENT: _column(recent),
        **({STUBS: str(total.stubs)} if total.stubs else {}),
        **{_year_column(year): _column(years[year]) for year in sorted(nearest)},
    }
    return Figures(properties, is_complete=len(nearest) == len(years))


def _column(days: list[str]) -> str:
    return f"{{{','.join(days)}}}"


def _year_column(year: int) -> str:
    return f"{_YEAR}{year:04}"


def columns_of_days(first: date, last: date, today: date) -> list[str] | None:
    """Return the columns of the totals, and of the days from the first to the last; None for all,
    which are never more than a request may select."""
    if today - timedelta(days=RECENT_DAYS - 3) <= first and last <= today:
        return [*TOTALS, RECENT]
    years = range(first.year, last.year + 1)
    if len(years) > MAX_YEARS:
        return None
    return [*TOTALS, RECENT, *map(_year_column, years)]


def of_cameras(rows: Mapping[str, Figures]) -> dict[str, Figures]:
    """Return the figures by camera of these rows by key. A damaged row counts as missing, one with
    another key is not used: the next count corrects both."""
    return {
        camera: figures
        for key, figures in rows.items()
        if key == figures_key(camera := camera_of_figures_key(key)) and figures.is_readable
    }


class FiguresTable:
    """The rows of figures, in a partition of `rows`. All methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore) -> None:
        self.rows = rows

    def read(
        self, cameras: Collection[str] | None = None, columns: Sequence[str] | None = None
    ) -> dict[str, Figures]:
        """Return the figures of these cameras, or of all (None), as far as they were counted; of
        their columns those given, or all. One request for each thousand cameras."""
        if cameras is None:
            found = self.rows.query(FIGURES, MAX_CAMERAS, columns=columns)
        elif cameras:
            keys = single_keys(map(figures_key, cameras))
            found = self.rows.query_ranges(FIGURES, keys, columns)
        else:
            found = []
        return of_cameras({row.key: Figures(row.properties) for row in found})

    def read_rows(self) -> dict[str, Figures]:
        """Return all rows by their keys, also those that are damaged or of no camera."""
        rows = self.rows.query(FIGURES, MAX_CAMERAS)
        return {row.key: Figures(row.properties) for row in rows}

    def write(self, figures: Mapping[str, Figures]) -> set[str]:
        """Write these rows, up to 100 in a request. If that fails, write each of them alone; log
        and return the cameras whose rows could not be written."""
        failed: set[str] = set()
        batch: dict[str, Mapping[str, str]] = {}
        space = MAX_TRANSACTION
        for camera, one in figures.items():
            size = sum(map(len, one.properties.values()))
            if batch and (len(batch) == MAX_CHANGES or size > space):
                failed |= self._write(batch)
                batch, space = {}, MAX_TRANSACTION
            batch[camera] = one.properties
            space -= size
        return failed | self._write(batch)

    def _write(self, batch: Mapping[str, Mapping[str, str]]) -> set[str]:
        if not batch:
            return set()
        try:
            self.rows.upsert_all(FIGURES, {figures_key(one): batch[one] for one in batch})
        except StorageUnavailableError as error:
            log.warning("figures: %d rows are written one by one: %s", len(batch), error)
            is_written = map_parallel(lambda camera: self._write_one(camera, batch[camera]), batch)
            return {camera for camera in batch if not is_written[camera]}
        return set()

    def _write_one(self, camera: str, properties: Mapping[str, str]) -> bool:
        try:
            self.rows.upsert(FIGURES, figures_key(camera), properties)
        except StorageUnavailableError as error:
            log.warning("figures: those of %s could not be written: %s", camera, error)
            return False
        return True

    def remove(self, camera: str) -> None:
        """Remove the figures of a camera, if there are any."""
        self.remove_row(figures_key(camera))

    def remove_row(self, key: str) -> None:
        """Remove the row with this key, if there is one."""
        self.rows.remove(FIGURES, key)
