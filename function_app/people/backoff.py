"""Wrong passwords cost time: for the account, and for the address they came from (of IPv6 the
network of 64 bits, since a stranger has all of its addresses); or for the open session that they
were said in, or the browser in which that person signed in before, since no stranger has those.

Kept in a table, since instances share no memory. An attempt is counted before its password is
looked at, so that many at once get no more tries than one after the other.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from function_app.people.addresses import subscriber_of
from function_app.refused import RefusedError
from function_app.storage.rows import Row, Rows
from photo_wire.moment import format_time, parse_time

FREE = 5  # attempts without a wait
# In seconds; who knows the password waits a minute.
LONGEST_WAITS = {"account": 60, "address": 900, "session": 60, "browser": 60}
FORGOTTEN = timedelta(hours=24)
PARTITION = "attempts"


def count_attempt(rows: Rows, counts: Mapping[str, str], now: datetime) -> None:
    """Count a password that is said: `counts` has who says it, by kind. Raises RefusedError (429)
    if it comes too early, and then counts it for nobody: a stranger whose address has to wait would
    go on keeping everybody else out of the account."""
    found = {kind: rows.get(PARTITION, _key(kind, whose)) for kind, whose in counts.items()}
    for kind, row in found.items():
        _check_wait(kind, row, now)
    for kind, row in found.items():
        _count(rows, kind, _key(kind, counts[kind]), row, now)


def _check_wait(kind: str, row: Row | None, now: datetime) -> None:
    _, until = _kept(row, now)
    if now < until:
        wait = int((until - now).total_seconds()) + 1
        raise RefusedError(
            429,
            f"Too many wrong passwords for this {kind}: try again in {wait} s.",
            {"Retry-After": str(wait)},
        )


def _count(rows: Rows, kind: str, key: str, row: Row | None, now: datetime) -> None:
    for _ in range(10):
        _check_wait(kind, row, now)  # others may have been counted meanwhile
        failures = _kept(row, now)[0] + 1
        wait = min(2 ** max(0, failures - FREE), LONGEST_WAITS[kind]) if failures > FREE else 0
        words = {
            "failures": str(failures),
            "until": format_time(now + timedelta(seconds=wait)),
            "at": format_time(now),
        }
        if row is None:
            if rows.insert(PARTITION, key, words):
                return
        elif rows.replace(PARTITION, row, words):
            return
        row = rows.get(PARTITION, key)
    raise RefusedError(429, "Too many attempts at once: try again.", {"Retry-After": "1"})


def forget_attempts(rows: Rows, counts: Mapping[str, str]) -> None:
    """The password was right."""
    for kind, whose in counts.items():
        rows.remove(PARTITION, _key(kind, whose))


def _kept(row: Row | None, now: datetime) -> tuple[int, datetime]:
    if row is None or now - parse_time(row.words["at"]) > FORGOTTEN:
        return 0, now
    return int(row.words["failures"]), parse_time(row.words["until"])


def _key(kind: str, whose: str) -> str:
    """No address is kept in full."""
    if kind == "address":
        whose = subscriber_of(whose)
    return f"{kind}~{hashlib.sha256(whose.encode()).hexdigest()[:32]}"
