"""Signing in with codes of an authenticator app, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.account_keys import TOTP, USERS, sessions_of
from photo_wire.moment import format_time
from tests.support.api import Api
from tests.support.authenticator_app import code_of
from tests.support.backend import Backend
from tests.support.browser import prolong_waits, same_origin, sign_in, until_refused

VERA = "a password of vera's"


class Phone:
    """Somebody's browser, and the authenticator app that they set up with it."""

    def __init__(self, own: Backend, name: str = "owner", password: str = "") -> None:
        self.api, self.name, self.password = Api(own), name, password or own.password
        assert sign_in(self.api, self.password, name).status_code == 200
        self.secret, self.recovery, self._later = "", [""], 0

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        return self.api.ask(path, same_origin(self.api), method, json=body)

    def code(self) -> str:
        """Return a code that was not used yet."""
        self._later += 1
        assert self._later <= 2, "a clock may be ahead by one period"
        return code_of(self.secret, datetime.now(UTC), self._later - 1)

    def enroll(self) -> None:
        self.secret = self.call("POST", "/api/totp").json()["secret"]
        reply = self.call("POST", "/api/totp/confirmation", {"code": self.code()})
        assert reply.status_code == 200, reply.text
        self.recovery = reply.json()["recovery_codes"]

    def sign_in(self, password: str = "", **more: str) -> requests.Response:
        """Sign in with another browser."""
        body = {"name": self.name, "password": password or self.password, **more}
        return Api(self.api.backend).ask("/api/session", None, "POST", json=body)


@pytest.fixture
def owner(own: Backend) -> Phone:
    """The owner, whose password is the setting's, with an app."""
    phone = Phone(own)
    phone.enroll()
    return phone


def problem(reply: requests.Response) -> tuple[int, str | None]:
    return reply.status_code, reply.json().get("type")


def test_a_sign_in_needs_a_code(owner: Phone) -> None:
    """And each code is accepted once."""
    assert problem(owner.sign_in()) == (401, "code-required")
    assert problem(owner.sign_in(code="000000")) == (401, "code-required")
    code = owner.code()
    assert owner.sign_in(code=code).status_code == 200
    assert problem(owner.sign_in(code=code)) == (401, "code-required")
    found = [owner.sign_in(code=owner.recovery[0]).status_code for _ in range(2)]
    assert found == [200, 401]
    assert owner.call("GET", "/api/totp").json()["recovery_codes"] == 9


def test_who_does_not_know_the_password_learns_nothing_of_codes(owner: Phone) -> None:
    """The answer is that of a person who has no app, and of one who does not exist."""
    assert owner.call("POST", "/api/people", {"name": "vera", "password": VERA}).ok
    bodies: list[dict[str, Any]] = [
        {"name": name, "password": "wrong", **code}
        for name in ("owner", "vera", "nobody")
        for code in ({}, {"code": "000000"}, {"code": owner.recovery[0]})
    ]
    replies = [
        Api(owner.api.backend).ask(
            "/api/session", {"X-Forwarded-For": f"192.0.2.{number}"}, "POST", json=body
        )
        for number, body in enumerate(bodies)
    ]
    assert {(reply.status_code, reply.text) for reply in replies} == {(401, replies[0].text)}
    assert "type" not in replies[0].json()
    assert owner.sign_in(code=owner.recovery[0]).status_code == 200, "it was not used up"


def test_wrong_codes_count_as_wrong_passwords(owner: Phone) -> None:
    """Right passwords in between take nothing back."""

    def attempt() -> requests.Response:
        assert owner.sign_in().status_code in (401, 429)
        return owner.sign_in(code="000000")

    statuses, _ = until_refused(attempt)
    assert len(statuses) <= 8
    prolong_waits(owner.api.backend)
    assert owner.sign_in(code=owner.recovery[0]).status_code == 429
    done = [one["what"] for one in owner.call("GET", "/api/accesses").json()["accesses"]]
    assert done.count("gave the right password and a wrong code") == len(statuses)


def test_the_picture_is_that_of_the_address(own: Backend) -> None:
    """It has no style of its own, which the pages' policy forbids."""
    phone = Phone(own)
    begun = phone.call("POST", "/api/totp").json()
    assert begun["uri"].startswith("otpauth://totp/Nightjar")
    assert begun["secret"] in begun["uri"]
    picture = ElementTree.fromstring(begun["qr"])  # noqa: S314 - our own
    assert picture.tag.endswith("svg")
    assert "style" not in begun["qr"]


