"""A session: what a browser has after its person signed in. The cookie holds `person.secret`; the
table keeps a hash of the secret, with what the person may do."""

import secrets
from datetime import datetime, timedelta

from function_app.auth import users
from function_app.auth.caller import Caller, Role, from_text, to_text
from function_app.auth.secret_hash import hash_secret
from function_app.auth.users import Person
from function_app.storage.account_keys import sessions_of
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

LENGTH = timedelta(days=14)
MOST = 1000  # that are looked at together


def begin(rows: TableStore, person: Person, now: datetime) -> str | None:
    """A new session; returns the cookie's value. Sessions that are over are cleared away.

    None if the person was removed or their epoch ended since they were read. Whoever ends sessions
    does that first, and ends those that are there afterwards: so one that is written too late to be
    found there finds the person gone or changed here, and no request needs to look at the person.
    """
    for row in rows.query(sessions_of(person.name), MOST):
        if _is_over(row, now):
            rows.remove(sessions_of(person.name), row.key)
    secret = secrets.token_urlsafe(32)
    rows.upsert(
        sessions_of(person.name),
        hash_secret(secret),
        {
            "role": person.role,
            "cameras": to_text(person.cameras),
            "until": format_time(now + LENGTH),
        },
    )
    still = users.find(rows, person.name)
    if still is None or still.epoch != person.epoch:
        rows.remove(sessions_of(person.name), hash_secret(secret))
        return None
    return f"{person.name}.{secret}"


def find(rows: TableStore, value: str, now: datetime) -> Caller | None:
    """Whose session this is, unless it is over: one read of the table."""
    name, _, secret = value.rpartition(".")
    if not name or not value.isascii() or not all(one.isalnum() or one in "._-" for one in value):
        return None
    row = rows.get(sessions_of(name), hash_secret(secret))
    if row is None or _is_over(row, now):
        return None
    role = Role(row.properties["role"])
    cameras = from_text(row.properties["cameras"])
    return Caller(name, role.scopes, cameras, session=row.key, root=name)


def end(rows: TableStore, caller: Caller) -> None:
    """End this one."""
    if caller.session:
        rows.remove(sessions_of(caller.name), caller.session)


def end_all(rows: TableStore, name: str) -> int:
    """End all sessions of a person; returns how many there were."""
    ended, after = 0, ""
    while found := rows.query(sessions_of(name), MOST, after):
        for row in found:
            rows.remove(sessions_of(name), row.key)
        ended, after = ended + len(found), found[-1].key
    return ended


def _is_over(row: Entity, now: datetime) -> bool:
    return parse_time(row.properties["until"]) <= now
