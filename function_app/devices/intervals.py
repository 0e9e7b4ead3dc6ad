"""The intervals in which a device and its cameras were silent, disarmed, failing, quiet or unknown.

Each row of the partition `intervals~DEVICE` is a change: the labels of all cameras from a moment on
until the next row's, so there is no gap and no interval without an end
(docs/decisions/0073-intervals-are-changes.md). The keys count down: the newest row is first.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from function_app.devices import silence
from function_app.devices.backend_runs import read_runs
from function_app.devices.conditions import (
    BACKEND_DOWN,
    Change,
    Label,
    State,
    label_of_all,
    labels_of,
)
from function_app.devices.history import devices_of_turn
from function_app.devices.silence import WatchedDevice
from function_app.services import Services
from function_app.storage.device_keys import intervals_of
from function_app.storage.row_keys import count_down
from function_app.storage.table_store import PAGE_SIZE, TableStore, remove_all
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.heartbeat import Heartbeat
from photo_wire.moment import format_time, parse_time, to_milliseconds

INTERVALS_TTL = timedelta(days=400)
MAX_CHANGES = 10_000  # of a device in a range that is read
_MILLISECOND = timedelta(milliseconds=1)
_AT, _LABELS = "at", "labels"  # columns


class TooManyChangesError(Exception):
    """A device changed its state more often than MAX_CHANGES in a range."""


def update(
    services: Services,
    device: str,
    before: Mapping[str, str],
    heartbeat: Heartbeat,
    now: datetime,
) -> dict[str, str]:
    """Write what changed with this heartbeat, which came at `now`. Return what the device's row in
    STATES has of that from now on; `before` are its properties, empty if there is none.

    It sends no request if nothing changed, one if something did, and two if the device was overdue
    and no timer has found that. It may be repeated. Raises StorageUnavailableError.
    """
    now, labels = to_milliseconds(now), labels_of(heartbeat)
    known = silence.parse_row(device, before) if silence.LABELS in before else None
    last_silence = known.silence if known else None
    changes = {}
    if before.get(silence.LABELS) != labels:
        changes[now] = labels
    if last_silence and last_silence.ended_at is None:
        last_silence = last_silence.ended(now, heartbeat)
        changes[now] = labels
    elif known and (gap := _unfound_gap(services, known, now)):
        changes |= {known.received_at: label_of_all(gap), now: labels}
    if changes:
        write_changes(services.devices, device, changes)
    return {
        silence.CAMERA: next(iter(heartbeat.cameras), before.get(silence.CAMERA, BACKEND)),
        silence.LABELS: labels,
        **silence.silence_columns(last_silence),
    }


def _unfound_gap(services: Services, known: WatchedDevice, now: datetime) -> Label | None:
    """Return what the cameras were since the last heartbeat, if the device was overdue and no timer
    has found that; None if it was not overdue. A backend that was down says nothing about it."""
    if known.overdue_at is None or known.overdue_at >= now:
        return None
    awake_since = read_runs(services.accounts).awake_since(now)
    due = silence.overdue_since(known.received_at, known.overdue_at, awake_since)
    return silent_label(known.goodbye) if due < now else BACKEND_DOWN


def silent_label(goodbye: str) -> Label:
    """Return the label of a camera whose device is silent, and said this goodbye, if any."""
    return Label(State.SILENT, goodbye or None)


def write_changes(devices: TableStore, device: str, changes: Mapping[datetime, str]) -> None:
    """Write the labels (JSON) that a device's cameras have from these moments on."""
    rows = {count_down(at): {_AT: format_time(at), _LABELS: text} for at, text in changes.items()}
    devices.upsert_all(intervals_of(device), rows)


def read_changes(devices: TableStore, device: str, start: datetime, end: datetime) -> list[Change]:
    """Return the changes of a device in a range, the oldest first, the last one before it
    included. It takes one request for that, and one for each thousand changes, at most ten. Raises
    TooManyChangesError."""
    partition = intervals_of(device)
    changes = devices.query(partition, 1, count_down(start + _MILLISECOND))
    after, first = count_down(end), count_down(start)
    newer = []
    while page := devices.query(partition, PAGE_SIZE, after, first):
        newer += page
        if len(page) < PAGE_SIZE:
            break
        if len(newer) >= MAX_CHANGES:
            raise TooManyChangesError
        after = page[-1].key
    return [
        Change(parse_time(row.properties[_AT]), row.properties[_LABELS])
        for row in (*changes, *reversed(newer))
    ]


def purge(devices: TableStore, now: datetime) -> int:
    """Remove the changes older than INTERVALS_TTL, except for the last of them, of each device
    whose turn it is in this hour. Return how many."""
    count = 0
    for partition in map(intervals_of, devices_of_turn(devices, now)):
        after = count_down(now - INTERVALS_TTL)
        if last := devices.query(partition, 1, after):
            count += remove_all(devices, partition, after=last[0].key)
    return count
