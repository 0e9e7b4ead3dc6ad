"""The audit log (`/api/accesses`): who signed in, looked, deleted or shared, and when."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from function_app.auth.client_address import client_address, logged_network
from function_app.storage.account_keys import AUDIT_LOG, audit_key
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

FAILED_SIGN_IN = "did not sign in"


class AuditEntry(NamedTuple):
    """`actor` did `action` to `target` (a photo, a camera or a person), from a network. The stored
    columns are `who`, `what` and `which`."""

    key: str
    at: datetime
    actor: str
    action: str
    target: str
    network: str


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
        now = now or datetime.now(UTC)
        properties = {
            "at": format_time(now),
            "who": actor,
            "what": action,
            "which": target,
            "network": logged_network(client_address(headers, self.trusted_proxies)),
        }
        self.table.upsert(AUDIT_LOG, audit_key(now, secrets.token_hex(4)), properties)

    def newest(self, count: int, after: str) -> list[AuditEntry]:
        """Return up to `count` entries after this key, newest first; "" for the first page."""
        return [_entry(entity) for entity in self.table.query(AUDIT_LOG, count, after)]


def is_failed_sign_in(entity: Entity) -> bool:
    """Return whether a stored entry is that of a failed sign-in."""
    return entity.properties["what"] == FAILED_SIGN_IN


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
