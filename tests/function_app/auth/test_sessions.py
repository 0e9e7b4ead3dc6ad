"""Sessions and device cookies: creating, finding and ending them."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from function_app.auth import sessions, users
from function_app.auth.caller import Caller, Role, Scope
from function_app.auth.users import User
from function_app.storage.account_keys import sessions_of
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import TableStore
from tests.support.account_requests import Interrupted
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PASSWORD = "a good long password"


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def vera(table: MemoryTable) -> User:
    """A viewer of the camera gate."""
    return users.add(table, "vera", PASSWORD, Role.VIEWER, frozenset({"gate"}))


def create(table: MemoryTable, user: User, now: datetime = NOW) -> str:
    value = sessions.create(table, user, now)
    assert value
    return value


def test_a_session_has_the_scopes_and_cameras_of_its_user(table: MemoryTable, vera: User) -> None:
    caller = sessions.find(table, create(table, vera), NOW)
    assert caller
    assert (caller.name, caller.root, caller.via) == ("vera", "vera", ())
    assert caller.scopes == {Scope.READ}
    assert caller.cameras == frozenset({"gate"})
    assert caller.session
    owner = users.add(table, "anna", PASSWORD, Role.OWNER, None)
    caller = sessions.find(table, create(table, owner), NOW)
    assert caller
    assert (caller.scopes, caller.cameras) == (frozenset(Scope), None)


def test_the_table_has_only_a_hash_of_the_secret(table: MemoryTable, vera: User) -> None:
    secret = create(table, vera).rpartition(".")[2]
    assert secret
    assert secret not in repr(table.kept)


def test_a_session_expires_and_a_later_one_removes_it(table: MemoryTable, vera: User) -> None:
    value, end = create(table, vera), NOW + sessions.SESSION_TTL
    assert sessions.find(table, value, end - timedelta(milliseconds=1))
    assert sessions.find(table, value, end) is None
    assert len(table.query(sessions_of("vera"), 10)) == 1
    create(table, vera, end)
    assert len(table.query(sessions_of("vera"), 10)) == 1


@pytest.mark.parametrize(
    "cookie", ["", "vera", "vera.", ".secret", "vera.secret", "v/era.x", "ä.x"]
)
def test_an_unknown_or_malformed_cookie_finds_no_session(
    table: MemoryTable, vera: User, cookie: str
) -> None:
    """Nor does another user's name before the secret of a session."""
    value = create(table, vera)
    assert sessions.find(table, cookie, NOW) is None
    assert sessions.find(table, value.replace("vera", "anna"), NOW) is None


def test_no_session_begins_for_a_user_who_was_changed_or_removed(
    table: MemoryTable, vera: User
) -> None:
    """Since they were read: nothing of it stays."""
    users.end_epoch(table, "vera")
    assert sessions.create(table, vera, NOW) is None
    users.remove(table, "vera")
    assert sessions.create(table, vera, NOW) is None
    assert table.query(sessions_of("vera"), 10) == []


def test_ending_a_session_leaves_the_others(table: MemoryTable, vera: User) -> None:
    """It may be ended twice; a caller without a session ends none."""
    first, second = create(table, vera), create(table, vera)
    caller = sessions.find(table, first, NOW)
    assert caller
    for _ in range(2):
        sessions.end(table, caller)
        assert sessions.find(table, first, NOW) is None
    sessions.end(table, Caller("vera", frozenset({Scope.READ})))
    assert sessions.find(table, second, NOW)


def test_ending_all_sessions_of_a_user_forgets_their_browsers_too(
    table: MemoryTable, vera: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all pages, and those of another user stay."""
    monkeypatch.setattr(sessions, "PAGE_SIZE", 2)
    values = [create(table, vera) for _ in range(5)]
    device = sessions.remember_device(table, "vera", NOW)
    anna = create(table, users.add(table, "anna", PASSWORD, Role.VIEWER, None))
    assert sessions.end_all(table, "vera") == 5
    assert [sessions.find(table, one, NOW) for one in values] == [None] * 5
    assert sessions.find_device(table, "vera", device, NOW) is None
    assert sessions.find(table, anna, NOW)
    assert sessions.end_all(table, "vera") == 0


def test_a_limited_number_of_devices_is_known_for_a_year() -> None:
    """A new one replaces the oldest; those of another user are separate."""
    rows, moments = (
        MemoryTable(),
        [NOW + timedelta(minutes=n) for n in range(sessions.MAX_DEVICE_COOKIES + 1)],
    )
    known = [sessions.remember_device(rows, "owner", moment) for moment in moments]
    found = [sessions.find_device(rows, "owner", value, moments[-1]) for value in known]
    assert found[0] is None
    assert len(set(found[1:])) == sessions.MAX_DEVICE_COOKIES
    assert None not in found[1:]
    assert sessions.find_device(rows, "vera", known[-1], NOW) is None
    expired_at = moments[-1] + sessions.DEVICE_COOKIE_TTL
    assert sessions.find_device(rows, "owner", known[-1], expired_at) is None
    sessions.remember_device(rows, "owner", expired_at)
    assert len(rows.kept) == 1


def used_at(table: MemoryTable, now: datetime) -> datetime | None:
    (session,) = sessions.list_sessions(table, "vera", now)
    return session.used_at


def test_the_last_use_is_written_at_most_once_an_hour(table: MemoryTable, vera: User) -> None:
    value, hour = create(table, vera), timedelta(hours=1)
    for minutes, written in ((59, NOW), (60, NOW + hour), (119, NOW + hour), (121, None)):
        moment = NOW + timedelta(minutes=minutes)
        assert sessions.find(table, value, moment)
        assert used_at(table, moment) == (written or moment)


def test_a_session_that_ends_while_its_use_is_written_stays_ended(
    table: MemoryTable, vera: User
) -> None:
    """The request that was on its way is the last one."""
    value, later = create(table, vera), NOW + timedelta(hours=2)
    (session,) = sessions.list_sessions(table, "vera", NOW)
    ending = Interrupted(table, 1, lambda: sessions.end_one(table, "vera", session.id))
    assert sessions.find(cast(TableStore, ending), value, later)
    assert ending.calls == 2
    assert sessions.find(table, value, later) is None
    assert sessions.list_sessions(table, "vera", later) == []


def test_a_session_is_valid_while_its_use_cannot_be_written(table: MemoryTable, vera: User) -> None:
    value = create(table, vera)

    def fail() -> None:
        raise StorageUnavailableError("read-only")

    failing = Interrupted(table, 1, fail)
    assert sessions.find(cast(TableStore, failing), value, NOW + timedelta(hours=2))
    assert used_at(table, NOW) == NOW


def test_expired_sessions_are_not_listed(table: MemoryTable, vera: User) -> None:
    create(table, vera)
    assert sessions.list_sessions(table, "vera", NOW + sessions.SESSION_TTL) == []
