"""Signing in and out over HTTP, passwords, and what too many wrong ones cost."""

import secrets
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import login_throttle, users
from function_app.auth.client_address import client_address, logged_network
from function_app.auth.passwords import hash_password, password_problem, verify_password
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage import account_keys
from tests.conftest import NewStore, StartBackend
from tests.function_app.api import Api
from tests.function_app.memory_store import MemoryTable
from tests.support.backend import Backend
from tests.support.browser import (
    NEW_PASSWORD,
    exhaust_attempts,
    same_origin,
    sign_in,
    until_refused,
)
from tests.support.waiting import wait_for

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def own(new_store: NewStore, start_backend: StartBackend) -> Backend:
    """A backend with a store of its own, where nobody has signed in yet."""
    return start_backend(new_store())


@pytest.fixture
def browsers(own: Backend) -> tuple[Api, Api]:
    """Two browsers of the owner, signed in."""
    found = Api(own), Api(own)
    for one in found:
        assert sign_in(one, own.password).status_code == 200
    return found


def test_a_session_reads_until_it_is_closed(browsers: tuple[Api, Api]) -> None:
    """The cookie holds nothing of the password; closed, it opens nothing, wherever a copy is."""
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


def test_signing_out_everywhere_ends_all_sessions(browsers: tuple[Api, Api]) -> None:
    """This one, too."""
    api, other = browsers
    assert api.ask("/api/sessions", same_origin(api), "DELETE").json() == {"ended": 2}
    assert [one.ask("/api/photos").status_code for one in browsers] == [401, 401]
    assert other.ask("/api/session").status_code == 401


def test_a_changed_password_counts_and_the_first_one_no_more(browsers: tuple[Api, Api]) -> None:
    """Whoever changed it stays; all other sessions of the person are over."""
    api, other = browsers
    said = {"old": api.backend.password, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=said).status_code == 204
    assert api.ask("/api/photos").status_code == 200
    assert other.ask("/api/photos").status_code == 401
    assert sign_in(other, api.backend.password).status_code == 401
    assert sign_in(other, NEW_PASSWORD).status_code == 200


def test_the_setting_counts_until_the_owner_changed_the_password(own: Backend) -> None:
    """Whoever deploys with another one, since the first one leaked, has shut that out; once it was
    changed in the gallery, the setting opens nothing, whatever it is."""
    leaked, api = own.password, Api(own)
    assert sign_in(api, leaked).status_code == 200
    restart(own, "a second password")
    assert sign_in(Api(own), leaked).status_code == 401
    assert api.ask("/api/photos").status_code == 200, "sessions are ended by signing out"
    assert sign_in(api, own.password).status_code == 200
    said = {"old": leaked, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=said).status_code == 403
    said = {"old": own.password, "new": NEW_PASSWORD}
    assert api.ask("/api/password", same_origin(api), "PUT", json=said).status_code == 204
    restart(own, "a third password")
    found = [sign_in(Api(own), one).status_code for one in (own.password, leaked, NEW_PASSWORD)]
    assert found == [401, 401, 200]
    connect(Settings(own.connection_string)).people.remove(account_keys.USERS, users.OWNER)
    assert sign_in(Api(own), own.password).status_code == 200, "reset, as docs/api.md says"


def restart(own: Backend, password: str) -> None:
    """As a deployment does that sets another GALLERY_PASSWORD."""
    own.stop()
    own.password = password
    own.start()


def test_without_the_setting_the_owner_who_never_changed_it_is_out(own: Backend) -> None:
    """And in again with it."""
    first = own.password
    assert sign_in(Api(own), first).status_code == 200
    restart(own, "")
    assert [sign_in(Api(own), one).status_code for one in (first, "")] == [401, 401]
    restart(own, first)
    assert sign_in(Api(own), first).status_code == 200


def test_a_password_is_changed_by_who_knows_it(browsers: tuple[Api, Api]) -> None:
    """Nothing else changes it, and a weak one is not taken."""
    api, other = browsers
    for said, expected in (
        ({"old": "not the old one", "new": NEW_PASSWORD}, 403),
        ({"old": "", "new": "short"}, 403),
        ({"new": NEW_PASSWORD}, 400),
        ({"old": 5, "new": NEW_PASSWORD}, 400),
        ({"old": api.backend.password, "new": "short"}, 400),
        ({}, 400),
    ):
        reply = api.ask("/api/password", same_origin(api), "PUT", json=said)
        assert reply.status_code == expected
    assert other.ask("/api/photos").status_code == 200


