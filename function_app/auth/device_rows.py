"""What is stored of a device's key, and of the device that takes a camera's photos."""

import json
import logging
from datetime import datetime
from typing import NamedTuple

from function_app.storage.table_store import Entity
from photo_wire.moment import EPOCH, format_time, parse_time

MAX_WAITING_KEYS = 3  # of a device

log = logging.getLogger(__name__)


class WaitingKey(NamedTuple):
    """A key (base64url) that asked to speak for a device, since when, and the counter below that of
    its first request."""

    key: str
    since: datetime
    counter: int


class DeviceIdentity(NamedTuple):
    """A device's public key (base64url) and the mark: the highest counter of a heartbeat or an
    alert of its. `rejected` are keys that an owner rejected, `alerted_at` is when the last alert of
    a waiting key was raised."""

    device: str
    key: str
    counter: int
    first_seen: datetime
    waiting: tuple[WaitingKey, ...] = ()
    rejected: tuple[str, ...] = ()
    alerted_at: datetime | None = None

    def has_met(self, key: str) -> bool:
        """Return whether a request with this key changes nothing any more."""
        waits = any(one.key == key for one in self.waiting)
        is_full = len(self.waiting) >= MAX_WAITING_KEYS
        return key == self.key or waits or is_full or key in self.rejected

    def to_properties(self) -> dict[str, str]:
        """Return the device's row."""
        waiting = [[one.key, format_time(one.since), one.counter] for one in self.waiting]
        return {
            "key": self.key,
            "counter": str(self.counter),
            "first_seen": format_time(self.first_seen),
            "waiting": json.dumps(waiting),
            "rejected": " ".join(self.rejected),
            "alerted_at": format_time(self.alerted_at) if self.alerted_at else "",
        }


def parse_identity(row: Entity) -> DeviceIdentity:
    """Return the identity in a row. One that somebody changed by hand has no key: its device goes
    on uploading, and its key waits for an owner."""
    properties = row.properties
    try:
        waiting = json.loads(properties["waiting"])
        return DeviceIdentity(
            row.key,
            properties["key"],
            int(properties["counter"]),
            parse_time(properties["first_seen"]),
            tuple(WaitingKey(key, parse_time(since), counter) for key, since, counter in waiting),
            tuple(properties["rejected"].split()),
            parse_time(properties["alerted_at"]) if properties["alerted_at"] else None,
        )
    except (KeyError, TypeError, ValueError) as error:  # WireError is a ValueError
        log.warning("the key of the device %s cannot be read: %s", row.key, error)
        return DeviceIdentity(row.key, "", 0, EPOCH)


class CameraBinding(NamedTuple):
    """The device that takes a camera's photos, another one that wants to, and those that an owner
    rejected."""

    device: str
    wanted_by: str = ""
    rejected: tuple[str, ...] = ()

    def to_properties(self) -> dict[str, str]:
        """Return the camera's row."""
        rejected = " ".join(self.rejected)
        return {"device": self.device, "wanted_by": self.wanted_by, "rejected": rejected}


def parse_binding(row: Entity) -> CameraBinding:
    """Return the binding in a row."""
    properties = row.properties
    rejected = tuple(properties.get("rejected", "").split())
    return CameraBinding(properties["device"], properties.get("wanted_by", ""), rejected)
