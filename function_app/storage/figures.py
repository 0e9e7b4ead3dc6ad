"""The figures of each camera: its counts as the counting timer last wrote them, in one row.

Reads show figures and count nothing. They are derived: the timer writes a row whenever it differs
from what was counted (docs/decisions/0056-figures-by-a-timer.md).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from function_app.storage.photo_counts import Count, PhotoCounts
from function_app.storage.row_keys import (
    FIGURES,
    camera_of_figures_key,
    figures_key,
    figures_of,
)
from function_app.storage.table_store import TableStore

MAX_CAMERAS = 100_000  # more than may exist: all rows are read
MAX_ROWS = 100  # in a transaction
# Characters in a transaction, whose limit is 4 MiB, and in a row's days, whose limit is 1 MiB with
# two bytes for each character: 40 years with photos on each day.
MAX_TRANSACTION, MAX_DAYS_TEXT = 1_500_000, 400_000

# The columns. That of a year, such as `y2026`, has its days (UTC) that have any of it, as JSON:
# {"2026-11-20": [photos, bytes, received, losses], ...}
PHOTOS, SIZE, RECEIVED = "photos", "bytes", "received"
FIRST_DAY, LAST_PHOTO, LAST_CHECKED = "first_day", "last_photo", "checked"
TOTALS = (PHOTOS, SIZE, RECEIVED, FIRST_DAY, LAST_PHOTO)
_YEAR = "y"

log = logging.getLogger(__name__)


DayFigures = tuple[str, int, int, int, int]
"""A day (YYYY-MM-DD), how many of its photos are stored, their size in bytes, how many were ever
received, and how many were lost. A thousand cameras may have 30,000 of them: as objects of a class
they take twice as long."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a camera, as their row has them. Columns that were not read must not be
    used."""

    properties: Mapping[str, str]

    @property
    def total(self) -> Count:
        """The stored photos."""
        return Count(int(self.properties[PHOTOS]), int(self.properties[SIZE]))

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
        return self.properties[LAST_CHECKED]

    def days(self, first: str = "", last: str = "~") -> list[DayFigures]:
        """Return the figures of each day that has any, from `first` to `last` (YYYY-MM-DD), in
        their order."""
        columns = sorted(column for column in self.properties if column.startswith(_YEAR))
        years = (json.loads(self.properties[column]) for column in columns)
        return [
            (day, photos, size, received, losses)
            for year in years
            for day, (photos, size, received, losses) in year.items()
            if first <= day <= last
        ]


def compute_figures(
    counts: PhotoCounts, losses: Mapping[date, int], last_photo: str, last_checked: str
) -> Figures:
    """Return a camera's figures. `last_photo` may be empty. Of years that do not all fit into a row
    the latest are kept; the totals are those of all."""
    total = counts.total
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for day in sorted({*counts.days, *counts.deleted, *losses}):
        count, lost = counts.days.get(day, Count()), losses.get(day, 0)
        received = count.photos + counts.deleted.get(day, 0)
        if received or lost:
            texts[f"{_YEAR}{day.year:04}"].append(
                f'"{day}":[{count.photos},{count.size},{received},{lost}]'
            )
    properties = {
        PHOTOS: str(total.photos),
        SIZE: str(total.size),
        RECEIVED: str(counts.received),
        FIRST_DAY: str(min(counts.days, default="")),
        LAST_PHOTO: last_photo,
        LAST_CHECKED: last_checked,
    }
    space = MAX_DAYS_TEXT
    for column in sorted(texts, reverse=True):
        properties[column] = f"{{{','.join(texts[column])}}}"
        space -= len(properties[column])
        if space < 0:
            del properties[column]
            log.warning("figures: the days before %s do not fit", column.removeprefix(_YEAR))
            break
    return Figures(properties)


def columns_of_years(first: date, last: date) -> list[str]:
    """Return the columns of the totals, and of the days from the first to the last."""
    return [*TOTALS, *(f"{_YEAR}{year:04}" for year in range(first.year, last.year + 1))]


class FiguresTable:
    """The rows of figures, in a partition of `rows`. All methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore) -> None:
        self.rows = rows

    def read(
        self, cameras: Collection[str] | None = None, columns: Sequence[str] | None = None
    ) -> dict[str, Figures]:
        """Return the figures of these cameras, or of all (None), as far as they were counted; of
        their columns those given, or all. One request for each thousand cameras."""
        if cameras is not None and not cameras:
            return {}
        found = self.rows.query(FIGURES, MAX_CAMERAS, *figures_of(cameras), columns)
        by_camera = {camera_of_figures_key(row.key): Figures(row.properties) for row in found}
        return {one: by_camera[one] for one in by_camera if cameras is None or one in cameras}

    def write(self, figures: Mapping[str, Figures]) -> None:
        """Write these rows, up to 100 in a request."""
        batch: dict[str, Mapping[str, str]] = {}
        space = MAX_TRANSACTION
        for camera, one in figures.items():
            size = sum(map(len, one.properties.values()))
            if batch and (len(batch) == MAX_ROWS or size > space):
                self.rows.upsert_all(FIGURES, batch)
                batch, space = {}, MAX_TRANSACTION
            batch[figures_key(camera)] = one.properties
            space -= size
        if batch:
            self.rows.upsert_all(FIGURES, batch)

    def remove(self, camera: str) -> None:
        """Remove the figures of a camera, if there are any."""
        self.rows.remove(FIGURES, figures_key(camera))
