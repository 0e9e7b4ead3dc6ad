"""Bring the rows of days up to date: what the counting timer does each minute.

First it reads what devices say, then photos are counted: a photo that arrived before a heartbeat is
counted when the heartbeat is used. Days whose figures changed are put on the list of work before
the figures are written, so that no change is forgotten
(docs/decisions/0123-days-are-built-from-a-list.md).
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from function_app.days import quarter_rows
from function_app.days.builder import NOTHING, Built, DayBuilder, counted_by_day
from function_app.days.day_row import (
    KEPT,
    DayCounts,
    Source,
    header,
    parse_source,
)
from function_app.days.device_parts import Key, Part, changed_parts
from function_app.days.quarter_rows import Days, months_with
from function_app.days.sources import (
    Sources,
    read_sources,
)
from function_app.days.work import OvertakenError, Work, WorkList, read_work
from function_app.devices.states import keep_bindings
from function_app.services import Services
from function_app.storage.day_keys import (
    DAYS,
    all_quarters_key,
    day_and_camera,
    day_header_key,
    day_key,
    days_between,
    months_key,
    quarters_key,
)
from function_app.storage.figures import Figures
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import TableStore

RUN_SECONDS = 20.0  # after which a run begins no further transaction
# Camera-days in a transaction of 100 rows: each has a row, its work, and four rows for its months
# and two for those of all cameras if it is the first or the last day of one.
BATCH = 12
MAX_ROWS = 1_000_000
RETRY_MINUTES = 5  # a loss that was reported is recorded a moment later
BACKFILL_WITHOUT_PHOTOS = timedelta(days=31)
_ONE_DAY = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass
class DaysRun:
    """A run of the timer at `now`. After `seconds`, measured by `clock`, it leaves the rest to the
    next one. All methods raise StorageUnavailableError."""

    services: Services
    now: datetime
    todo: WorkList
    sources: Sources
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _builder: DayBuilder = field(init=False)

    def list_changed(self, changed: Mapping[str, Figures], written: Mapping[str, Figures]) -> None:
        """Put the days on the list of which the figures changed. `written` are the figures that
        were written before."""
        work = {}
        for camera, figures in changed.items():
            before: dict[date, DayCounts] = {}
            if camera in written:
                before = counted_by_day(written[camera])
            after = counted_by_day(figures)
            days = {
                day
                for day in before.keys() | after.keys()
                if before.get(day, NOTHING) != after.get(day, NOTHING)
            }
            if days:
                work[camera] = Work().with_days(days)
        if work:
            self.todo.add(work)

    def finish(self, figures: Mapping[str, Figures], cameras: Collection[str]) -> int:
        """Build what is on the list, and what devices said since the last run. `figures` are those
        of the cameras that could be counted, `cameras` all that there are. Return how many rows
        were written; if another run is at it, leave the rest to that."""
        self._builder = DayBuilder(
            self.services,
            self.now,
            self.sources,
            figures,
            cameras={*cameras, *self.sources.bindings},
            damaged=set(cameras) - figures.keys(),
        )
        self.todo.cameras = cameras
        self.todo.first_day = min(
            filter(None, (one.first_day for one in figures.values())), default=""
        )
        end, written = self.clock() + self.seconds, 0
        try:
            for count in self._steps():
                written += count
                if self.clock() >= end:
                    break
        except OvertakenError:
            log.debug("days: another run writes them")
        return written

    def _steps(self) -> Iterator[int]:
        """Write the rows; yield after each step that a later run could go on from how many."""
        yield self._write_current()
        just_built = self._builder.stored
        older = [key for key in self._due() if key not in just_built]
        for start in range(0, len(older), BATCH):
            batch = older[start : start + BATCH]
            yield self._write(batch, batch, {}, {})
        for camera in sorted(one for one, work in self.todo.work.items() if work.before):
            while self.todo.work.get(camera, Work()).before:
                yield self._build_older(camera)

    def _write_current(self) -> int:
        """Write the rows since the day of the last run, and those that devices changed; today's
        last: a camera's last row says what its device said, so a run that is killed is repeated."""
        today, last_run = self.now.date(), self.todo.as_of
        first = min(last_run.date(), today) if last_run else today
        parts = self._device_parts(first, today)
        due = {key for key in self._due() if first <= key[0] <= today or key in parts}
        keys = sorted({*parts, *due})
        headers = {day_header_key(day): header(self.now) for day in {first, today}}
        for start in range(0, max(1, len(keys)), BATCH):
            batch = keys[start : start + BATCH]
            self._write(batch, due, parts, headers if start + BATCH >= len(keys) else {})
        return len(keys)

    def _due(self) -> list[Key]:
        """Return what is on the list and to be built now, the newest first. A day that waits for
        losses to be recorded is built each five minutes."""
        is_time = self.now.minute % RETRY_MINUTES == 0
        keys = (
            (day, camera)
            for camera, work in self.todo.work.items()
            for day in (*work.days, *(work.waiting if is_time else ()))
        )
        return sorted(set(keys), key=lambda key: (-key[0].toordinal(), key[1]))

    def _device_parts(self, first: date, today: date) -> dict[Key, Part]:
        """Read the rows since the last run's day, and return what devices changed in them. A camera
        without a row is new here: all days that it has are put on the list."""
        for row in self._table.query(DAYS, MAX_ROWS, *days_between(first, today)):
            day, camera = day_and_camera(row.key)
            if camera:
                self._builder.stored[day, camera] = row.properties
        last_rows: dict[str, tuple[date, Source]] = {}
        for (day, camera), properties in sorted(self._builder.stored.items()):
            if source := parse_source(properties or {}):
                last_rows[camera] = (day, source)
        for camera in self._builder.cameras - last_rows.keys():
            work = self.todo.work.get(camera, Work())
            self.todo.work[camera] = work._replace(before=max(work.before or today, today))
        devices = self.services.devices
        return changed_parts(devices, self.sources, last_rows, self._builder.cameras, today)

    def _write(
        self,
        batch: list[Key],
        due: Collection[Key],
        parts: Mapping[Key, Part],
        headers: Mapping[str, Mapping[str, str]],
    ) -> int:
        """Build these rows and write them, and with the headers that the run is complete."""
        build = partial(self._builder.build, due=due, parts=parts)
        built = map_parallel(build, batch)
        rows = {**headers, **self._changes(built)}
        work = {camera: self.todo.work[camera] for _, camera in batch if camera in self.todo.work}
        for day, camera in batch:
            if (day, camera) in due:
                before = work.get(camera, Work())
                work[camera] = before.built(day, self.now, built[day, camera].is_whole)
        self.todo.write(rows, work, self.now if headers else None)
        return len(batch)

    def _changes(self, built: Mapping[Key, Built]) -> dict[str, Mapping[str, str] | None]:
        """Return the rows that change, with those of the months."""
        rows: dict[str, Mapping[str, str] | None] = {}
        months: dict[str, Days] = {}
        copies: dict[str, str] = {}
        stored: dict[str, bool] = {}
        needed = {
            key
            for (day, camera), one in built.items()
            if one.quarters is not None
            for month in months_with(day)
            for key in (quarters_key(month, camera), all_quarters_key(month))
        }
        for key, row in map_parallel(lambda key: self._table.get(DAYS, key), needed).items():
            months[key] = quarter_rows.parse_days(row.properties) if row else {}
            stored[key] = row is not None
        for (day, camera), one in built.items():
            properties = one.row.to_properties(day) if one.row else None
            if properties or self._builder.stored.get((day, camera)):
                rows[day_key(day, camera)] = properties
            self._builder.stored[day, camera] = properties
            for month in months_with(day) if one.quarters is not None else ():
                own, total = quarters_key(month, camera), all_quarters_key(month)
                copies[own] = months_key(camera, month)
                before, after = months[own].get(day, Counter()), one.quarters or {}
                months[own] = quarter_rows.replaced(months[own], day, after)
                months[total] = quarter_rows.moved(months[total], day, before, after)
        for key, days in months.items():
            counts = quarter_rows.to_properties(days)
            if counts or stored[key]:
                rows[key] = counts
                copy = copies.get(key)
                # Only what is there can be removed.
                if copy and (counts or self._table.get(DAYS, copy)):
                    rows[copy] = counts
        return rows

    def _build_older(self, camera: str) -> int:
        """Build some of a camera's days, the newest first, whose rows do not agree with the
        figures."""
        work = self.todo.work[camera]
        days = self._older_days(camera, work.before or self.now.date())
        some, counts = [(day, camera) for day in days[:BATCH]], self._builder.counts(camera)
        rows = map_parallel(self._builder.row, some)
        stored = {key: row.counted if (row := rows[key]) else None for key in some}
        wrong = [key for key in some if stored[key] != counts.get(key[0], NOTHING)]
        # A day without a row, and without photos, has nothing but what the device said.
        due = [key for key in wrong if stored[key] or counts.get(key[0])]
        before = some[-1][0] if len(days) > BATCH else None
        self.todo.work[camera] = work._replace(before=before)
        if wrong:
            return self._write(wrong, due, {}, {})
        self.todo.write({}, {camera: self.todo.work[camera]})
        return 0

    def _older_days(self, camera: str, before: date) -> list[date]:
        """Return the days before this one of which a camera has figures, the newest first; if it
        has a device, those since the first of these, or of a month."""
        counted, today = set(self._builder.counts(camera)), self.now.date()
        if not self.sources.of(camera).device:
            return sorted((day for day in counted if day < before), reverse=True)
        kept_from = today - KEPT
        recent = [day for day in counted if day >= kept_from]
        first = (
            min(*recent, today - BACKFILL_WITHOUT_PHOTOS)
            if recent
            else (today - BACKFILL_WITHOUT_PHOTOS)
        )
        days = counted | {first + number * _ONE_DAY for number in range((today - first).days + 1)}
        return sorted((day for day in days if day < before), reverse=True)

    @property
    def _table(self) -> TableStore:
        return self.services.figures.rows


def begin(services: Services, now: datetime) -> DaysRun:
    """Begin a run: read what is to be done, and what devices say. Three requests, one more for each
    thousand devices, cameras or cameras with work. Raises StorageUnavailableError."""
    rows = services.figures.rows
    todo, sources = read_work(rows), read_sources(services.devices)
    keep_bindings(services.devices, sources.rows, sources.bindings)
    return DaysRun(services, now, todo, sources, RUN_SECONDS)
