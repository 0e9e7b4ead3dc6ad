"""The access log: who signed in, saw, deleted, shared, and when."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network

from function_app.auth.addresses import parse_address
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_LOG, audit_key
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

FAILED = "did not sign in"


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` did `what` to `which` photo, camera, or person, from a network."""

    key: str
    at: datetime
    who: str
    what: str
    which: str
    network: str


def record(
    headers: Mapping[str, str],
    services: Services,
    who: str,
    what: str,
    which: str = "",
    now: datetime | None = None,
) -> None:
    """Add a line to the log: `who` did `what` just now, by a request with these headers."""
    now = now or datetime.now(UTC)
    properties = {
        "at": format_time(now),
        "who": who,
        "what": what,
        "which": which,
        "network": network_of(caller_address(headers, services)),
    }
    services.accesses.upsert(AUDIT_LOG, audit_key(now, secrets.token_hex(4)), properties)


def newest(rows: TableStore, count: int, after: str) -> list[Entry]:
    return [_entry(row) for row in rows.query(AUDIT_LOG, count, after)]


def network_of(address: str) -> str:
    """The network of an address: a personal address is not kept in full."""
    parsed = parse_address(address)
    if parsed is None:
        return ""
    return str(ip_network((int(parsed), 24 if parsed.version == 4 else 48), strict=False))


def caller_address(headers: Mapping[str, str], services: Services) -> str:
    """Where a request comes from; "" where no front end says it."""
    return address_in(headers, services.settings.trusted_proxies)


def address_in(headers: Mapping[str, str], proxies: int) -> str:
    """The caller's address in X-Forwarded-For, of which the last so many are by proxies that may be
    believed: the first of these is the caller's. What comes before may be anybody's invention; if
    there are fewer, somebody came past a proxy, and the first is by the one that they did not pass.
    Without proxies there is none."""
    if proxies < 1:
        return ""
    address = [one.strip() for one in headers.get("X-Forwarded-For", "").split(",")][-proxies:][0]
    if address.startswith("["):
        return address.partition("]")[0].strip("[")
    return address.partition(":")[0] if address.count(":") == 1 else address


def _entry(row: Entity) -> Entry:
    properties = row.properties
    return Entry(
        row.key,
        parse_time(properties["at"]),
        properties["who"],
        properties["what"],
        properties["which"],
        properties["network"],
    )
