"""Somebody is removed, changes the password, or signs out everywhere while a session begins: at
each call to the store, in the fake one and in Azurite."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

import pytest

from function_app.auth import passwords, sessions, users
from function_app.auth.caller import Role
from function_app.services import Services, connect
from function_app.storage import account_keys
from tests.conftest import NewStore
from tests.function_app.memory_store import memory_services
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

Done = TypeVar("Done")


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.slow)])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Of both kinds; its passwords cost nothing, since many are tried."""
    monkeypatch.setattr(passwords, "_COST", 2)
    if request.param == "memory":
        yield memory_services(SETTINGS)
        return
    new_store: NewStore = request.getfixturevalue("new_store")
    yield connect(replace(SETTINGS, connection_string=new_store()))


def is_open(backend: Services, headers: dict[str, str]) -> bool:
    return ask(backend, "get_session", headers).status == 200


def begin_anew(backend: Services, *names: str) -> None:
    """Nobody is there but those of these names, with eve's password."""
    for partition in (
        account_keys.USERS,
        account_keys.LOGIN_ATTEMPTS,
        "sessions~owner",
        "sessions~eve",
        "browsers~owner",
        "browsers~eve",
    ):
        for row in backend.people.query(partition, 1000):
            backend.people.remove(partition, row.key)
    for name in names:
        users.add(backend.people, name, PASSWORD, Role.VIEWER, frozenset({"gate"}))


def remove_eve(backend: Services) -> None:
    assert ask(backend, "remove_person", ADMIN, name="eve").status == 200


def change_password(backend: Services, name: str, password: str) -> None:
    session, said = sign_in(backend, name, password), {"old": password, "new": NEW_PASSWORD}
    assert ask(backend, "change_password", session, said).status == 204


def at_each_call(
    backend: Services, doing: Callable[[Services], Done], happens: Callable[[Services], object]
) -> Iterator[Done]:
    """What `doing` returned, with something else happening before its first call, its second, and
    so on; the last time after all of them."""
    for at in count():
        begin_anew(backend, "eve")
        rows = Interrupted(backend.people, at, lambda: happens(backend))
        done = doing(replace(backend, people=rows))
        if at >= rows.calls:
            happens(backend)
        yield done
        if at >= rows.calls:
            assert at > 1
            return


class TestSigningIn:
    @pytest.mark.parametrize("end", ["removed", "other password", "removed and let in again"])
    def test_who_is_shut_out_meanwhile_has_no_session(self, backend: Services, end: str) -> None:
        """Whenever it happens, the session that was beginning opens nothing afterwards."""

        def happens(backend: Services) -> None:
            if end == "other password":
                change_password(backend, "eve", PASSWORD)
                return
            remove_eve(backend)
            if end == "removed and let in again":
                users.add(backend.people, "eve", NEW_PASSWORD, Role.VIEWER, frozenset())

        for session in at_each_call(backend, lambda one: sign_in(one, "eve", PASSWORD), happens):
            assert not is_open(backend, session)
            assert (users.find(backend.people, "eve") is None) == (end == "removed")

    def test_signing_out_everywhere_holds_for_who_was_read_before(self, backend: Services) -> None:
        """Whoever signs in afterwards has a session, of course."""

        def begin(interrupted: Services) -> dict[str, str]:
            eve = users.find(backend.people, "eve")
            value = eve and sessions.create(interrupted.people, eve, datetime.now(UTC))
            return {"Cookie": f"__Secure-nightjar_session={value}"} if value else {}

        def end(backend: Services) -> None:
            session = sign_in(backend, "eve", PASSWORD)
            assert ask(backend, "close_all_sessions", session).status == 200

        for session in at_each_call(backend, begin, end):
            assert not is_open(backend, session)
        assert is_open(backend, sign_in(backend, "eve", PASSWORD))

    def test_the_first_password_opens_nothing_once_it_was_changed(self, backend: Services) -> None:
        """The owner is on no record yet, and somebody else is just signing in with the setting."""

        def happens(backend: Services) -> None:
            change_password(backend, "owner", FIRST_PASSWORD)

        for session in at_each_call(
            backend, lambda one: sign_in(one, "owner", FIRST_PASSWORD), happens
        ):
            assert not is_open(backend, session)
            assert is_open(backend, sign_in(backend, "owner", NEW_PASSWORD))

    def test_two_may_be_the_first(self, backend: Services) -> None:
        """Both sign in with the setting while the owner is on no record: both are let in."""
        others: list[dict[str, str]] = []
        for session in at_each_call(
            backend,
            lambda one: sign_in(one, "owner", FIRST_PASSWORD),
            lambda one: others.append(sign_in(one, "owner", FIRST_PASSWORD)),
        ):
            assert is_open(backend, session)
            assert is_open(backend, others.pop())


class TestEnding:
    def test_a_session_that_begins_while_all_end_is_over(self, backend: Services) -> None:
        """At each call of the removal, and of the change of the password."""
        begun: list[dict[str, str]] = []
        for end in (remove_eve, lambda one: change_password(one, "eve", PASSWORD)):
            for _ in at_each_call(
                backend, end, lambda one: begun.append(sign_in(one, "eve", PASSWORD))
            ):
                assert not is_open(backend, begun.pop())

    def test_a_changed_password_brings_nobody_back(self, backend: Services) -> None:
        """Who is removed while they change it stays removed, and has no session."""

        def change(backend: Services) -> dict[str, str]:
            session = sign_in(backend, "eve", PASSWORD)
            reply = ask(backend, "change_password", session, {"old": PASSWORD, "new": NEW_PASSWORD})
            return session_headers(reply) if reply.status == 204 else session

        for session in at_each_call(backend, change, remove_eve):
            assert users.find(backend.people, "eve") is None
            assert not is_open(backend, session)

    def test_of_two_changes_at_once_one_is_made(self, backend: Services) -> None:
        """Whoever is told that theirs was made can sign in with it, and nobody else can."""
        other = "the other new password"

        def change(backend: Services) -> int:
            said = {"old": PASSWORD, "new": other}
            return ask(backend, "change_password", sign_in(backend, "eve", PASSWORD), said).status

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

    def test_all_sessions_end_however_many(
        self, backend: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More than are looked at together."""
        begin_anew(backend, "eve")
        monkeypatch.setattr(sessions, "PAGE_SIZE", 2)
        headers = [sign_in(backend, "eve", PASSWORD) for _ in range(5)]
        reply = ask(backend, "close_all_sessions", headers[0])
        assert json.loads(reply.body) == {"ended": 5}
        assert not any(is_open(backend, one) for one in headers)


def test_who_was_let_in_before_there_were_epochs_stays(backend: Services) -> None:
    """Their row has none, until they sign out everywhere or change the password."""
    begin_anew(backend, "eve")
    (row,) = backend.people.query(account_keys.USERS, 2)
    words = {word: value for word, value in row.properties.items() if word != "epoch"}
    backend.people.upsert(account_keys.USERS, "eve", words)
    session = sign_in(backend, "eve", PASSWORD)
    assert is_open(backend, session)
    assert ask(backend, "close_all_sessions", session).status == 200
    assert not is_open(backend, session)
    change_password(backend, "eve", PASSWORD)
    assert is_open(backend, sign_in(backend, "eve", NEW_PASSWORD))
