"""Records of failed sign-ins are purged, in memory and in Azurite."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import audit_log, challenges, login_throttle, purge
from function_app.problems import HTTPProblemError
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage import account_keys
from tests.conftest import NewStore
from tests.function_app.conftest import KINDS
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Return services with small pages, of both kinds."""
    monkeypatch.setattr(purge, "PAGE_SIZE", 3)
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(Settings(new_store()))


def clear(backend: Services, now: datetime = NOW) -> int:
    return purge.purge_sign_ins(backend.accounts, backend.audit_log, now)


def logged(backend: Services) -> list[str]:
    return [entry.action for entry in backend.audit_log.newest(1000, "")]


def test_expired_counts_are_purged(backend: Services) -> None:
    """After a day. A count that still causes a wait stays."""
    for n in range(7):
        old = {"pair": f"nobody {n}", "address": f"198.51.100.{n}"}
        login_throttle.count_attempt(
            backend.accounts, old, NOW - login_throttle.COUNT_TTL - timedelta(seconds=1)
        )
    login_throttle.count_attempt(backend.accounts, {"pair": "vera"}, NOW - timedelta(hours=23))
    for _ in range(6):
        login_throttle.count_attempt(backend.accounts, {"pair": "owner"}, NOW)
    assert clear(backend) == 14
    assert len(backend.accounts.query(account_keys.LOGIN_ATTEMPTS, 1000)) == 2
    with pytest.raises(HTTPProblemError):
        login_throttle.count_attempt(backend.accounts, {"pair": "owner"}, NOW)
    assert clear(backend) == 0


def test_only_old_failed_sign_ins_are_purged_from_the_log(backend: Services) -> None:
    """After a month. What users did stays on record."""
    for days in (29, 31, 32, 33):
        for what in (audit_log.FAILED_SIGN_IN, "signed in", audit_log.FAILED_SIGN_IN):
            at = NOW - timedelta(days=days)
            backend.audit_log.record({}, "somebody", what, now=at)
    assert clear(backend) == 6
    assert logged(backend).count("signed in") == 4
    assert logged(backend).count(audit_log.FAILED_SIGN_IN) == 2
    assert clear(backend, NOW + timedelta(days=9)) == 2


def test_a_run_purges_a_limited_number(backend: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run continues: a timer's time is short."""
    monkeypatch.setattr(purge, "MAX_REMOVED", 3)
    for n in range(7):
        login_throttle.count_attempt(backend.accounts, {"pair": f"nobody {n}"}, NOW)
    assert [clear(backend, NOW + timedelta(days=2)) for _ in range(4)] == [3, 3, 1, 0]


def test_challenges_that_nobody_answered_are_purged(backend: Services) -> None:
    """Once they have expired."""
    for minutes in (0, 4, 5, 60):
        begun = NOW - timedelta(minutes=minutes)
        challenges.create(backend.accounts, challenges.SIGN_IN, "https://night.example", begun)
    assert clear(backend) == 2
    assert len(backend.accounts.query(account_keys.CHALLENGES, 10)) == 2
