"""Which sessions are open, and ending one of them, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.auth import sessions
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.account_keys import sessions_of
from photo_wire.moment import format_time, to_milliseconds
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import same_origin, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)
VERA = "a password of vera's"


def browser(own: Backend, user_agent: str, password: str = "", name: str = "owner") -> Api:
    """Return a browser of somebody who signed in."""
    api = Api(own)
    api.http.headers["User-Agent"] = user_agent
    assert sign_in(api, password or own.password, name).status_code == 200
    return api


def listed(api: Api, path: str = "/api/sessions") -> list[dict[str, Any]]:
    reply = api.ask(path)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["sessions"]
    return found


@pytest.fixture
def owner(own: Backend) -> Api:
    """The owner's browser, with a viewer vera added."""
    api = browser(own, FIREFOX)
    person = {"name": "vera", "password": VERA}
    assert api.ask("/api/people", same_origin(api), "POST", json=person).status_code == 201
    return api


def test_a_person_sees_where_they_are_signed_in(owner: Api) -> None:
    """The network, not the address; and nothing of other people's sessions, nor a secret."""
    phone = browser(owner.backend, SAFARI)
    browser(owner.backend, FIREFOX, VERA, "vera")
    here, there = sorted(listed(owner), key=lambda one: not one["current"])
    assert (here["browser"], here["system"], here["network"]) == (
        "Firefox",
        "Linux",
        "192.0.2.0/24",
    )
    assert (there["browser"], there["system"], there["current"]) == ("Safari", "iOS", False)
    assert here["signed_in_at"] == here["used_at"] < here["expires_at"]
    secret = phone.http.cookies["nightjar_session"].rpartition(".")[2]
    assert secret not in str([here, there])


def test_a_person_ends_one_of_their_sessions(owner: Api) -> None:
    """The others stay. Ended twice, it is not there. Ended here, the browser forgets it."""
    phone = browser(owner.backend, SAFARI)
    here, there = sorted(listed(owner), key=lambda one: not one["current"])
    ended = [
        owner.ask(f"/api/sessions/{there['id']}", same_origin(owner), "DELETE").status_code
        for _ in range(2)
    ]
    assert ended == [204, 404]
    assert (phone.ask("/api/session").status_code, len(listed(owner))) == (401, 1)
    reply = owner.ask(f"/api/sessions/{here['id']}", same_origin(owner), "DELETE")
    assert reply.status_code == 204
    assert "nightjar_session" not in owner.http.cookies
    assert browser(owner.backend, FIREFOX).ask("/api/accesses").json()["accesses"][1]["what"] == (
        "ended a session of"
    )


def test_nobody_ends_the_session_of_another_but_an_owner(owner: Api) -> None:
    """An owner sees them, too. A viewer learns nothing of whether there is a session."""
    vera = browser(owner.backend, SAFARI, VERA, "vera")
    (of_owner,), path = listed(owner), "/api/people/vera/sessions"
    reply = vera.ask(f"/api/sessions/{of_owner['id']}", same_origin(vera), "DELETE")
    assert reply.status_code == 404
    for name in ("owner", "vera", "nobody"):
        assert vera.ask(f"/api/people/{name}/sessions").status_code == 403
    (of_vera,) = listed(owner, path)
    assert (of_vera["browser"], of_vera["current"]) == ("Safari", False)
    reply = owner.ask(f"{path}/{of_vera['id']}", same_origin(owner), "DELETE")
    assert (reply.status_code, listed(owner, path)) == (204, [])
    assert vera.ask("/api/session").status_code == 401
    assert listed(owner, "/api/people/nobody/sessions") == []


@pytest.mark.parametrize("session", ["x", "0" * 63, "0" * 65, "g" * 64, "A" * 64])
def test_what_is_no_session_is_refused(owner: Api, session: str) -> None:
    reply = owner.ask(f"/api/sessions/{session}", same_origin(owner), "DELETE")
    assert reply.status_code == 400


def test_a_session_of_the_version_before_is_listed_as_such(owner: Api) -> None:
    """It has a role, cameras and an end alone. Its use is recorded from now on."""
    accounts = connect(Settings(owner.backend.connection_string)).accounts
    until = to_milliseconds(datetime.now(UTC)) + timedelta(days=3)
    old = {"role": "owner", "cameras": "*", "until": format_time(until)}
    accounts.upsert(sessions_of("owner"), "a" * 64, old)
    (shown,) = [one for one in listed(owner) if one["id"] == "a" * 64]
    assert shown == {
        "id": "a" * 64,
        "browser": None,
        "system": None,
        "network": None,
        "signed_in_at": format_time(until - sessions.SESSION_TTL),
        "used_at": None,
        "expires_at": format_time(until),
        "current": False,
    }
