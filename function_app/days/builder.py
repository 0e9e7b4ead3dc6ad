"""Build the row of a camera and a day, of its photos, its stubs and what its device said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from function_app.days.day_row import (
    KEPT,
    DayCounts,
    DayRow,
    end_of_day,
    parse_day_row,
    start_of_day,
)
from function_app.days.device_parts import Key, Part
from function_app.days.minutes import photo_minutes, quarters
from function_app.days.sources import Sources, bounds, read_photos, read_stubs, runs_of_day
from function_app.services import Services
from function_app.storage.day_keys import DAYS, day_key
from function_app.storage.figures import Figures
from function_app.storage.models import State

NOTHING = DayCounts()
UNCOUNTED = DayCounts(-1, -1, -1, -1)


class Built(NamedTuple):
    """A camera's row of a day, None if there is nothing to keep; its photos by quarter hour, None
    if they were not read; and whether all losses that are counted were found."""

    row: DayRow | None
    quarters: Mapping[int, int] | None = None
    is_whole: bool = True


@dataclass
class DayBuilder:
    """Builds rows at the moment `now`. `figures` are those of the cameras that could be counted,
    `cameras` all that there are, `damaged` those that could not be counted. `stored` are the rows
    as they were read, or written since. All methods raise StorageUnavailableError."""

    services: Services
    now: datetime
    sources: Sources
    figures: Mapping[str, Figures]
    cameras: set[str]
    damaged: set[str]
    stored: dict[Key, Mapping[str, str] | None] = field(default_factory=dict, init=False)
    _counted: dict[str, dict[date, DayCounts]] = field(default_factory=dict, init=False)

    def build(self, key: Key, due: Collection[Key], parts: Mapping[Key, Part]) -> Built:
        """Return what to keep of a camera and a day. `due` are the rows whose photos are to be
        read, `parts` what devices changed."""
        day, camera = key
        row = self.row(key)
        if camera not in self.cameras:
            return Built(None, {})
        counted = self.counts(camera).get(day, NOTHING)
        if camera in self.damaged:
            counted = UNCOUNTED
        new = self._with_part(key, row, parts.get(key))
        if row and key not in due:
            kept = new._replace(photos=row.photos, counted=row.counted, stubs=row.stubs)
            return Built(kept)
        if key not in due and counted == NOTHING:
            return Built(new)
        start, end = start_of_day(day), end_of_day(day)
        index = self.services.index
        photos, _ = read_photos(index, camera, start, end)
        # Whether there are some is not known if the figures are damaged.
        stubs = read_stubs(index, camera, start, end) if counted.stubs else []
        states = index.query_states(camera, start, end)
        found = photo_minutes(photos, states)
        lost = sum(state is State.LOST for _, state in states)
        is_whole = counted == UNCOUNTED or lost >= counted.lost
        if not found and not stubs and day < self.now.date() - KEPT:
            return Built(None, {}, is_whole)
        built = new._replace(photos=found, counted=counted, stubs=quarters(stubs))
        return Built(built, quarters(photos), is_whole)

    def _with_part(self, key: Key, row: DayRow | None, part: Part | None) -> DayRow:
        """Return a row with what the device says: as it changed, or else as `row` has it."""
        day, camera = key
        if part is None and row:
            return row
        source = part.source if part else self.sources.of(camera)
        settled, heard = part[2:] if part else bounds(source, day)
        if part and part.runs is not None:
            return DayRow(source, part.runs, settled, heard)
        runs = row.runs if row else runs_of_day(self.services.devices, source, camera, day)
        return DayRow(source, runs, settled, heard)

    def row(self, key: Key) -> DayRow | None:
        """Return what is stored of a camera and a day."""
        if key not in self.stored:
            row = self.services.figures.rows.get(DAYS, day_key(*key))
            self.stored[key] = row.properties if row else None
        return parse_day_row(self.stored[key] or {}, key[0])

    def counts(self, camera: str) -> dict[date, DayCounts]:
        """Return what the figures say of each day of a camera."""
        if camera not in self._counted:
            figures = self.figures.get(camera)
            self._counted[camera] = counted_by_day(figures) if figures else {}
        return self._counted[camera]


def counted_by_day(figures: Figures) -> dict[date, DayCounts]:
    """Return what figures say of each day."""
    return {
        date.fromisoformat(day): DayCounts(received, photos, losses, stubs)
        for day, photos, _, received, losses, stubs in figures.days()
    }
