"""The list of days that are to be built, and the guard of all changes to the rows of days.

Every transaction writes the guard, on the condition that nobody changed it since it was read. So
what a run writes is derived from what it read after that, and of two runs at once one stops. A day
stays on the list until the transaction that writes its rows: a run may be killed anywhere.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from function_app.days import day_row
from function_app.days.day_row import FIRST_DAY, MALFORMED, camera_columns
from function_app.storage.day_keys import DAYS, GUARD, GUARD_AND_WORK, camera_of_work_key, work_key
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import MAX_ATTEMPTS, ConditionalUpdate, Entity, TableStore
from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time

MAX_DAYS = 40  # of a camera, one by one; more are a whole range
MAX_WAIT = timedelta(days=1)  # for losses that are counted, and not recorded
MAX_ROWS = 90  # in a transaction, with the guard
_ALL_WORK = 100_000
_RUN, AS_OF = "run", "as_of"  # columns of the guard
_DAYS, _BEFORE, _WAITING = "days", "before", "waiting"  # columns of a camera


class OvertakenError(Exception):
    """Another run changed the rows of days since this one read them."""


class Work(NamedTuple):
    """The days of a camera that are to be built: some of them; all before a day, as far as their
    rows do not agree with the figures; and those that were built since a moment without all losses
    that are counted."""

    days: frozenset[date] = frozenset()
    before: date | None = None
    waiting: Mapping[date, datetime] = {}

    @property
    def is_done(self) -> bool:
        return not (self.days or self.before or self.waiting)

    def with_days(self, days: Collection[date]) -> "Work":
        """Return the work with these days too. Of many, those nearest to today stay single."""
        newest = sorted(self.days.union(days), reverse=True)
        before = self.before
        if len(newest) > MAX_DAYS:
            rest = newest[MAX_DAYS] + timedelta(days=1)
            before = max(before, rest) if before else rest
        return self._replace(days=frozenset(newest[:MAX_DAYS]), before=before)

    def built(self, day: date, now: datetime, is_whole: bool) -> "Work":
        """Return the work after a day was built: with all losses that are counted, or not."""
        waiting = {at: since for at, since in self.waiting.items() if at != day}
        since = self.waiting.get(day, now)
        if not is_whole and now - since < MAX_WAIT and len(waiting) < MAX_DAYS:
            waiting[day] = since
        return self._replace(days=self.days - {day}, waiting=waiting)

    def to_properties(self) -> dict[str, str]:
        """Return the columns."""
        return {
            _DAYS: " ".join(map(str, sorted(self.days))),
            _BEFORE: str(self.before or ""),
            _WAITING: json.dumps({str(day): format_time(at) for day, at in self.waiting.items()}),
        }


def parse_work(row: Entity) -> Work:
    """Return the work in a row; all days if somebody changed it by hand."""
    try:
        before = row.properties[_BEFORE]
        waiting = json.loads(row.properties[_WAITING])
        return Work(
            frozenset(map(date.fromisoformat, row.properties[_DAYS].split())),
            date.fromisoformat(before) if before else None,
            {date.fromisoformat(day): parse_time(at) for day, at in waiting.items()},
        )
    except (*MALFORMED, AttributeError):
        return Work(before=date.max)


@dataclass
class WorkList:
    """The guard and the work, as they were read. All methods raise StorageUnavailableError."""

    rows: TableStore
    guard: Entity
    work: dict[str, Work]
    is_stored: set[str] = field(default_factory=set)  # cameras with a row
    first_day: str = ""  # the first one with a stored photo, if this run knows it
    cameras: Collection[str] | None = None  # all that there are, if this run knows them
    _run: str = field(default="", init=False)  # what the guard has since this list was written

    @property
    def as_of(self) -> datetime | None:
        """When a run last completed its rows; None if none ever did."""
        try:
            return parse_time(self.guard.properties.get(AS_OF, ""))
        except WireError:
            return None

    def add(self, days: Mapping[str, Work]) -> None:
        """Put the days of these cameras on the list, whoever else changes it meanwhile."""
        cameras = sorted(days)
        for start in range(0, len(cameras), MAX_ROWS):
            some = cameras[start : start + MAX_ROWS]
            for _ in range(MAX_ATTEMPTS):
                added = {one: _merged(self.work.get(one, Work()), days[one]) for one in some}
                try:
                    self.write({}, added)
                    break
                except OvertakenError:
                    fresh = read_work(self.rows)
                    self.guard, self.work = fresh.guard, fresh.work
                    self.is_stored, self._run = fresh.is_stored, ""
            else:
                raise StorageUnavailableError("other instances changed the list of days each time")

    def write(
        self,
        rows: Mapping[str, Mapping[str, str] | None],
        work: Mapping[str, Work],
        as_of: datetime | None = None,
    ) -> None:
        """Write rows of days, and what then is left to do for some cameras; `as_of` if a run has
        completed. One request, another one if this wrote already. Raises OvertakenError, and writes
        nothing, if another run wrote something since."""
        run = uuid4().hex
        if self._run:
            self._read_guard()
        moment = format_time(as_of) if as_of else self.guard.properties.get(AS_OF, "")
        others = dict(rows)
        for camera, left in work.items():
            if not left.is_done:
                others[work_key(camera)] = left.to_properties()
            elif camera in self.is_stored:
                others[work_key(camera)] = None
        before = self.guard.properties
        first_day = self.first_day or before.get(FIRST_DAY, "")
        cameras = day_row.cameras(before) if self.cameras is None else self.cameras
        guard = {_RUN: run, AS_OF: moment, FIRST_DAY: first_day, **camera_columns(cameras)}
        if not self.rows.rewrite(DAYS, ConditionalUpdate(self.guard, guard, others)):
            raise OvertakenError
        for camera, left in work.items():
            (self.is_stored.discard if left.is_done else self.is_stored.add)(camera)
            self.work[camera] = left
            if left.is_done:
                del self.work[camera]
        self._run = run

    def _read_guard(self) -> None:
        """Read the guard that this wrote, for its etag."""
        guard = self.rows.get(DAYS, GUARD)
        if guard is None or guard.properties.get(_RUN) != self._run:
            raise OvertakenError
        self.guard = guard


def read_work(rows: TableStore) -> WorkList:
    """Return the guard and the work. One request, two more the first time."""
    for _ in range(MAX_ATTEMPTS):
        found = rows.query(DAYS, _ALL_WORK, *GUARD_AND_WORK)
        if found and found[0].key == GUARD:
            work = {camera_of_work_key(row.key): parse_work(row) for row in found[1:]}
            return WorkList(rows, found[0], work, set(work))
        rows.insert(DAYS, GUARD, {_RUN: uuid4().hex, AS_OF: ""})
    raise StorageUnavailableError("the guard of the rows of days is removed each time")


def _merged(work: Work, added: Work) -> Work:
    if len(added.days) > MAX_DAYS:  # those of a camera that is deleted
        return added
    merged = work.with_days(added.days)
    befores = [one for one in (merged.before, added.before) if one]
    return merged._replace(before=max(befores, default=None))
