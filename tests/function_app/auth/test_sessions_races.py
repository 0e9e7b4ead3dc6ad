"""A user is removed, changes the password, or signs out everywhere while a session is created: at
each call to the store, in memory and in Azurite."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

import pytest

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.services import Services, connect
from function_app.storage import account_keys
from tests.conftest import NewStore
from tests.support.account_requests import (
    ADMIN,
    FIRST_PASSWORD,
    NEW_PASSWORD,
    PASSWORD,
    SETTINGS,
    Interrupted,
    ask,
    session_headers,
    sign_in,
)
from tests.support.memory_store import memory_services

Done = TypeVar("Done")


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.slow)])
def backend(request: pytest.FixtureRequest) -> Iterator[Services]:
    """Of both kinds."""
    if request.param == "memory":
        yield memory_services(SETTINGS)
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(replace(SETTINGS, connection_string=new_store()))


def is_open(backend: Services, headers: dict[str, str]) -> bool:
    return ask(backend, "get_session", headers).status == 200


def reset_users(backend: Services, *names: str) -> None:
    """Nobody is there but those of these names, with eve's password."""
    for partition in (
        account_keys.USERS,
        account_keys.LOGIN_ATTEMPTS,
        "sessions~owner",
        "sessions~eve",
        "browsers~owner",
        "browsers~eve",
    ):
        for row in backend.accounts.query(partition, 1000):
            backend.accounts.remove(partition, row.key)
    for name in names:
        users.add(backend.accounts, name, PASSWORD, Role.VIEWER, frozenset({"gate"}))


def remove_eve(backend: Services) -> None:
    assert ask(backend, "remove_person", ADMIN, name="eve").status == 200


def change_password(backend: Services, name: str, password: str) -> None:
    session, body = sign_in(backend, name, password), {"old": password, "new": NEW_PASSWORD}
    assert ask(backend, "change_password", session, body).status == 204


def at_each_call(
    backend: Services, doing: Callable[[Services], Done], happens: Callable[[Services], object]
) -> Iterator[Done]:
    """What `doing` returned, with something else happening before its first call, its second, and
    so on; the last time after all of them."""
    for at in count():
        reset_users(backend, "eve")
        rows = Interrupted(backend.accounts, at, lambda: happens(backend))
        done = doing(replace(backend, accounts=rows))
        if at >= rows.calls:
            happens(backend)
        yield done
        if at >= rows.calls:
            assert at > 1
            return


class TestSignIn:
    @pytest.mark.parametrize("end", ["removed", "other password", "removed and let in again"])
    def test_a_user_removed_meanwhile_has_no_session(self, backend: Services, end: str) -> None:
        """Whenever it happens, the new session is not valid afterwards."""

        def happens(backend: Services) -> None:
            if end == "other password":
                change_password(backend, "eve", PASSWORD)
                return
            remove_eve(backend)
            if end == "removed and let in again":
                users.add(backend.accounts, "eve", NEW_PASSWORD, Role.VIEWER, frozenset())

        for session in at_each_call(backend, lambda one: sign_in(one, "eve", PASSWORD), happens):
            assert not is_open(backend, session)
            assert (users.find(backend.accounts, "eve") is None) == (end == "removed")

    def test_signing_out_everywhere_stops_a_session_being_created(self, backend: Services) -> None:
        """A sign-in that begins afterwards has a session."""

        def begin(interrupted: Services) -> dict[str, str]:
            eve = users.find(backend.accounts, "eve")
            value = eve and sessions.create(interrupted.accounts, eve, datetime.now(UTC))
            return {"Cookie": f"__Secure-nightjar_session={value}"} if value else {}

        def end(backend: Services) -> None:
            session = sign_in(backend, "eve", PASSWORD)
            assert ask(backend, "close_all_sessions", session).status == 200

        for session in at_each_call(backend, begin, end):
            assert not is_open(backend, session)
        assert is_open(backend, sign_in(backend, "eve", PASSWORD))

    def test_the_first_password_is_invalid_once_it_was_changed(self, backend: Services) -> None:
        """The owner has no record yet, and another request signs in with the setting at the same
        moment."""

        def happens(backend: Services) -> None:
            change_password(backend, "owner", FIRST_PASSWORD)

        for session in at_each_call(
            backend, lambda one: sign_in(one, "owner", FIRST_PASSWORD), happens
        ):
            assert not is_open(backend, session)
            assert is_open(backend, sign_in(backend, "owner", NEW_PASSWORD))

    def test_two_requests_may_create_the_owner(self, backend: Services) -> None:
        """Both sign in with the setting while the owner has no record: both get a session."""
        others: list[dict[str, str]] = []
        for session in at_each_call(
            backend,
            lambda one: sign_in(one, "owner", FIRST_PASSWORD),
            lambda one: others.append(sign_in(one, "owner", FIRST_PASSWORD)),
        ):
            assert is_open(backend, session)
            assert is_open(backend, others.pop())


