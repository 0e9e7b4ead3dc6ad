"""Throttle sign-ins: exponential delay after failures.

They are counted for an account together with the client's address, and for the address alone (for
IPv6 the network of 64 bits, since a stranger has all of its addresses). So only
whoever guesses has to wait: no stranger can lock a user out of their account. Attempts in an open
session, or in a browser in which that user signed in before, are counted for that session or
browser alone. If many addresses guess at one account, each gets one free attempt instead of five
(docs/decisions/0038-strangers-lock-nobody-out.md).

The counts are in a table, since instances share no memory. An attempt is counted before its
password is checked, so that parallel requests get no more attempts than sequential ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth.client_address import subscriber_of
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import LOGIN_ATTEMPTS, attempt_key
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import EPOCH, format_time, parse_time

DECAY_INTERVAL = timedelta(hours=1)  # after which one failure is forgiven
COUNT_TTL = timedelta(hours=24)  # after which all are
ATTACK_THRESHOLD = 100  # failures for an account, from any address
_MAX_TRIES, _MAX_ADJUST_TRIES = 10, 3

Identities = Mapping[str, str]
"""Whom an attempt is counted for, by the kind of the count: a key of LIMITS, or `account`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures are free, the longest wait after more, and what the error text calls it."""

    free_failures: int
    max_wait_seconds: int
    label: str

    def wait_seconds(self, failures: int, free_failures: int) -> int:
        """Return how long to wait after this many failures; it doubles each time."""
        if failures <= free_failures:
            return 0
        return int(min(2 ** min(failures - free_failures, 20), self.max_wait_seconds))


FREE_FAILURES, FREE_FAILURES_UNDER_ATTACK = 5, 1
LIMITS = {
    "pair": Limit(FREE_FAILURES, 3600, "this account from this address"),
    "address": Limit(20, 900, "this address"),
    "session": Limit(FREE_FAILURES, 60, "this session"),
    "browser": Limit(FREE_FAILURES, 60, "this browser"),
}


def stranger(name: str, address: str) -> Identities:
    """Return the identities of somebody who signs in as `name` in an unknown browser."""
    subscriber = subscriber_of(address)
    return {"pair": f"{name}\n{subscriber}", "address": subscriber, "account": name}


def count_attempt(table: TableStore, identities: Identities, now: datetime) -> None:
    """Count an attempt as a failure, before its password is checked. Raises HTTPProblemError (429)
    if it comes too early, and then counts nothing."""
    counts = {
        kind: table.get(LOGIN_ATTEMPTS, attempt_key(kind, identity))
        for kind, identity in identities.items()
    }
    for kind, entity in counts.items():
        _check_wait(kind, entity, now)
    account = counts.pop("account", None)
    is_attacked = _current(account, now)[0] >= ATTACK_THRESHOLD
    for kind, entity in counts.items():
        free = LIMITS[kind].free_failures
        if is_attacked and kind == "pair":
            free = FREE_FAILURES_UNDER_ATTACK
        _add_failure(table, kind, identities[kind], entity, now, free)
    if "account" in identities:
        _adjust(table, attempt_key("account", identities["account"]), account, now, 1)


def record_success(table: TableStore, identities: Identities, now: datetime) -> None:
    """Undo the count of a successful attempt. Failures of others at the same address, and
    for the same account, stay: otherwise somebody with an account of their own could guess for
    free."""
    for kind, identity in identities.items():
        key = attempt_key(kind, identity)
        if kind in ("address", "account"):
            _adjust(table, key, table.get(LOGIN_ATTEMPTS, key), now, -1)
        else:
            table.remove(LOGIN_ATTEMPTS, key)


def cancel_attempt(table: TableStore, identities: Identities, now: datetime) -> None:
    """Undo the count of an attempt whose password was not checked after all."""
    for kind, identity in identities.items():
        key = attempt_key(kind, identity)
        _adjust(table, key, table.get(LOGIN_ATTEMPTS, key), now, -1)


def is_expired(entity: Entity, now: datetime) -> bool:
    """Return whether a stored count has no effect any more."""
    return now - parse_time(entity.properties["at"]) > COUNT_TTL


def _check_wait(kind: str, entity: Entity | None, now: datetime) -> None:
    """Raise HTTPProblemError (429) if the wait is not over."""
    _, wait_until = _current(entity, now)
    if now < wait_until and kind in LIMITS:
        wait = int((wait_until - now).total_seconds()) + 1
        raise HTTPProblemError(
            429,
            f"Too many wrong passwords for {LIMITS[kind].label}: try again in {wait} s.",
            {"Retry-After": str(wait)},
        )


def _add_failure(
    table: TableStore, kind: str, identity: str, entity: Entity | None, now: datetime, free: int
) -> None:
    """Count one more failure. Raises HTTPProblemError (429) if others that were counted at the same
    moment leave no free one."""
    key = attempt_key(kind, identity)
    for _ in range(_MAX_TRIES):
        _check_wait(kind, entity, now)
        failures = _current(entity, now)[0] + 1
        wait = LIMITS[kind].wait_seconds(failures, free)
        # Store EPOCH, not `now`, if there is no wait: otherwise a request with an earlier `now`
        # would be blocked.
        wait_until = now + timedelta(seconds=wait) if wait else EPOCH
        if _write(table, key, entity, failures, wait_until, now):
            return
        entity = table.get(LOGIN_ATTEMPTS, key)
    raise HTTPProblemError(429, "Too many attempts at once: try again.", {"Retry-After": "1"})


def _adjust(table: TableStore, key: str, entity: Entity | None, now: datetime, change: int) -> None:
    """Change a count without a wait. If other requests keep changing it, the count may be slightly
    wrong."""
    for _ in range(_MAX_ADJUST_TRIES):
        failures, wait_until = _current(entity, now)
        if entity is None and change < 0:
            return
        if _write(table, key, entity, max(failures + change, 0), wait_until, now):
            return
        entity = table.get(LOGIN_ATTEMPTS, key)


def _write(
    table: TableStore,
    key: str,
    entity: Entity | None,
    failures: int,
    wait_until: datetime,
    now: datetime,
) -> bool:
    """Write a count; return False if it was changed since `entity` was read."""
    properties = {
        "failures": str(failures),
        "until": format_time(wait_until),
        "at": format_time(now),
    }
    if entity is None:
        return table.insert(LOGIN_ATTEMPTS, key, properties)
    return table.replace(LOGIN_ATTEMPTS, entity, properties)


def _current(entity: Entity | None, now: datetime) -> tuple[int, datetime]:
    """Return how many failures count now, and until when to wait."""
    if entity is None or is_expired(entity, now):
        return 0, now
    properties = entity.properties
    forgiven = max(now - parse_time(properties["at"]), timedelta()) // DECAY_INTERVAL
    return max(int(properties["failures"]) - forgiven, 0), parse_time(properties["until"])
