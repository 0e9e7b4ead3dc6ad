"""A browser in which somebody signed in before. It has a count of wrong passwords of its own, so
that no stranger keeps its person out. Its cookie, `person.secret`, opens nothing; the table keeps a
hash of the secret."""

import secrets
from datetime import datetime, timedelta

from function_app.auth.caller import is_name
from function_app.auth.secret_hash import hash_secret
from function_app.storage.account_keys import device_cookies_of
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

LENGTH = timedelta(days=365)
MOST = 20  # of one person, each with a count of its own; a new one takes the place of the oldest


def remember(rows: TableStore, name: str, now: datetime) -> str:
    """One more of this person's; returns the cookie's value."""
    known = rows.query(device_cookies_of(name), 1000)
    known.sort(key=_until, reverse=True)
    for number, row in enumerate(known, 1):
        if number >= MOST or _until(row) <= now:
            rows.remove(device_cookies_of(name), row.key)
    secret = secrets.token_urlsafe(32)
    rows.upsert(device_cookies_of(name), hash_secret(secret), {"until": format_time(now + LENGTH)})
    return f"{name}.{secret}"


def find(rows: TableStore, name: str, value: str, now: datetime) -> str | None:
    """The key of the browser with this cookie, if this person signed in there: one read at most."""
    whose, _, secret = value.rpartition(".")
    if whose != name or not is_name(name):
        return None
    row = rows.get(device_cookies_of(name), hash_secret(secret))
    return row.key if row and _until(row) > now else None


def forget_all(rows: TableStore, name: str) -> None:
    """Whoever had a browser of this person's tries passwords as any stranger does."""
    for row in rows.query(device_cookies_of(name), 1000):
        rows.remove(device_cookies_of(name), row.key)


def _until(row: Entity) -> datetime:
    return parse_time(row.properties["until"])