def test_removing_it_needs_the_password_and_a_code(owner: Phone) -> None:
    """Whoever has a session and the password gets only a few guesses at the code."""
    code = owner.code()
    for body in ({"password": "wrong", "code": code}, {"password": owner.password, "code": "0"}):
        assert owner.call("DELETE", "/api/totp", body).status_code == 403
    for body in ({}, {"code": code}, {"password": owner.password}):
        assert owner.call("DELETE", "/api/totp", body).status_code == 400
    body = {"password": owner.password, "code": code}
    assert owner.call("DELETE", "/api/totp", body).status_code == 204
    assert owner.sign_in().status_code == 200
    assert not owner.call("GET", "/api/totp").json()["enabled"]


def test_guesses_at_a_code_in_a_session_are_throttled(owner: Phone) -> None:
    body = {"password": owner.password, "code": "000000"}
    statuses, _ = until_refused(lambda: owner.call("DELETE", "/api/totp", body))
    assert len(statuses) <= 8


def test_an_old_session_needs_the_password_to_add_an_app(own: Backend) -> None:
    """Whoever finds an open session cannot lock its person out."""
    phone = Phone(own)
    accounts = connect(Settings(own.connection_string)).accounts
    (row,) = accounts.query(sessions_of("owner"), 10)
    older = datetime.now(UTC) + timedelta(days=14) - timedelta(minutes=11)
    accounts.upsert(sessions_of("owner"), row.key, {**row.properties, "until": format_time(older)})
    assert problem(phone.call("POST", "/api/totp")) == (403, "password-required")
    assert problem(phone.call("POST", "/api/totp", {"password": "wrong"})) == (403, None)
    assert phone.call("POST", "/api/totp", {"password": own.password}).status_code == 200


def test_an_owner_removes_the_app_of_a_lost_phone(owner: Phone) -> None:
    """That ends the person's sessions. Nobody does it for themselves, a viewer for nobody."""
    assert owner.call("POST", "/api/people", {"name": "vera", "password": VERA}).ok
    vera = Phone(owner.api.backend, "vera", VERA)
    vera.enroll()
    path = "/api/people/{}/totp"
    assert vera.call("DELETE", path.format("owner")).status_code == 403
    assert owner.call("DELETE", path.format("owner")).status_code == 403
    token = owner.call("POST", "/api/tokens", {"name": "t", "scopes": ["admin"]}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    reply = Api(owner.api.backend).ask(path.format("owner"), bearer, "DELETE")
    assert reply.status_code == 403, "nor by a token that one made"
    assert owner.call("DELETE", path.format("vera")).status_code == 204
    assert vera.call("GET", "/api/session").status_code == 401
    assert vera.sign_in().status_code == 200
    assert owner.call("DELETE", path.format("vera")).status_code == 404
    assert problem(owner.sign_in()) == (401, "code-required")


def test_the_app_of_a_removed_person_is_forgotten(owner: Phone) -> None:
    """Another person of that name signs in without it."""
    person = {"name": "vera", "password": VERA}
    assert owner.call("POST", "/api/people", person).ok
    vera = Phone(owner.api.backend, "vera", VERA)
    vera.enroll()
    assert owner.call("DELETE", "/api/people/vera").ok
    assert problem(vera.sign_in()) == (401, None)
    assert owner.call("POST", "/api/people", person).ok
    assert vera.sign_in().status_code == 200


def test_the_owner_who_lost_all_begins_anew(owner: Phone) -> None:
    """By deleting their row, as docs/api.md says."""
    accounts = connect(Settings(owner.api.backend.connection_string)).accounts
    accounts.remove(USERS, "owner")
    assert owner.sign_in().status_code == 200
    assert accounts.get(TOTP, "owner") is None


def test_tokens_and_sessions_go_on(owner: Phone) -> None:
    """A code is for signing in alone."""
    assert owner.call("GET", "/api/session").status_code == 200
    assert owner.api.read("/api/photos").status_code == 200


@pytest.mark.parametrize("code", ["", "0" * 100, "\u0000", "\u0660" * 6])
def test_the_form_asks_for_the_code(owner: Phone, code: str) -> None:
    """It works without JavaScript. A wrong code is refused, and the right one accepted."""
    form = {"name": "owner", "password": owner.password, "next": "/"}
    api = Api(owner.api.backend)

    def post(**more: str) -> requests.Response:
        path, headers = "/sign-in", same_origin(api)
        return api.ask(path, headers, "POST", data={**form, **more}, allow_redirects=False)

    reply = post(code=code)
    assert reply.status_code == 401
    assert '<div id="code-part">' in reply.text
    assert owner.password not in reply.text
    assert post(code=owner.recovery[1]).status_code == 303
    assert api.ask("/api/session").status_code == 200
