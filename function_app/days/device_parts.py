"""The part of each camera's row that its device determines, for the days on which it changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from function_app.days.day_row import KEPT, Source, start_of_day
from function_app.days.device_runs import DeviceRun
from function_app.days.sources import (
    Sources,
    bounds,
    changes_since,
    first_changed_day,
    moment_of,
    runs_in,
)
from function_app.devices.conditions import Change
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import TableStore

_ONE_DAY = timedelta(days=1)

Key = tuple[date, str]
"""A day and a camera."""


class Part(NamedTuple):
    """What a device says of a day: see DayRow. `runs` is None if they are as they were."""

    source: Source
    runs: list[DeviceRun] | None
    settled: int
    heard: int


@dataclass(frozen=True, slots=True)
class _Camera:
    """A camera, the day of its last row and what that was derived from, and what its device says
    now."""

    name: str
    last_day: date
    before: Source
    source: Source

    @property
    def same_device(self) -> bool:
        return self.before.device == self.source.device

    @property
    def conditions_changed(self) -> bool:
        return self.before.conditions != self.source.conditions

    @property
    def heard_before(self) -> datetime | None:
        """When the last heartbeat came that the row knows of."""
        return moment_of(self.before.received_at)

    def changes_from(self, today: date) -> datetime | None:
        """Return since when changes have to be read; None if none have to be."""
        if not self.source.device:
            return None
        if self.conditions_changed and self.same_device and self.heard_before:
            return self.heard_before
        if self.conditions_changed or self.last_day < today:
            return start_of_day(min(self.last_day + _ONE_DAY, today))
        return None


def changed_parts(
    devices: TableStore,
    sources: Sources,
    last_rows: Mapping[str, tuple[date, Source]],
    cameras: Collection[str],
    today: date,
) -> dict[Key, Part]:
    """Return the parts that differ from those in the rows. `last_rows` has the day of each camera's
    last row and what that was derived from; a camera without gets today's part. Two requests for
    each device whose cameras' conditions changed, or at the first run of a day. Raises
    StorageUnavailableError."""
    known = [
        _Camera(name, *last_rows.get(name, (today, Source())), sources.of(name))
        for name in sorted(cameras)
    ]
    since: dict[str, datetime] = {}
    for one in known:
        at = one.changes_from(today)
        if one.name not in last_rows and one.source.device:
            at = start_of_day(today)
        if at:
            since[one.source.device] = min(at, since.get(one.source.device, at))
    changes = map_parallel(
        lambda device: changes_since(devices, sources.devices[device], since[device]), since
    )
    parts: dict[Key, Part] = {}
    for one in known:
        own = changes.get(one.source.device, [])
        days = _days(one, own, today) if one.name in last_rows else {today: True}
        for day, has_new_conditions in days.items():
            runs = runs_in(own, one.name, day) if has_new_conditions else None
            parts[day, one.name] = Part(one.source, runs, *bounds(one.source, day))
    return parts


def _days(camera: _Camera, changes: Sequence[Change], today: date) -> dict[date, bool]:
    """Return the days on which a camera's part changed, and of each whether its conditions did."""
    days: dict[date, bool] = {}
    before, now, heard = camera.before, camera.source, camera.heard_before
    was_settled, is_settled = moment_of(before.settled_until), moment_of(now.settled_until)
    if before != now and camera.same_device and heard:
        days |= dict.fromkeys(_range(heard.date(), today), False)
        if was_settled and is_settled:
            settled = _range(was_settled.date(), min(is_settled.date(), today))
            days |= dict.fromkeys(settled, False)
    if camera.conditions_changed:
        first = first_changed_day(changes, heard) if camera.same_device and heard else today
        days |= dict.fromkeys(_range(first, today), True)
    days |= dict.fromkeys(_range(camera.last_day + _ONE_DAY, today), True)
    return {day: changed for day, changed in days.items() if today - KEPT <= day <= today}


def _range(first: date, last: date) -> list[date]:
    return [first + number * _ONE_DAY for number in range((last - first).days + 1)]
