"""What the rows of days are derived from: devices and their changes, and photos by the minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from function_app.auth.device_rows import CameraBinding, parse_binding
from function_app.days.day_row import Source, first_minute, start_of_day
from function_app.days.device_runs import DeviceRun, device_runs
from function_app.days.minutes import MINUTES_A_DAY, minute_of
from function_app.devices import silence, states
from function_app.devices.conditions import Change, Condition, State, condition_in, condition_of_all
from function_app.devices.intervals import TooManyChangesError, read_changes
from function_app.storage.device_keys import CAMERAS, NEW_ALERTS, STATES
from function_app.storage.models import PhotoTimes
from function_app.storage.photo_interfaces import PhotoIndex
from function_app.storage.row_keys import View
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore, query_all
from photo_wire.errors import WireError
from photo_wire.moment import parse_time

NO_DEVICE = Source()
_ONE_DAY = timedelta(days=1)
_TOO_MANY = Condition(State.UNKNOWN, "too-many-changes")
# How far to look for the end of a silence after the day on which it began, step by step.
_STEPS = tuple(timedelta(days=days) for days in (1, 4, 16, 64, 400))


def source_of(row: Entity) -> Source:
    """Return what a device's row says. Versions before the gallery's pages wrote fewer columns."""
    columns = row.properties
    is_silent = columns.get(silence.IS_SILENT) and not columns.get(silence.UNREPORTED)
    received_at = columns.get(states.RECEIVED_AT, "")
    return Source(
        row.key,
        received_at,
        columns.get(silence.CHANGED_AT, ""),
        "yes" if is_silent else "",
        columns.get(silence.SETTLED_UNTIL) or received_at,
        "yes" if len(columns.get(states.CAMERAS, "").split()) > 1 else "",
    )


COLUMNS = (
    *(states.RECEIVED_AT, silence.CHANGED_AT, silence.IS_SILENT),
    *(silence.UNREPORTED, silence.SETTLED_UNTIL, states.CAMERAS),
    *(states.WANTS, states.OWNS),
)


@dataclass(frozen=True, slots=True)
class Sources:
    """The bindings of cameras to devices, the rows of devices, and what these say."""

    bindings: Mapping[str, CameraBinding]
    rows: Sequence[Entity]
    devices: Mapping[str, Source] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "devices", {row.key: source_of(row) for row in self.rows})

    def of(self, camera: str) -> Source:
        """Return what the row of a camera's device says; NO_DEVICE if none has it, or if that never
        reported."""
        binding = self.bindings.get(camera)
        source = self.devices.get(binding.device, NO_DEVICE) if binding else NO_DEVICE
        return source if moment_of(source.received_at) else NO_DEVICE


def read_sources(devices: TableStore) -> Sources:
    """Return what all devices say. Two requests for each thousand."""
    bindings = query_all(devices, CAMERAS)
    rows = query_all(devices, STATES, COLUMNS)
    return Sources(
        {row.key: parse_binding(row) for row in bindings if "device" in row.properties},
        [row for row in rows if row.key != NEW_ALERTS],
    )


def moment_of(text: str) -> datetime | None:
    """Return the moment in a column; None if it is empty, or if somebody changed it by hand."""
    try:
        return parse_time(text)
    except WireError:
        return None


def bounds(source: Source, day: date) -> tuple[int, int]:
    """Return before which minutes of a day it is settled and heard what a camera did."""
    first = first_minute(day)
    settled, heard = moment_of(source.settled_until), moment_of(source.received_at)
    if heard is None:
        return first, first
    ends = (minute_of(min(settled or heard, heard)), minute_of(heard))
    settled_end, heard_end = (min(max(one, first), first + MINUTES_A_DAY) for one in ends)
    return settled_end, heard_end


def changes_since(devices: TableStore, source: Source, since: datetime) -> list[Change]:
    """Return the changes of a device from the beginning of the day on that may have changed since a
    heartbeat: that of the heartbeat, or that on which the silence began that it found. The one
    before is the first. Two or four requests, one more for each thousand changes."""
    first = start_of_day(since.date())
    changes = _read(devices, source.device, first, first + 500 * _ONE_DAY)
    in_force = next((one for one in reversed(changes) if one.at <= since), None)
    if in_force and in_force.at < first and _is_silent(in_force):
        first = start_of_day(in_force.at.date())
        changes = _read(devices, source.device, first, first + 1000 * _ONE_DAY)
    return changes


def first_changed_day(changes: Sequence[Change], since: datetime) -> date:
    """Return the first day whose conditions may have changed since this heartbeat."""
    in_force = next((one for one in reversed(changes) if one.at <= since), None)
    if in_force and _is_silent(in_force):
        return min(in_force.at, since).date()
    return since.date()


def runs_of_day(devices: TableStore, source: Source, camera: str, day: date) -> list[DeviceRun]:
    """Return what a camera's device said on a day. Two requests, and more for a silence that lasts
    beyond the day."""
    if not source.device:
        return runs_in([], camera, day)
    start = start_of_day(day)
    try:
        changes = changes_in(devices, source.device, start, start + _ONE_DAY)
    except TooManyChangesError:
        changes = [Change(start, condition_of_all(_TOO_MANY))]
    return runs_in(changes, camera, day)


def changes_in(devices: TableStore, device: str, start: datetime, end: datetime) -> list[Change]:
    """As `read_changes`, and after a silence that lasts until `end` the change that ends it. Raises
    TooManyChangesError."""
    changes = read_changes(devices, device, start, end)
    for step in _STEPS if changes and _is_silent(changes[-1]) else ():
        later = [one for one in read_changes(devices, device, end, end + step) if one.at >= end]
        if later:
            return [*changes, later[0]]
        end += step
    return changes


def runs_in(changes: Sequence[Change], camera: str, day: date) -> list[DeviceRun]:
    """Return the runs of a camera on a day by these changes."""
    first = first_minute(day)
    return device_runs(changes, camera, first, first + MINUTES_A_DAY)


def _read(devices: TableStore, device: str, start: datetime, end: datetime) -> list[Change]:
    try:
        return read_changes(devices, device, start, end)
    except TooManyChangesError:
        return [Change(start, condition_of_all(_TOO_MANY))]


def _is_silent(change: Change) -> bool:
    """Return whether all cameras of a device are silent from this change on."""
    return condition_in(change.conditions, "").state is State.SILENT


def read_photos(
    index: PhotoIndex, camera: str, start: datetime, end: datetime, max_pages: int | None = None
) -> tuple[list[PhotoTimes], datetime]:
    """Return when the stored photos of a camera were taken and came, of those taken in a range,
    and the end of the part of the range that was read: all of it, or at most `max_pages` requests
    of a thousand photos."""
    view = View(camera, start, end, oldest_first=True)
    photos, is_whole = _read_times(index, view, max_pages)
    if is_whole:
        return photos, end
    last = photos[-1].name.captured_at.replace(second=0, microsecond=0)
    return photos, last + timedelta(minutes=1)


def read_stubs(index: PhotoIndex, camera: str, start: datetime, end: datetime) -> list[PhotoTimes]:
    """Return the same of all stubs in a range."""
    return _read_times(index, View(camera, start, end, oldest_first=True, stubs=True))[0]


def _read_times(
    index: PhotoIndex, view: View, max_pages: int | None = None
) -> tuple[list[PhotoTimes], bool]:
    """Return the times of a view, and whether these are all."""
    photos: list[PhotoTimes] = []
    pages = 0
    while max_pages is None or pages < max_pages:
        page = index.query_times(view, PAGE_SIZE, photos[-1].name if photos else None)
        photos += page
        pages += 1
        if len(page) < PAGE_SIZE:
            return photos, True
    return photos, False
