"""Signing in and out over HTTP, changing passwords, and waits after wrong ones."""

import secrets
from datetime import UTC, datetime

import azure.functions as func
import pytest
import requests

from function_app.auth import login_throttle, users
from function_app.http.responses import Response
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage import account_keys
from function_app.storage.errors import StorageUnavailableError
from photo_wire.problem import PROBLEM_TYPE
from tests.conftest import NewStore, StartBackend
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import (
    NEW_PASSWORD,
    exhaust_attempts,
    prolong_waits,
    same_origin,
    sign_in,
    until_refused,
)
from tests.support.handlers import call
from tests.support.memory_store import memory_services
from tests.support.pages import SITE, session_cookie
from tests.support.waiting import wait_for

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def browsers(own: Backend) -> tuple[Api, Api]:
    """Return two browsers of the owner, signed in."""
    found = Api(own), Api(own)
    for one in found:
        assert sign_in(one, own.password).status_code == 200
    return found


def test_a_session_is_valid_until_it_is_closed(browsers: tuple[Api, Api]) -> None:
    """The cookie contains nothing of the password. Once closed, every copy is invalid."""
    api, other = browsers
    assert not any(api.backend.password in value for value in api.http.cookies.values())
    name, value = "nightjar_session", api.http.cookies["nightjar_session"]
    assert api.ask("/api/photos").status_code == 200
    assert api.ask("/api/session").json()["name"] == "owner"
    copy = {"Cookie": f"{name}={value}"}
    assert api.ask("/api/session", same_origin(api), "DELETE").status_code == 204
    assert (
        requests.get(f"{api.backend.base_url}/api/photos", headers=copy, timeout=90).status_code
        == 401
    )
    assert other.ask("/api/photos").status_code == 200


def test_a_browser_forgets_its_session_while_the_store_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a shared computer: as by the page's button, also by a script."""
    services = memory_services(Settings(""))
    cookie = session_cookie(services)

    def fail(partition: str, key: str) -> None:
        raise StorageUnavailableError("stopped")

    def sign_out(**headers: str) -> Response:
        headers |= {"Cookie": cookie}
        path = f"{SITE}/api/session"
        request = func.HttpRequest("DELETE", path, headers=headers, body=b"")
        return call("close_session", request, services)

    assert sign_out(Origin="https://evil.example").cookies == ()
    with monkeypatch.context() as patch:
        patch.setattr(services.accounts, "get", fail)
        reply = sign_out(Origin=SITE)
    assert (reply.status, reply.content_type) == (503, PROBLEM_TYPE)
    [forgotten] = reply.cookies
    assert forgotten.startswith(cookie.partition("=")[0] + "=;") or '=""' in forgotten
    assert "Max-Age=0" in forgotten
    monkeypatch.setattr(services.accounts, "remove", fail)  # it is found, and cannot be ended
    assert "Max-Age=0" in sign_out(Origin=SITE).cookies[0]


def test_signing_out_everywhere_ends_all_sessions(browsers: tuple[Api, Api]) -> None:
    """Including the current one."""
    api, other = browsers
    assert api.ask("/api/sessions", same_origin(api), "DELETE").json() == {
        "ended": 2,
        "channels": [],
    }
    assert [one.ask("/api/photos").status_code for one in browsers] == [401, 401]
    assert other.ask("/api/session").status_code == 401


def test_a_new_password_replaces_the_old_one(browsers: tuple[Api, Api]) -> None:
    """The current session stays; all other sessions of the user end."""
    api, other = browsers
    body = {"old": api.backend.password, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=body).status_code == 204
    assert api.ask("/api/photos").status_code == 200
    assert other.ask("/api/photos").status_code == 401
    assert sign_in(other, api.backend.password).status_code == 401
    assert sign_in(other, NEW_PASSWORD).status_code == 200


