"""Wrong passwords cost time.

They are counted for the account together with the address that they come from, and for the address
alone (of IPv6 the network of 64 bits, since a stranger has all of its addresses). So whoever
guesses waits, and nobody else does: no stranger can keep a person out of their account. What is
said in an open session, or in a browser in which that person signed in before, is counted for those
alone. Of an account that many addresses guess at, each gets one free attempt instead of five
(docs/decisions/0038-strangers-lock-nobody-out.md).

Kept in a table, since instances share no memory. An attempt is counted before its password is
looked at, so that many at once get no more tries than one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth.addresses import subscriber_of
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import LOGIN_ATTEMPTS, attempt_key
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import EPOCH, format_time, parse_time

FORGIVEN_EVERY = timedelta(hours=1)  # one wrong password of those on record
FORGOTTEN = timedelta(hours=24)  # all of them
ATTACKED = 100  # wrong passwords for an account, wherever they come from


@dataclass(frozen=True, slots=True)
class Limit:
    """Attempts without a wait, the longest wait in seconds, and what it is called."""

    free: int
    max_wait: int
    called: str

    def wait_after(self, failures: int, free: int) -> int:
        """Seconds; they double each time."""
        return min(2 ** min(failures - free, 20), self.max_wait) if failures > free else 0


FREE, FREE_IF_ATTACKED = 5, 1
LIMITS = {
    "pair": Limit(FREE, 3600, "this account from this address"),
    "address": Limit(20, 900, "this address"),
    "session": Limit(FREE, 60, "this session"),
    "browser": Limit(FREE, 60, "this browser"),
}


def of_stranger(name: str, address: str) -> dict[str, str]:
    """The counts of somebody who says this name, in a browser that is not known."""
    subscriber = subscriber_of(address)
    return {"pair": f"{name}\n{subscriber}", "address": subscriber, "account": name}


def count_attempt(rows: TableStore, counts: Mapping[str, str], now: datetime) -> None:
    """Count a password that is said: `counts` has who says it, by kind. Raises HTTPProblemError
    (429)
    if it comes too early, and then counts it for nobody."""
    found = {
        kind: rows.get(LOGIN_ATTEMPTS, attempt_key(kind, whose)) for kind, whose in counts.items()
    }
    for kind, row in found.items():
        _check_wait(kind, row, now)
    account = found.pop("account", None)
    is_attacked = _kept(account, now)[0] >= ATTACKED
    for kind, row in found.items():
        free = FREE_IF_ATTACKED if is_attacked and kind == "pair" else LIMITS[kind].free
        _count(rows, kind, attempt_key(kind, counts[kind]), row, now, free)
    if "account" in counts:
        _note(rows, attempt_key("account", counts["account"]), account, now, 1)


def forget_attempts(rows: TableStore, counts: Mapping[str, str], now: datetime) -> None:
    """The password was right. What others got wrong at the same address, and for the same account,
    stays on record: a person there with an account of their own would otherwise guess for free."""
    for kind, whose in counts.items():
        if kind in ("address", "account"):
            _note(
                rows,
                attempt_key(kind, whose),
                rows.get(LOGIN_ATTEMPTS, attempt_key(kind, whose)),
                now,
                -1,
            )
        else:
            rows.remove(LOGIN_ATTEMPTS, attempt_key(kind, whose))


def take_back(rows: TableStore, counts: Mapping[str, str], now: datetime) -> None:
    """The password was not looked at, after all."""
    for kind, whose in counts.items():
        _note(
            rows,
            attempt_key(kind, whose),
            rows.get(LOGIN_ATTEMPTS, attempt_key(kind, whose)),
            now,
            -1,
        )


def _check_wait(kind: str, row: Entity | None, now: datetime) -> None:
    _, until = _kept(row, now)
    if now < until and kind in LIMITS:
        wait = int((until - now).total_seconds()) + 1
        raise HTTPProblemError(
            429,
            f"Too many wrong passwords for {LIMITS[kind].called}: try again in {wait} s.",
            {"Retry-After": str(wait)},
        )


def _count(
    rows: TableStore, kind: str, key: str, row: Entity | None, now: datetime, free: int
) -> None:
    for _ in range(10):
        _check_wait(kind, row, now)  # others may have been counted meanwhile
        failures = _kept(row, now)[0] + 1
        wait = LIMITS[kind].wait_after(failures, free)
        # Without a wait it is no moment of this request: one that began earlier would have to wait.
        until = now + timedelta(seconds=wait) if wait else EPOCH
        if _write(rows, key, row, failures, until, now):
            return
        row = rows.get(LOGIN_ATTEMPTS, key)
    raise HTTPProblemError(429, "Too many attempts at once: try again.", {"Retry-After": "1"})


def _note(rows: TableStore, key: str, row: Entity | None, now: datetime, more: int) -> None:
    """Add to a count that nobody has to wait for, and take from one. If others change it all the
    time, it is a little off."""
    for _ in range(3):
        failures, until = _kept(row, now)
        if row is None and more < 0:
            return
        if _write(rows, key, row, max(failures + more, 0), until, now):
            return
        row = rows.get(LOGIN_ATTEMPTS, key)


def _write(
    rows: TableStore, key: str, row: Entity | None, failures: int, until: datetime, now: datetime
) -> bool:
    properties = {"failures": str(failures), "until": format_time(until), "at": format_time(now)}
    if row is None:
        return rows.insert(LOGIN_ATTEMPTS, key, properties)
    return rows.replace(LOGIN_ATTEMPTS, row, properties)


def _kept(row: Entity | None, now: datetime) -> tuple[int, datetime]:
    """How many wrong passwords count, and until when one has to wait."""
    if row is None or now - (at := parse_time(row.properties["at"])) > FORGOTTEN:
        return 0, now
    forgiven = max(now - at, timedelta()) // FORGIVEN_EVERY
    return max(int(row.properties["failures"]) - forgiven, 0), parse_time(row.properties["until"])
