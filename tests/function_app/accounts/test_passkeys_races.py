"""A person is removed, or their passkey is used, while a passkey is added or used: at each call to
the store."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from function_app.auth import passkeys, users
from function_app.auth.caller import Role
from function_app.http.responses import Response
from function_app.services import Services
from tests.support.account_requests import (
    ADMIN,
    PASSWORD,
    SETTINGS,
    SITE,
    Interrupted,
    ask,
    session_headers,
    sign_in,
)
from tests.support.memory_store import memory_services
from tests.support.soft_authenticator import SoftAuthenticator

ORIGIN = {"Origin": SITE}


def read(response: Response) -> Any:
    assert response.status == 200, response.body
    return json.loads(response.body)


def new_services() -> tuple[Services, dict[str, str]]:
    """Return services with a person, eve, and the headers of her session."""
    services = memory_services(SETTINGS)
    users.add(services.accounts, "eve", PASSWORD, Role.VIEWER, frozenset({"gate"}))
    return services, sign_in(services, "eve", PASSWORD)


def created(services: Services, session: dict[str, str], key: SoftAuthenticator) -> Any:
    options = read(ask(services, "begin_passkey", session))
    return {"label": "phone", "credential": key.create(options, SITE)}


def signed(services: Services, key: SoftAuthenticator) -> Any:
    options = read(ask(services, "begin_passkey_sign_in", ORIGIN))
    return {"credential": key.sign(options, SITE)}


def with_passkey() -> tuple[Services, SoftAuthenticator]:
    """Return services with a person, eve, and her passkey."""
    (services, session), key = new_services(), SoftAuthenticator()
    assert ask(services, "add_passkey", session, created(services, session, key)).status == 201
    return services, key


def use(services: Services, body: Any, accepted: list[bool]) -> None:
    """Send an answer, and note whether it was accepted."""
    response = ask(services, "open_session_by_passkey", ORIGIN, body)
    accepted.append(response.status == 200)


def remove_eve(services: Services) -> None:
    assert ask(services, "remove_person", ADMIN, name="eve").status == 200


def interrupted(
    services: Services, at: int, happens: Callable[[], object]
) -> tuple[Services, Interrupted]:
    rows = Interrupted(services.accounts, at, happens)
    return replace(services, accounts=rows), rows


def test_a_person_removed_meanwhile_adds_no_passkey() -> None:
    for at in count():
        (services, session), key = new_services(), SoftAuthenticator()
        body = created(services, session, key)
        during, rows = interrupted(services, at, partial(remove_eve, services))
        ask(during, "add_passkey", session, body)
        if at >= rows.calls:
            assert at > 3
            return
        assert passkeys.list_passkeys(services.accounts, "eve") == [], at
        users.add(services.accounts, "eve", PASSWORD, Role.VIEWER, None)
        assert ask(services, "open_session_by_passkey", ORIGIN, signed(services, key)).status == 401


def test_a_person_removed_meanwhile_signs_in_no_more() -> None:
    """If the session was there first, it has ended."""
    for at in count():
        services, key = with_passkey()
        body = signed(services, key)
        during, rows = interrupted(services, at, partial(remove_eve, services))
        response = ask(during, "open_session_by_passkey", ORIGIN, body)
        if at >= rows.calls:
            assert at > 5
            return
        if response.status == 200:
            assert ask(services, "get_session", session_headers(response)).status == 401, at


def test_of_two_answers_with_one_count_one_is_accepted() -> None:
    """A copy that signs at the same moment is found out, whichever comes first."""
    for at in count():
        services, key = with_passkey()
        copy = SoftAuthenticator(id=key.id, key=key.key, handle=key.handle)
        bodies = [signed(services, one) for one in (key, copy)]
        accepted: list[bool] = []
        during, rows = interrupted(services, at, partial(use, services, bodies[0], accepted))
        use(during, bodies[1], accepted)
        if at >= rows.calls:
            assert at > 5
            return
        assert sorted(accepted) == [False, True], at


def test_one_challenge_opens_one_session() -> None:
    """An answer that is sent twice at the same moment."""
    for at in count():
        services, key = with_passkey()
        key.count = -1  # it counts nothing, so that only the challenge is used up
        body = signed(services, key)
        accepted: list[bool] = []
        during, rows = interrupted(services, at, partial(use, services, body, accepted))
        use(during, body, accepted)
        if at >= rows.calls:
            return
        assert sorted(accepted) == [False, True], at
