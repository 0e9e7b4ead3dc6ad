"""Sessions, and the cookies of browsers in which a user signed in before.

Both cookies hold `user.secret`; the table stores a hash of the secret. A session's record says what
the user may do. A device cookie grants nothing: its browser has a count of wrong passwords of its
own, so that no stranger can lock its user out (login_throttle.py).
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth import users
from function_app.auth.caller import (
    Caller,
    Role,
    cameras_from_text,
    cameras_to_text,
    is_valid_name,
)
from function_app.auth.passwords import hash_secret
from function_app.auth.sign_in_places import Client
from function_app.auth.users import User
from function_app.storage.account_keys import device_cookies_of, sessions_of
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time

SESSION_TTL = timedelta(days=14)
DEVICE_COOKIE_TTL = timedelta(days=365)
MAX_DEVICE_COOKIES = 20  # of a user, each with a count of its own; a new one replaces the oldest
_LAST_USED_INTERVAL = timedelta(hours=1)  # a write for every use would cost more than the use


@dataclass(frozen=True, slots=True)
class Session:
    """A session on record. `used_at` is exact to the hour. It and `client` are None if they are not
    known: in records of versions that did not store them."""

    id: str
    signed_in_at: datetime
    expires_at: datetime
    used_at: datetime | None
    client: Client | None


def create(
    table: TableStore, user: User, now: datetime, client: Client | None = None
) -> str | None:
    """Create a session and return its cookie's value. Remove the user's expired sessions. `client`
    is what signed in.

    Return None if the user was removed, or their epoch changed, since they were read. Revocation
    changes the epoch first, then deletes sessions. So read the user after writing: if the epoch
    differs, delete the new session. No later request has to read the user again.
    """
    partition = sessions_of(user.name)
    for entity in table.query(partition, PAGE_SIZE):
        if _is_expired(entity, now):
            table.remove(partition, entity.key)
    secret = secrets.token_urlsafe(32)
    table.upsert(
        partition,
        hash_secret(secret),
        {
            "role": user.role,
            "cameras": cameras_to_text(user.cameras),
            "until": format_time(now + SESSION_TTL),
            "used_at": format_time(now),
            **(client._asdict() if client else {}),
        },
    )
    current = users.find(table, user.name)
    if current is None or current.epoch != user.epoch:
        table.remove(partition, hash_secret(secret))
        return None
    return f"{user.name}.{secret}"


def find(table: TableStore, cookie: str, now: datetime) -> Caller | None:
    """Return the caller whose session has this cookie; None if it expired or never existed. Takes
    one read of the table, and at most once an hour a write of when it was used."""
    name, _, secret = cookie.rpartition(".")
    is_plausible = cookie.isascii() and all(one.isalnum() or one in "._-" for one in cookie)
    if not name or not is_plausible:
        return None
    entity = table.get(sessions_of(name), hash_secret(secret))
    if entity is None or _is_expired(entity, now):
        return None
    _note_use(table, name, entity, now)
    role = Role(entity.properties["role"])
    cameras = cameras_from_text(entity.properties["cameras"])
    return Caller(name, role.scopes, cameras, session=entity.key, root=name)


def list_sessions(table: TableStore, name: str, now: datetime) -> list[Session]:
    """Return the sessions of a user that have not expired, the latest sign-in first."""
    entities = query_all(table, sessions_of(name))
    found = [_session(entity) for entity in entities if not _is_expired(entity, now)]
    return sorted(found, key=lambda one: one.signed_in_at, reverse=True)


def get(table: TableStore, name: str, session: str) -> Session | None:
    """Return the session of a user with this id, if there is one."""
    entity = table.get(sessions_of(name), session)
    return _session(entity) if entity else None


def end_one(table: TableStore, name: str, session: str) -> bool:
    """End the session of a user with this id. Return whether there was one."""
    existed = table.get(sessions_of(name), session) is not None
    table.remove(sessions_of(name), session)
    return existed


def end(table: TableStore, caller: Caller) -> None:
    """End the caller's session, if they have one."""
    if caller.session:
        table.remove(sessions_of(caller.name), caller.session)


def end_all(table: TableStore, name: str) -> int:
    """End all sessions of a user and forget their browsers. Return how many sessions there were."""
    ended, after = 0, ""
    while page := table.query(sessions_of(name), PAGE_SIZE, after):
        for entity in page:
            table.remove(sessions_of(name), entity.key)
        ended, after = ended + len(page), page[-1].key
    for entity in table.query(device_cookies_of(name), PAGE_SIZE):
        table.remove(device_cookies_of(name), entity.key)
    return ended


def remember_device(table: TableStore, name: str, now: datetime) -> str:
    """Store a new device cookie of this user and return its value. Remove expired ones, and the
    oldest if there are too many."""
    partition = device_cookies_of(name)
    known = sorted(table.query(partition, PAGE_SIZE), key=_expires_at, reverse=True)
    for number, entity in enumerate(known, 1):
        if number >= MAX_DEVICE_COOKIES or _is_expired(entity, now):
            table.remove(partition, entity.key)
    secret = secrets.token_urlsafe(32)
    expires_at = now + DEVICE_COOKIE_TTL
    table.upsert(partition, hash_secret(secret), {"until": format_time(expires_at)})
    return f"{name}.{secret}"


def find_device(table: TableStore, name: str, cookie: str, now: datetime) -> str | None:
    """Return the key of the device cookie with this value, if it is one of this user's. Takes at
    most one read of the table."""
    owner, _, secret = cookie.rpartition(".")
    if owner != name or not is_valid_name(name):
        return None
    entity = table.get(device_cookies_of(name), hash_secret(secret))
    return entity.key if entity and not _is_expired(entity, now) else None


def _note_use(table: TableStore, name: str, entity: Entity, now: datetime) -> None:
    """Write when a session was used, unless that was written within the hour. A session that ends
    at the same moment stays ended, and one that cannot be written now is valid all the same."""
    used_at = entity.properties.get("used_at")
    if used_at is None or now - parse_time(used_at) >= _LAST_USED_INTERVAL:
        with suppress(StorageUnavailableError):
            properties = {**entity.properties, "used_at": format_time(now)}
            table.replace(sessions_of(name), entity, properties)


def _session(entity: Entity) -> Session:
    properties, expires_at = entity.properties, _expires_at(entity)
    used_at, known = properties.get("used_at"), properties.keys() >= set(Client._fields)
    return Session(
        entity.key,
        expires_at - SESSION_TTL,
        expires_at,
        parse_time(used_at) if used_at else None,
        Client(*(properties[one] for one in Client._fields)) if known else None,
    )


def _is_expired(entity: Entity, now: datetime) -> bool:
    return _expires_at(entity) <= now


def _expires_at(entity: Entity) -> datetime:
    return parse_time(entity.properties["until"])
