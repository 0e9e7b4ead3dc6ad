"""What is stored of a device's key, and of the device that takes a camera's photos."""

import json
import logging
from datetime import datetime
from typing import NamedTuple

from function_app.storage.table_store import Entity
from photo_wire.moment import EPOCH, format_time, parse_time, to_milliseconds

MAX_WAITING_KEYS = 3  # of a device
MAX_REJECTED = 20  # remembered of a device or a camera, so that they do not wait again
MAX_REPLACED_KEYS = 3  # remembered of a device, the last ones
IDENTITY_COLUMNS = (
    *("key", "counter", "first_seen", "waiting", "rejected", "replaced", "alerted_at"),
)

log = logging.getLogger(__name__)


class WaitingKey(NamedTuple):
    """A key (base64url) that asked to speak for a device, since when, and the counter below that of
    its first request."""

    key: str
    since: datetime
    counter: int


class ReplacedKey(NamedTuple):
    """A key (base64url) that was a device's own until an owner approved another one."""

    key: str
    until: datetime


class DeviceIdentity(NamedTuple):
    """A device's public key (base64url) and the mark: the highest counter of a heartbeat or an
    alert of its. `rejected` are keys that an owner rejected, `replaced` those that were its own
    before, `alerted_at` is when the last alert of a waiting key was raised."""

    device: str
    key: str
    counter: int
    first_seen: datetime
    waiting: tuple[WaitingKey, ...] = ()
    rejected: tuple[str, ...] = ()
    alerted_at: datetime | None = None
    replaced: tuple[ReplacedKey, ...] = ()

    def with_key(self, approved: WaitingKey, now: datetime) -> "DeviceIdentity":
        """Return the identity once an owner has approved this key: the one before is remembered."""
        others = tuple(one for one in self.replaced if one.key not in (self.key, approved.key))
        own = (ReplacedKey(self.key, to_milliseconds(now)),) if self.key else ()
        replaced = (*others, *own)[-MAX_REPLACED_KEYS:]
        return self._replace(key=approved.key, counter=approved.counter, replaced=replaced)

    def own_until(self, key: str) -> datetime | None:
        """Return until when this key was the device's own; None if it never was."""
        return next((one.until for one in self.replaced if one.key == key), None)

    def has_recorded(self, key: str) -> bool:
        """Return whether a request with this key changes nothing any more."""
        waits = any(one.key == key for one in self.waiting)
        is_full = len(self.waiting) >= MAX_WAITING_KEYS
        return key == self.key or waits or is_full or key in self.rejected

    def to_properties(self) -> dict[str, str]:
        """Return IDENTITY_COLUMNS of the device's row, which has the last heartbeat, too."""
        waiting = [[one.key, format_time(one.since), one.counter] for one in self.waiting]
        return {
            "key": self.key,
            "counter": str(self.counter),
            "first_seen": format_time(self.first_seen),
            "waiting": json.dumps(waiting),
            "rejected": " ".join(self.rejected),
            "replaced": json.dumps([[one.key, format_time(one.until)] for one in self.replaced]),
            "alerted_at": format_time(self.alerted_at) if self.alerted_at else "",
        }


def has_identity(row: Entity) -> bool:
    """Return whether a device's row has its key."""
    return "key" in row.properties


def parse_identity(row: Entity) -> DeviceIdentity:
    """Return the identity in a row. One that somebody changed by hand has no key: its device goes
    on uploading, and its key waits for an owner."""
    properties = row.properties
    try:
        waiting = json.loads(properties["waiting"])
        replaced = json.loads(properties.get("replaced") or "[]")  # versions up to 0.1.0: none
        return DeviceIdentity(
            row.key,
            properties["key"],
            int(properties["counter"]),
            parse_time(properties["first_seen"]),
            tuple(WaitingKey(key, parse_time(since), counter) for key, since, counter in waiting),
            tuple(properties["rejected"].split()),
            parse_time(properties["alerted_at"]) if properties["alerted_at"] else None,
            tuple(ReplacedKey(key, parse_time(until)) for key, until in replaced),
        )
    except (KeyError, TypeError, ValueError) as error:  # WireError is a ValueError
        log.warning("the key of the device %s cannot be read: %s", row.key, error)
        return DeviceIdentity(row.key, "", 0, EPOCH)


class KnownDevice(NamedTuple):
    """The cameras of a device with a key, and whether a key or a camera waits for an owner to
    decide about it."""

    cameras: frozenset[str]
    needs_decision: bool


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
