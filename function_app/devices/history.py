"""A few figures of each device by the hour, for a month: those of the first heartbeat in each hour.
Each row says which cameras the device then had, and so who may see it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from function_app.devices.states import CAMERAS, RECEIVED_AT, DeviceState, hour_of
from function_app.storage.device_keys import history_of
from function_app.storage.table_store import TableStore, remove_all
from photo_wire.heartbeat import known_members
from photo_wire.moment import format_time, parse_time

MAX_AGE = timedelta(days=31)
_MAX_ROWS = int(MAX_AGE / timedelta(hours=1)) + 24
FLOATS = ("temperature", "cpu", "signal")
COUNTS = ("disk_free", "memory_free", "waiting", "quarantine", "losses", "sent_this_month")


class HourFigures(NamedTuple):
    """The figures of an hour: when the heartbeat came, the cameras of the device, and the figures
    that it knew."""

    at: datetime
    cameras: frozenset[str]
    figures: dict[str, float]


def write(rows: TableStore, state: DeviceState) -> None:
    """Write the row of an hour. One request. Raises StorageUnavailableError."""
    heartbeat = state.heartbeat
    values: dict[str, Any] = known_members(heartbeat)
    values["waiting"] = heartbeat.spool.waiting if heartbeat.spool else None
    values["signal"] = heartbeat.network.signal if heartbeat.network else None
    known = {name: values.get(name) for name in (*FLOATS, *COUNTS)}
    properties = {
        RECEIVED_AT: format_time(state.received_at),
        CAMERAS: " ".join(sorted(state.cameras)),
        **{name: str(value) for name, value in known.items() if value is not None},
    }
    rows.upsert(history_of(state.device), hour_of(state.received_at), properties)


def read(
    rows: TableStore, device: str, now: datetime, first: datetime | None, last: datetime | None
) -> list[HourFigures]:
    """Return the figures of a device between two moments, the oldest first, of the last MAX_AGE at
    most. One request. Raises StorageUnavailableError."""
    begin = max(now - MAX_AGE, first) if first else now - MAX_AGE
    # A key is that of an hour's beginning: the row of the first hour comes after the one before.
    after = hour_of(begin - timedelta(hours=1))
    found = rows.query(history_of(device), _MAX_ROWS, after)
    hours = [
        HourFigures(
            parse_time(row.properties[RECEIVED_AT]),
            frozenset(row.properties[CAMERAS].split()),
            {name: float(row.properties[name]) for name in FLOATS if name in row.properties}
            | {name: int(row.properties[name]) for name in COUNTS if name in row.properties},
        )
        for row in found
    ]
    return [one for one in hours if begin <= one.at and (last is None or one.at < last)]


def purge(rows: TableStore, devices: Iterable[str], now: datetime) -> int:
    """Remove the figures of these devices that are older than MAX_AGE. Return how many rows."""
    end = hour_of(now - MAX_AGE)
    return sum(remove_all(rows, history_of(device), end) for device in devices)
