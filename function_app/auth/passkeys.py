"""Passkeys on record: public keys by which people sign in without a name and a password.

All are in one partition, by the hash of their id: whoever signs in sends that id and no name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import PASSKEYS
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time

MAX_PASSKEYS = 10  # of a person


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of the user `name`, which they call `label`. `credential` is its id and
    `public_key` its key (COSE), both in base64url. `rp_id` is the host at which it was added, and
    alone works. `sign_count` is the authenticator's count of signatures when it was last used; many
    count none, and it stays 0."""

    name: str
    label: str
    credential: str
    public_key: str
    rp_id: str
    sign_count: int
    added_at: datetime
    used_at: datetime | None = None

    @property
    def id(self) -> str:
        """What the API calls it, and its key in the table."""
        return key_of(self.credential)

    def to_properties(self) -> dict[str, str]:
        """Return the columns of its record."""
        return {
            "name": self.name,
            "label": self.label,
            "credential": self.credential,
            "public_key": self.public_key,
            "rp_id": self.rp_id,
            "sign_count": str(self.sign_count),
            "added_at": format_time(self.added_at),
            **({"used_at": format_time(self.used_at)} if self.used_at else {}),
        }


def key_of(credential: str) -> str:
    """Return the key of the passkey with this id."""
    return hashlib.sha256(credential.encode(errors="surrogatepass")).hexdigest()


def user_handle(name: str) -> bytes:
    """Return what authenticators store as the user's id: the same for all passkeys of a person, so
    that an authenticator has one for each, and without their name (WebAuthn, 14.6.1)."""
    return hashlib.sha256(f"nightjar user {name}".encode()).digest()


def list_passkeys(table: TableStore, name: str) -> list[Passkey]:
    """Return the passkeys of a person, the oldest first."""
    found = [
        passkey_of(one) for one in query_all(table, PASSKEYS) if one.properties["name"] == name
    ]
    return sorted(found, key=lambda one: one.added_at)


def check_room(table: TableStore, name: str) -> list[Passkey]:
    """Return the passkeys of a person. Raises HTTPProblemError (409) if they may add no more."""
    found = list_passkeys(table, name)
    if len(found) >= MAX_PASSKEYS:
        raise _too_many()
    return found


def add(table: TableStore, passkey: Passkey) -> None:
    """Store a passkey. Raises HTTPProblemError (409) if it is on record already, of whomever, or if
    the person has too many; two that are added at the same moment may both be refused then."""
    properties = passkey.to_properties()
    was_inserted = table.insert(PASSKEYS, passkey.id, properties)
    # An insert that was repeated because its response was lost finds its own record.
    if not was_inserted and _properties(table.get(PASSKEYS, passkey.id)) != properties:
        raise HTTPProblemError(409, "This passkey was added already.")
    if len(list_passkeys(table, passkey.name)) > MAX_PASSKEYS:
        table.remove(PASSKEYS, passkey.id)
        raise _too_many()


def find(table: TableStore, credential: str) -> Entity | None:
    """Return the record of the passkey with this id, if there is one."""
    return table.get(PASSKEYS, key_of(credential))


def record_use(table: TableStore, entity: Entity, sign_count: int, now: datetime) -> bool:
    """Write that a passkey was used. Return False if its record was changed or removed since."""
    used = {"sign_count": str(sign_count), "used_at": format_time(now)}
    return table.replace(PASSKEYS, entity, {**entity.properties, **used})


def remove(table: TableStore, name: str, passkey_id: str) -> Passkey | None:
    """Remove the passkey of a person with this id and return it; None if there is none."""
    entity = table.get(PASSKEYS, passkey_id)
    if entity is None or entity.properties["name"] != name:
        return None
    table.remove(PASSKEYS, passkey_id)
    return passkey_of(entity)


def remove_all_of(table: TableStore, name: str) -> None:
    """Remove all passkeys of a person."""
    for one in list_passkeys(table, name):
        table.remove(PASSKEYS, one.id)


def passkey_of(entity: Entity) -> Passkey:
    """Return the passkey of a record."""
    properties = entity.properties
    used_at = properties.get("used_at")
    return Passkey(
        name=properties["name"],
        label=properties["label"],
        credential=properties["credential"],
        public_key=properties["public_key"],
        rp_id=properties["rp_id"],
        sign_count=int(properties["sign_count"]),
        added_at=parse_time(properties["added_at"]),
        used_at=parse_time(used_at) if used_at else None,
    )


def _properties(entity: Entity | None) -> Mapping[str, str] | None:
    return entity.properties if entity else None


def _too_many() -> HTTPProblemError:
    return HTTPProblemError(409, f"You have {MAX_PASSKEYS} passkeys already: remove one first.")
