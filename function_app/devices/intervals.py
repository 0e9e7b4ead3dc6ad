"""The intervals in which a device and its cameras were silent, disarmed, failing, quiet or unknown.

Each row of the partition `intervals~DEVICE` is a change: the conditions of all cameras from a
moment on until the next row's, so there is no gap and no interval without an end
(docs/decisions/0073-intervals-are-changes.md). The keys count down: the newest row is first."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from function_app.devices import silence
from function_app.devices.backend_runs import read_runs
from function_app.devices.conditions import (
    BACKEND_DOWN,
    HEARTBEAT_MISSED,
    RESTARTED,
    Change,
    Condition,
    State,
    condition_of_all,
    conditions_of,
)
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
MARGIN = timedelta(seconds=60)  # in which a heartbeat is sent, repeated and stored
SHORT_MARGIN = timedelta(seconds=15)
_MILLISECOND = timedelta(milliseconds=1)
_AT, _CONDITIONS = "at", "labels"  # columns


class TooManyChangesError(Exception):
    """A device changed its state more often than MAX_CHANGES in a range."""


def update(
    services: Services,
    device: str,
    before: Mapping[str, str],
    heartbeat: Heartbeat,
    now: datetime,
) -> dict[str, str]:
    """Write what changed with this heartbeat, which came at `now`. Return what the device's row has
    of that from now on; `before` are its properties.

    It sends no request if nothing changed, one if something did, and two if the device was overdue
    and no timer has found that. It may be repeated. Raises StorageUnavailableError.
    """
    now, conditions = to_milliseconds(now), conditions_of(heartbeat)
    known = silence.parse_row(device, before) if silence.CONDITIONS in before else None
    last_silence = known.silence if known else None
    changes = {}
    if known and (condition := _condition_of_gap(known, before, heartbeat, now)):
        changes[known.received_at] = condition_of_all(condition)
    if changes or before.get(silence.CONDITIONS) != conditions:
        changes[now] = conditions
    if last_silence and last_silence.ended_at is None:
        last_silence = last_silence.ended(now, heartbeat)
        changes = {now: conditions}
    elif known and (gap := _unfound_gap(services, known, now)):
        changes |= {known.received_at: condition_of_all(gap), now: conditions}
    if changes:
        write_changes(services.devices, device, changes)
    return {
        silence.CAMERA: next(iter(heartbeat.cameras), before.get(silence.CAMERA, BACKEND)),
        silence.CONDITIONS: conditions,
        silence.UPTIME: "" if heartbeat.uptime is None else f"{heartbeat.uptime}",
        silence.LOSSES: "" if heartbeat.losses is None else f"{heartbeat.losses}",
        silence.CHANGED_AT: format_time(now) if changes else before.get(silence.CHANGED_AT, ""),
        silence.SETTLED_UNTIL: _settled_until(before, heartbeat, now),
        **silence.silence_columns(last_silence),
    }


def _condition_of_gap(
    known: WatchedDevice, before: Mapping[str, str], heartbeat: Heartbeat, now: datetime
) -> Condition | None:
    """Return the condition of the time since the last heartbeat if it is not what that said: the
    device was off in between, or a heartbeat was missed, so that nobody knows what the cameras did.
    Else None."""
    is_off = known.overdue_at is None  # it said that it ends
    if not is_off and _has_restarted(before, heartbeat, now - known.received_at):
        return Condition(State.SILENT, RESTARTED)
    is_missed = known.due_at is not None and now > known.due_at + MARGIN
    return HEARTBEAT_MISSED if is_missed else None


def _has_restarted(before: Mapping[str, str], heartbeat: Heartbeat, since: timedelta) -> bool:
    """Return whether the device has started since its last heartbeat, by the uptimes of both: its
    start is then later by more than the uptime was. A heartbeat may take up to MARGIN longer to
    come than the one before; right after a start SHORT_MARGIN has to do."""
    try:
        uptime = float(before.get(silence.UPTIME) or "nan")
    except ValueError:  # somebody changed the row by hand
        return False
    if heartbeat.uptime is None or math.isnan(uptime):
        return False
    later = since - timedelta(seconds=heartbeat.uptime - uptime)
    least = min(MARGIN, max(SHORT_MARGIN, timedelta(seconds=uptime)))
    return heartbeat.uptime < uptime or later > least


def _settled_until(before: Mapping[str, str], heartbeat: Heartbeat, now: datetime) -> str:
    """Return before which moment no photo waits on the device: its time, or that of the oldest one
    that does. It never goes back: what was settled once stays so, whatever a person sends again.
    While the device has more losses than at its last heartbeat, it stays: one is reported soon."""
    settled = before.get(silence.SETTLED_UNTIL, "")
    losses, known = heartbeat.losses, before.get(silence.LOSSES) or "0"
    if settled and losses and known.isdecimal() and losses > int(known):
        return settled
    oldest = heartbeat.spool.oldest if heartbeat.spool and heartbeat.spool.waiting else None
    return max(settled, format_time(min(now, oldest) if oldest else now))


def _unfound_gap(services: Services, known: WatchedDevice, now: datetime) -> Condition | None:
    """Return what the cameras were since the last heartbeat, if the device was overdue and no timer
    has found that; None if it was not overdue. A backend that was down says nothing about it."""
    if known.overdue_at is None or known.overdue_at >= now:
        return None
    awake_since = read_runs(services.accounts).awake_since(now)
    due = silence.overdue_since(known.received_at, known.overdue_at, awake_since)
    return silent_condition(known.goodbye) if due < now else BACKEND_DOWN


def silent_condition(goodbye: str) -> Condition:
    """Return the condition of a camera whose device is silent, and said this goodbye, if any."""
    return Condition(State.SILENT, goodbye or None)


def write_changes(devices: TableStore, device: str, changes: Mapping[datetime, str]) -> None:
    """Write the conditions (JSON) that a device's cameras have from these moments on."""
    rows = {
        count_down(at): {_AT: format_time(at), _CONDITIONS: text} for at, text in changes.items()
    }
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
        Change(parse_time(row.properties[_AT]), row.properties[_CONDITIONS])
        for row in (*changes, *reversed(newer))
    ]


def purge(devices: TableStore, names: Iterable[str], now: datetime) -> int:
    """Remove the changes older than INTERVALS_TTL, except for the last of them, of these devices.
    Return how many."""
    count = 0
    for partition in map(intervals_of, names):
        after = count_down(now - INTERVALS_TTL)
        if last := devices.query(partition, 1, after):
            count += remove_all(devices, partition, after=last[0].key)
    return count
