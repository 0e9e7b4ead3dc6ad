"""The state of each device: its last heartbeat, in the device's row."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from function_app.auth.device_rows import (
    CameraBinding,
    KnownDevice,
    has_identity,
    parse_identity,
)
from function_app.storage.device_keys import NEW_ALERTS, STATES
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.errors import WireError
from photo_wire.heartbeat import MAX_CAMERAS, Heartbeat, parse_heartbeat
from photo_wire.moment import format_time, parse_time

# Columns of the row. The timer reads all but the heartbeat.
HEARTBEAT = "heartbeat"
RECEIVED_AT = "received_at"
OVERDUE_AT = "overdue_at"  # empty if it is never overdue
CAMERAS = "cameras"
SITE = "site"
GOODBYE = "goodbye"
PACED_UNTIL = "paced_until"  # for devices/pace.py
# What the counting timer keeps there of the rows of cameras: the cameras of other devices that the
# device wants, and as long as it has sent no heartbeat its own ones; of each as many as a heartbeat
# may name, since a column takes 32,768 characters and a key may claim more cameras than that.
WANTS, OWNS = "wants", "owns"

_MAX_DEVICES = 100_000  # more than may exist: all rows are read

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The last heartbeat of a device, and when it came. `cameras` are those that it named last: a
    device whose capture process does not answer names none. `overdue_at` is None after a
    goodbye for longer."""

    device: str
    heartbeat: Heartbeat
    received_at: datetime
    cameras: frozenset[str]
    overdue_at: datetime | None

    def is_silent(self, now: datetime) -> bool:
        """Return whether nothing came for longer than two intervals and some minutes."""
        return self.overdue_at is not None and now > self.overdue_at

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the device's row."""
        heartbeat = self.heartbeat
        return {
            HEARTBEAT: replace(heartbeat, commands=()).to_json().decode(),
            RECEIVED_AT: format_time(self.received_at),
            OVERDUE_AT: format_time(self.overdue_at) if self.overdue_at else "",
            CAMERAS: _to_text(self.cameras),
            SITE: heartbeat.site or "",
            GOODBYE: heartbeat.goodbye or "",
        }


def hour_of(moment: datetime) -> str:
    """Return the hour (UTC) of a moment, as the key of a row."""
    return f"{moment:%Y-%m-%dT%H}"


def is_first_in_hour(before: DeviceState | None, now: datetime) -> bool:
    """Return whether a heartbeat that comes now is the first of its device in this hour."""
    return before is None or hour_of(before.received_at) != hour_of(now)


def parse_state(row: Entity) -> DeviceState | None:
    """Return the state in a row; None if the device never sent a heartbeat, and, with a line in the
    log, if somebody changed the row by hand."""
    properties = row.properties
    if RECEIVED_AT not in properties:
        return None
    try:
        overdue = properties[OVERDUE_AT]
        return DeviceState(
            row.key,
            parse_heartbeat(properties[HEARTBEAT].encode()),
            parse_time(properties[RECEIVED_AT]),
            frozenset(properties[CAMERAS].split()),
            parse_time(overdue) if overdue else None,
        )
    except (KeyError, WireError) as error:
        log.warning("the state of the device %s cannot be read: %r", row.key, error)
        return None


def find(rows: TableStore, device: str) -> DeviceState | None:
    """Return the state of a device. One request. Raises StorageUnavailableError."""
    row = rows.get(STATES, device)
    return parse_state(row) if row else None


def list_devices(rows: TableStore) -> list[str]:
    """Return the names of all devices with a row. One request for each thousand. Raises
    StorageUnavailableError."""
    found = query_all(rows, STATES, (RECEIVED_AT,))
    return [row.key for row in found if row.key != NEW_ALERTS]


def read_rows(rows: TableStore, *, with_new_alerts: bool = False) -> list[Entity]:
    """Return the rows of all devices, by name, and if it is wanted that of the new alerts
    (new_alerts.py). One request for each thousand. Raises StorageUnavailableError."""
    return rows.query(STATES, _MAX_DEVICES, end="" if with_new_alerts else NEW_ALERTS)


def parse_states(
    rows: Iterable[Entity], cameras: frozenset[str] | None = None
) -> list[DeviceState]:
    """Return the states in rows of devices: of those that have one of these cameras, or of all."""
    found = rows
    if cameras is not None:  # to parse a thousand heartbeats takes longer than to read them
        found = (row for row in rows if not cameras.isdisjoint(_cameras_in(row)))
    return [state for row in found if (state := parse_state(row))]


def find_all(rows: TableStore, cameras: frozenset[str] | None = None) -> list[DeviceState]:
    """Return the states of the devices that have one of these cameras, or of all, by name. One
    request for each thousand devices that there are, since to find those of some cameras would take
    one for each. Raises StorageUnavailableError."""
    return parse_states(read_rows(rows), cameras)


def keep_bindings(
    rows: TableStore, devices: Iterable[Entity], bindings: Mapping[str, CameraBinding]
) -> None:
    """Write WANTS and OWNS into the rows of devices where they differ from the bindings of cameras;
    `devices` are all rows, with these columns and RECEIVED_AT. No request if nothing has changed,
    else two for each device. A row that cannot be written is logged and stays as it is. The next
    run writes that, and what another request has changed meanwhile."""
    owned: defaultdict[str, set[str]] = defaultdict(set)
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for camera, binding in bindings.items():
        owned[binding.device].add(camera)
        wanted[binding.wanted_by].add(camera)
    changed: dict[str, dict[str, str]] = {}
    for device in devices:
        own = set() if RECEIVED_AT in device.properties else owned[device.key]
        kept = {WANTS: _first_cameras(wanted[device.key]), OWNS: _first_cameras(own)}
        if any(device.properties.get(name, "") != text for name, text in kept.items()):
            changed[device.key] = kept

    def write(device: str) -> None:
        try:
            if row := rows.get(STATES, device):
                rows.replace(STATES, row, {**row.properties, **changed[device]})
        except StorageUnavailableError as error:
            log.warning("which cameras the device %s has or wants is not kept: %s", device, error)

    map_parallel(write, changed)


def kept_devices(rows: Iterable[Entity]) -> dict[str, KnownDevice]:
    """Return the devices with a key in these rows, by name, as `keep_bindings` has kept them; of
    those that have sent a heartbeat the cameras that it named."""
    return {
        row.key: KnownDevice(
            frozenset(row.properties.get(CAMERAS, row.properties.get(OWNS, "")).split()),
            bool(row.properties.get(WANTS) or parse_identity(row).waiting),
        )
        for row in rows
        if has_identity(row)
    }


def _to_text(cameras: Iterable[str]) -> str:
    return " ".join(sorted(cameras))


def _first_cameras(cameras: Iterable[str]) -> str:
    return _to_text(sorted(cameras)[:MAX_CAMERAS])


def _cameras_in(row: Entity) -> list[str]:
    return row.properties.get(CAMERAS, "").split()
