"""The audit log (`/api/accesses`): who signed in, looked, deleted or shared, and when."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from function_app.auth.client_address import client_address, logged_network
from function_app.storage.account_keys import AUDIT_LOG, audit_key, audit_tag
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

FAILED_SIGN_IN = "did not sign in"
SAW = "saw"  # its target is a photo
LOOKED_AT_DAY = "looked at the day of"  # its target is a camera and a day, or two days with "to"


Log = Callable[[str, str], None]
"""Records an action and its target, before it is done."""

HOUR_TAG_LENGTH = 16  # hex digits


class ActionKind(StrEnum):
    """What an action is about, to find entries by."""

    SIGN_IN = "sign-in"
    LOOK = "look"
    PHOTO = "photo"
    ACCESS = "access"  # people, tokens and shared links
    DEVICE = "device"  # and cameras
    NOTIFICATION = "notification"
    UNKNOWN = "unknown"  # of a later version


_KINDS = {
    ActionKind.SIGN_IN: (
        *("signed in", "signed in by passkey", "signed out everywhere", FAILED_SIGN_IN),
        *("gave the right password and a wrong code", "changed the password"),
        *("added an authenticator app", "removed the authenticator app"),
        *("removed the authenticator app of", "added the passkey", "removed the passkey"),
        "ended a session of",
    ),
    ActionKind.LOOK: (LOOKED_AT_DAY, "looked at", SAW, "opened"),
    ActionKind.PHOTO: (
        *("deleted", "deleted for good", "restored", "protected", "ended the protection of"),
        *("saw motion in", "cleaned up"),
    ),
    ActionKind.ACCESS: (
        *("let in", "shut out", "changed the rights of", "set a new password of"),
        *("made the token", "revoked the token", "shared", "revoked a link"),
        "took a removed camera from",
        "took photos out of",
    ),
    ActionKind.DEVICE: (
        *("removed a camera", "removed a device", "repaired", "rebuilt", "armed", "disarmed"),
        *("asked for a photo", "asked for a clip", "asked for the log", "asked for a diagnosis"),
        *("paused the uploads", "resumed the uploads", "restarted"),
        "asked to keep the frames of a photo",
    ),
    ActionKind.NOTIFICATION: (
        *("made the channel", "changed the channel", "removed the channel", "tested the channel"),
        *("switched the channels off", "still has the channels"),
    ),
}
# Older versions, and decisions about keys, have actions that name what they are about.
_DEVICE_VERBS = (
    "approved the key ",
    "rejected the key ",
    "gave the device ",
    "refused the device ",
)
KIND_OF = {action: kind for kind, actions in _KINDS.items() for action in actions}


class AuditEntry(NamedTuple):
    """`actor` did `action` to `target` (a photo, a camera or a person), from a network. The stored
    columns are `who`, `what` and `which`."""

    key: str
    at: datetime
    actor: str
    action: str
    target: str
    network: str

    @property
    def kind(self) -> ActionKind:
        """What it is about."""
        if self.action.startswith(_DEVICE_VERBS):
            return ActionKind.DEVICE
        return KIND_OF.get(self.action, ActionKind.UNKNOWN)

    @property
    def is_of_hour(self) -> bool:
        """Whether it is about the whole hour that began at its time."""
        return len(audit_tag(self.key)) == HOUR_TAG_LENGTH


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The log in its table. `trusted_proxies` says where requests hold the client's address
    (client_address.py)."""

    table: TableStore
    trusted_proxies: int = 0

    def record(
        self,
        headers: Mapping[str, str],
        actor: str,
        action: str,
        target: str = "",
        now: datetime | None = None,
    ) -> None:
        """Add an entry: `actor` did `action` to `target` just now, by a request with these headers.
        Raises StorageUnavailableError."""
        now, network = now or datetime.now(UTC), self.network_of(headers)
        entry = _properties(now, actor, action, target, network)
        self.table.upsert(AUDIT_LOG, audit_key(now, secrets.token_hex(4)), entry)

    def record_hour(
        self,
        hour: datetime,
        actor: str,
        action: str,
        network: str,
        targets: Mapping[str, str],
    ) -> None:
        """Add entries, by their tags (sixteen hex digits), in the place of those that were added
        with the same hour and tag: `actor` did `action` to these targets (100 at most) within the
        hour that began then. One request. Raises StorageUnavailableError."""
        entries = {
            audit_key(hour, tag): _properties(hour, actor, action, target, network)
            for tag, target in targets.items()
        }
        self.table.upsert_all(AUDIT_LOG, entries)

    def newest(self, count: int, after: str) -> list[AuditEntry]:
        """Return up to `count` entries after this key, newest first; "" for the first page."""
        return [_entry(entity) for entity in self.table.query(AUDIT_LOG, count, after)]

    def network_of(self, headers: Mapping[str, str]) -> str:
        """Return the network from which a request with these headers came; "" if it is not
        known."""
        return logged_network(client_address(headers, self.trusted_proxies))


def hour_of(moment: datetime) -> datetime:
    """Return when the hour of a moment began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hour_tag(*parts: str) -> str:
    """Return the tag of an entry of an hour that depends on these texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:HOUR_TAG_LENGTH]


def is_failed_sign_in(entity: Entity) -> bool:
    """Return whether a stored entry is that of a failed sign-in."""
    return entity.properties["what"] == FAILED_SIGN_IN


def _properties(at: datetime, actor: str, action: str, target: str, network: str) -> dict[str, str]:
    return {
        "at": format_time(at),
        "who": actor,
        "what": action,
        "which": target,
        "network": network,
    }


def _entry(entity: Entity) -> AuditEntry:
    properties = entity.properties
    return AuditEntry(
        entity.key,
        parse_time(properties["at"]),
        properties["who"],
        properties["what"],
        properties["which"],
        properties["network"],
    )