class TestEndingSessions:
    def test_a_session_created_while_all_are_ended_is_invalid(self, backend: Services) -> None:
        """At each call of the removal, and of the change of the password."""
        begun: list[dict[str, str]] = []
        for end in (remove_eve, lambda one: change_password(one, "eve", PASSWORD)):
            for _ in at_each_call(
                backend, end, lambda one: begun.append(sign_in(one, "eve", PASSWORD))
            ):
                assert not is_open(backend, begun.pop())

    def test_changing_the_password_does_not_restore_a_removed_user(self, backend: Services) -> None:
        """They stay removed, and have no session."""

        def change(backend: Services) -> dict[str, str]:
            session = sign_in(backend, "eve", PASSWORD)
            reply = ask(backend, "change_password", session, {"old": PASSWORD, "new": NEW_PASSWORD})
            return session_headers(reply) if reply.status == 204 else session

        for session in at_each_call(backend, change, remove_eve):
            assert users.find(backend.accounts, "eve") is None
            assert not is_open(backend, session)

    def test_one_of_two_concurrent_password_changes_succeeds(self, backend: Services) -> None:
        """The one that is told so, and its password alone is valid."""
        other = "the other new password"

        def change(backend: Services) -> int:
            body = {"old": PASSWORD, "new": other}
            return ask(backend, "change_password", sign_in(backend, "eve", PASSWORD), body).status

        def change_too(backend: Services) -> None:
            ask(
                backend,
                "change_password",
                sign_in(backend, "eve", PASSWORD),
                {"old": PASSWORD, "new": NEW_PASSWORD},
            )

        for status in at_each_call(backend, change, change_too):
            assert status in (204, 401, 403, 409)
            assert is_open(backend, sign_in(backend, "eve", other)) is (status == 204)
            assert is_open(backend, sign_in(backend, "eve", NEW_PASSWORD)) is (status != 204)

    def test_all_sessions_end_beyond_one_page(
        self, backend: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More than one page of the table."""
        reset_users(backend, "eve")
        monkeypatch.setattr(sessions, "PAGE_SIZE", 2)
        headers = [sign_in(backend, "eve", PASSWORD) for _ in range(5)]
        reply = ask(backend, "close_all_sessions", headers[0])
        assert json.loads(reply.body) == {"ended": 5, "channels": []}
        assert not any(is_open(backend, one) for one in headers)


def test_a_user_without_an_epoch_can_sign_in(backend: Services) -> None:
    """A record of an old version has none, until the user signs out everywhere or changes the
    password."""
    reset_users(backend, "eve")
    (row,) = backend.accounts.query(account_keys.USERS, 2)
    properties = {column: value for column, value in row.properties.items() if column != "epoch"}
    backend.accounts.upsert(account_keys.USERS, "eve", properties)
    session = sign_in(backend, "eve", PASSWORD)
    assert is_open(backend, session)
    assert ask(backend, "close_all_sessions", session).status == 200
    assert not is_open(backend, session)
    change_password(backend, "eve", PASSWORD)
    assert is_open(backend, sign_in(backend, "eve", NEW_PASSWORD))