def test_wrong_passwords_are_refused_and_then_cost_time(own: Backend) -> None:
    """Five are free. Then even the right one waits, and is told how long."""
    api = Api(own)
    statuses, reply = until_refused(lambda: sign_in(api, "wrong password"))
    assert statuses == [401] * max(login_throttle.FREE_FAILURES + 1, len(statuses))
    assert (
        int(reply.headers["Retry-After"]) <= 2 ** (len(statuses) - login_throttle.FREE_FAILURES) + 1
    )
    assert sign_in(api, own.password).status_code == 429


def test_strangers_do_not_keep_a_session_from_another_password(own: Backend) -> None:
    """Their wrong passwords count for their address; those said in the session, for the session."""
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
def test_anything_else_is_malformed(api: Api, body: bytes) -> None:
    """400, and no cookie."""
    reply = api.ask("/api/session", method="POST", data=body)
    assert reply.status_code == 400
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("name", ["", "nobody", "Ö", "a" * 300, "owner'", "../owner", "sessions~"])
def test_who_is_not_known_does_not_sign_in(api: Api, name: str) -> None:
    """With the same words as for a wrong password."""
    reply = sign_in(api, api.backend.password, name, address=secrets.token_hex(8))
    assert (reply.status_code, reply.json()["detail"]) == (401, "Name or password is wrong.")


def test_another_site_signs_nobody_in(api: Api) -> None:
    said = {"name": "owner", "password": api.backend.password}
    evil = {"Origin": "https://evil.example"}
    reply = api.ask("/api/session", evil, "POST", json=said)
    assert reply.status_code == 403


def test_the_access_log_tells_who_signed_in_and_who_did_not(own: Backend) -> None:
    api = Api(own)
    sign_in(api, "a wrong password")
    sign_in(api, own.password)
    reply = api.ask("/api/accesses")
    assert [(one["who"], one["what"]) for one in reply.json()["accesses"]] == [
        ("owner", "signed in"),
        ("somebody", "did not sign in"),
    ]


@settings(max_examples=5, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_only_the_password_opens(password: str, other: str) -> None:
    """Any text can be one as far as its hash is concerned; the hash says nothing of it."""
    kept = hash_password(password)
    assert verify_password(password, kept)
    assert verify_password(other, kept) is (other == password)
    assert not verify_password(password, None)
    assert hash_password(password) != kept


@pytest.mark.parametrize("password", ["", "short", "a" * 20, "x" * 201])
def test_a_weak_password_is_not_taken(password: str) -> None:
    assert password_problem(password)


@pytest.mark.parametrize(
    ("headers", "address", "network"),
    [
        ({}, "", ""),
        ({"X-Forwarded-For": "203.0.113.9:51234"}, "203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, "203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "[2001:db8:1:2::3]:443"}, "2001:db8:1:2::3", "2001:db8:1::/48"),
        ({"X-Forwarded-For": "2001:db8:1:2::3"}, "2001:db8:1:2::3", "2001:db8:1::/48"),
        ({"X-Forwarded-For": "::ffff:203.0.113.9"}, "::ffff:203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "unknown"}, "unknown", ""),
    ],
)
def test_an_address_is_the_front_end_s_word_and_is_not_kept_in_full(
    headers: dict[str, str], address: str, network: str
) -> None:
    assert client_address(headers, 1) == address
    assert logged_network(address) == network


def test_the_first_password_is_the_owner_s_alone() -> None:
    """It makes no account for anybody else, and none without a setting."""
    rows = MemoryTable()
    assert users.authenticate(rows, "anna", "first password", "first password") is None
    assert users.authenticate(rows, "owner", "first password", None) is None
    assert users.list_users(rows) == []
    assert users.authenticate(rows, "owner", "first password", "first password")
    assert [one.name for one in users.list_users(rows)] == ["owner"]
