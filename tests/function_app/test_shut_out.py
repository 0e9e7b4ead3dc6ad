"""Who has to wait after wrong passwords keeps nobody else waiting."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app import backend as store_side
from function_app.people import backoff
from function_app.refused import RefusedError
from function_app.settings import Settings
from function_app.storage.rows import Rows
from tests.conftest import StartAzurite, StartBackend
from tests.function_app.api import Api

STRANGER = "198.51.100.99"


def shut_out(rows: Rows, now: datetime) -> None:
    """The stranger's address waits for a quarter of an hour from now on."""
    for n in reversed(range(16)):
        backoff.count_attempt(rows, {"address": STRANGER}, now - n * timedelta(seconds=900))


def test_an_address_that_waits_is_counted_for_no_account(empty: store_side.Backend) -> None:
    """However often it tries, and in whichever order the two are counted."""
    rows, now = empty.people, datetime.now(UTC)
    shut_out(rows, now)
    for counts in (
        {"account": "owner", "address": STRANGER},
        {"address": STRANGER, "account": "owner"},
    ):
        for second in range(20):
            with pytest.raises(RefusedError, match="this address"):
                backoff.count_attempt(rows, counts, now + timedelta(seconds=second))
    for _ in range(backoff.FREE + 1):
        backoff.count_attempt(rows, {"account": "owner", "address": "192.0.2.1"}, now)


def test_an_account_that_waits_is_counted_for_no_address(empty: store_side.Backend) -> None:
    """No password was looked at, so none was wrong."""
    rows, now = empty.people, datetime.now(UTC)
    for _ in range(backoff.FREE + 1):
        backoff.count_attempt(rows, {"account": "owner"}, now)
    for _ in range(20):
        with pytest.raises(RefusedError, match="this account"):
            backoff.count_attempt(rows, {"address": STRANGER, "account": "owner"}, now)
    for n in range(backoff.FREE + 1):
        backoff.count_attempt(rows, {"address": STRANGER, "account": f"person-{n}"}, now)


def test_the_owner_signs_in_while_a_stranger_waits_and_tries_on(
    start_azurite: StartAzurite, start_backend: StartBackend
) -> None:
    """From another address, in a browser that nobody knows."""
    azurite = start_azurite()
    own = start_backend(azurite.connection_string)
    shut_out(store_side.connect(Settings(azurite.connection_string)).people, datetime.now(UTC))

    def sign_in(password: str, address: str) -> int:
        said = {"name": "owner", "password": password}
        return (
            Api(own)
            .ask("/api/session", {"X-Forwarded-For": address}, "POST", json=said)
            .status_code
        )

    assert [sign_in("wrong password", STRANGER) for _ in range(20)] == [429] * 20
    assert sign_in(own.password, "192.0.2.1") == 200