@pytest.mark.slow
def test_the_setting_is_valid_until_the_owner_changes_the_password(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """A deployment with another one invalidates a leaked one. Once the password was changed in the
    gallery, the setting has no effect."""
    own = start_backend(new_store())
    leaked, api = own.password, Api(own)
    assert sign_in(api, leaked).status_code == 200
    restart(own, "a second password")
    assert sign_in(Api(own), leaked).status_code == 401
    assert api.ask("/api/photos").status_code == 200, "sessions are ended by signing out"
    assert sign_in(api, own.password).status_code == 200
    body = {"old": leaked, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=body).status_code == 403
    body = {"old": own.password, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=body).status_code == 204
    restart(own, "a third password")
    found = [sign_in(Api(own), one).status_code for one in (own.password, leaked, NEW_PASSWORD)]
    assert found == [401, 401, 200]
    connect(Settings(own.connection_string)).accounts.remove(account_keys.USERS, users.OWNER)
    assert sign_in(Api(own), own.password).status_code == 200, "reset, as docs/api.md says"


def restart(own: Backend, password: str) -> None:
    """Restart as a deployment does that sets another GALLERY_PASSWORD."""
    own.stop()
    own.password = password
    own.start()


@pytest.mark.slow
def test_without_the_setting_an_unchanged_password_is_invalid(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """With the setting it is valid again."""
    own = start_backend(new_store())
    first = own.password
    assert sign_in(Api(own), first).status_code == 200
    restart(own, "")
    assert [sign_in(Api(own), one).status_code for one in (first, "")] == [401, 401]
    restart(own, first)
    assert sign_in(Api(own), first).status_code == 200


def test_changing_the_password_requires_the_old_one(browsers: tuple[Api, Api]) -> None:
    """A weak new one is refused."""
    api, other = browsers
    for body, expected in (
        ({"old": "not the old one", "new": NEW_PASSWORD}, 403),
        ({"old": "", "new": "short"}, 403),
        ({"new": NEW_PASSWORD}, 400),
        ({"old": 5, "new": NEW_PASSWORD}, 400),
        ({"old": api.backend.password, "new": "short"}, 400),
        ({}, 400),
    ):
        reply = api.ask("/api/password", same_origin(api), "PUT", json=body)
        assert reply.status_code == expected
    assert other.ask("/api/photos").status_code == 200


def test_wrong_passwords_are_refused_and_then_throttled(own: Backend) -> None:
    """Five are free. Then even the right one has to wait, and Retry-After says how long."""
    api = Api(own)
    statuses, reply = until_refused(lambda: sign_in(api, "wrong password"))
    assert statuses == [401] * max(login_throttle.FREE_FAILURES + 1, len(statuses))
    assert (
        int(reply.headers["Retry-After"]) <= 2 ** (len(statuses) - login_throttle.FREE_FAILURES) + 1
    )
    prolong_waits(own)
    assert sign_in(api, own.password).status_code == 429


@pytest.mark.slow
def test_strangers_do_not_stop_a_session_from_changing_the_password(own: Backend) -> None:
    """Their failures count for their address; those in the session count for the session."""
    api = Api(own)
    assert sign_in(api, own.password).status_code == 200
    exhaust_attempts(own)
    wrong, right = {"old": "wrong", "new": NEW_PASSWORD}, {"old": own.password, "new": NEW_PASSWORD}
    asked, _ = until_refused(lambda: api.ask("/api/password", same_origin(api), "PUT", json=wrong))
    assert asked == [403] * max(login_throttle.FREE_FAILURES + 1, len(asked))
    wait_for(
        lambda: api.ask("/api/password", same_origin(api), "PUT", json=right).status_code == 204
    )


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"no json", b'{"password": 5}', b"{}", b'{"x": 1}'),
        b'{"name": "\\ud800", "password": "half a surrogate pair"}',
    ],
)
def test_a_malformed_sign_in_is_refused(api: Api, body: bytes) -> None:
    """400, and no cookie."""
    reply = api.ask("/api/session", method="POST", data=body)
    assert reply.status_code == 400
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("name", ["", "nobody", "Ö", "a" * 300, "owner'", "../owner", "sessions~"])
def test_an_unknown_user_is_refused(api: Api, name: str) -> None:
    """With the same text as for a wrong password."""
    reply = sign_in(api, api.backend.password, name, address=secrets.token_hex(8))
    assert (reply.status_code, reply.json()["detail"]) == (401, "Name or password is wrong.")


def test_a_sign_in_from_another_site_is_refused(api: Api) -> None:
    body = {"name": "owner", "password": api.backend.password}
    evil = {"Origin": "https://evil.example"}
    reply = api.ask("/api/session", evil, "POST", json=body)
    assert reply.status_code == 403


def test_sign_ins_are_logged_with_their_result(own: Backend) -> None:
    api = Api(own)
    sign_in(api, "a wrong password")
    sign_in(api, own.password)
    reply = api.ask("/api/accesses")
    assert [(one["who"], one["what"]) for one in reply.json()["accesses"]] == [
        ("owner", "signed in"),
        ("somebody", "did not sign in"),
    ]
