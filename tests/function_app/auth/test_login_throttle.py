"""The throttle makes those wait who guess passwords, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app import services as store_side
from function_app.auth import login_throttle
from function_app.problems import HTTPProblemError
from function_app.settings import Settings
from function_app.storage.table_store import TableStore
from tests.conftest import NewStore, StartBackend
from tests.support.api import Api

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def attempts(rows: TableStore, name: str, address: str, count: int) -> int:
    """How many of so many attempts at one moment are let through."""
    for number in range(count):
        try:
            login_throttle.count_attempt(rows, login_throttle.stranger(name, address), NOW)
        except HTTPProblemError:
            return number
    return count


def test_an_attempt_during_a_wait_is_not_counted(empty: store_side.Services) -> None:
    """No password is checked, so none is wrong, however often they try."""
    rows, pair = empty.accounts, login_throttle.stranger("owner", "198.51.100.99")
    free = attempts(rows, "owner", "198.51.100.99", 50)
    assert free == login_throttle.FREE_FAILURES + 1
    for second in range(20):
        with pytest.raises(HTTPProblemError, match="this account from this address"):
            login_throttle.count_attempt(rows, pair, NOW - timedelta(seconds=second))
    others = login_throttle.LIMITS["address"].free_failures + 1 - free
    assert sum(attempts(rows, f"p{n}", "198.51.100.99", 2) for n in range(30)) == others


@pytest.mark.parametrize(
    ("strangers", "free_failures"), [(3, 5), pytest.param(17, 1, marks=pytest.mark.slow)]
)
def test_the_owner_never_waits_for_strangers(
    empty: store_side.Services, strangers: int, free_failures: int
) -> None:
    """From an address of their own, in an unknown browser. Seventeen strangers who use up their
    attempts are an attack: each further address has one free failure instead of five; the right
    password needs none."""
    rows = empty.accounts
    failures = sum(attempts(rows, "owner", f"198.51.{n}.1", 9) for n in range(strangers))
    assert (failures >= login_throttle.ATTACK_THRESHOLD) is (free_failures == 1)
    owner = login_throttle.stranger("owner", "192.0.2.1")
    login_throttle.count_attempt(rows, owner, NOW)
    login_throttle.record_success(rows, owner, NOW)
    for address in ("192.0.2.1", "203.0.113.1", "203.0.113.2"):
        assert attempts(rows, "owner", address, 9) == free_failures + 1
    assert attempts(rows, "vera", "192.0.2.1", 9) == 6


def test_signing_in_to_an_account_gives_no_more_guesses_at_another(
    empty: store_side.Services,
) -> None:
    """A success takes back its own attempt alone, never failures for other accounts."""
    rows, let_through = empty.accounts, 0
    for _ in range(20):
        own = login_throttle.stranger("mallory", "198.51.100.99")
        try:
            login_throttle.count_attempt(rows, own, NOW)
            login_throttle.record_success(rows, own, NOW)
        except HTTPProblemError:
            pass
        let_through += sum(attempts(rows, name, "198.51.100.99", 1) for name in ("owner", "vera"))
    assert let_through <= 2 * (login_throttle.FREE_FAILURES + 1)


def test_many_users_at_one_address_do_not_wait(empty: store_side.Services) -> None:
    """A household, or an office: successes are not counted."""
    for number in range(30):
        person = login_throttle.stranger(f"p{number % 7}", "192.0.2.1")
        login_throttle.count_attempt(empty.accounts, person, NOW)
        login_throttle.record_success(empty.accounts, person, NOW)


def test_the_wait_doubles_and_failures_expire(empty: store_side.Services) -> None:
    """For an account from one address to an hour, for the address to a quarter of one. One attempt
    is forgiven each hour, all after a day, and those for the account after the right password."""
    rows, now, waits = empty.accounts, NOW, [0]
    for kind, expected in (("pair", 3601), ("address", 901)):
        for _ in range(40):
            try:
                login_throttle.count_attempt(rows, {kind: "x"}, now)
                waits.append(0)
            except HTTPProblemError as refusal:
                waits.append(int(refusal.headers["Retry-After"]))
                now += timedelta(seconds=waits[-1])
        assert max(waits) == expected
        waits = [0]
    login_throttle.count_attempt(rows, {"pair": "x"}, now + timedelta(hours=25))
    assert attempts(rows, "owner", "192.0.2.1", 9) == login_throttle.FREE_FAILURES + 1
    login_throttle.record_success(rows, login_throttle.stranger("owner", "192.0.2.1"), NOW)
    assert attempts(rows, "owner", "192.0.2.1", 9) == login_throttle.FREE_FAILURES + 1


@pytest.mark.slow
def test_the_owner_signs_in_during_an_attack(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """Over HTTP: from another address, in an unknown browser."""
    connection_string = new_store()
    own = start_backend(connection_string)
    rows, now = store_side.connect(Settings(connection_string)).accounts, datetime.now(UTC)
    for number in range(login_throttle.ATTACK_THRESHOLD):
        guess = {
            **login_throttle.stranger("owner", f"198.51.100.{number}"),
            "address": f"{number}",
        }
        login_throttle.count_attempt(rows, guess, now)

    def sign_in(password: str, address: str) -> int:
        body = {"name": "owner", "password": password}
        return (
            Api(own)
            .ask("/api/session", {"X-Forwarded-For": address}, "POST", json=body)
            .status_code
        )

    found = [sign_in("wrong password", "198.51.100.200") for _ in range(3)]
    assert found[0] == 401
    assert sign_in(own.password, "192.0.2.1") == 200
