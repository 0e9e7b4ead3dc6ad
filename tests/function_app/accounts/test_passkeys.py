"""Adding passkeys and signing in by them, over HTTP, with an authenticator in software."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import cbor2
import pytest
import requests
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from function_app.auth import passkeys, totp, users
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.account_keys import CHALLENGES, PASSKEYS, USERS, sessions_of
from photo_wire.moment import format_time
from tests.support.api import Api
from tests.support.authenticator_app import code_of
from tests.support.backend import Backend
from tests.support.browser import prolong_waits, same_origin, sign_in, until_refused
from tests.support.soft_authenticator import PRESENT, SoftAuthenticator

VERA = {"name": "vera", "password": "a password of vera's"}
Json = dict[str, Any]


class Browser:
    """A browser with the gallery open."""

    def __init__(self, own: Backend) -> None:
        self.api, self.origin = Api(own), own.base_url
        self.accounts = connect(Settings(own.connection_string)).accounts

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        return self.api.ask(path, same_origin(self.api), method, json=body)

    def challenge(self, path: str = "/api/session/passkey/options") -> Json:
        reply = self.call("POST", path)
        assert reply.status_code == 200, reply.text
        return cast(Json, reply.json())

    def options(self) -> Json:
        return self.challenge("/api/passkeys/options")

    def add(self, credential: Json, label: object = "laptop") -> requests.Response:
        return self.call("POST", "/api/passkeys", {"label": label, "credential": credential})

    def add_new(self, key: SoftAuthenticator, label: str = "laptop") -> None:
        assert self.add(key.create(self.options(), self.origin), label).status_code == 201

    def send(self, credential: object) -> requests.Response:
        return self.call("POST", "/api/session/passkey", {"credential": credential})

    def sign_in(self, key: SoftAuthenticator) -> requests.Response:
        return self.send(key.sign(self.challenge(), self.origin))

    def passkeys(self) -> list[Json]:
        return cast(list[Json], self.call("GET", "/api/passkeys").json()["passkeys"])


@pytest.fixture
def owner(own: Backend) -> Browser:
    """The owner's browser, signed in with the password of the setting."""
    browser = Browser(own)
    assert sign_in(browser.api, own.password).status_code == 200
    return browser


@pytest.fixture
def key(owner: Browser) -> SoftAuthenticator:
    """A passkey of the owner."""
    one = SoftAuthenticator()
    owner.add_new(one)
    return one


def other(owner: Browser) -> Browser:
    """Return another browser."""
    return Browser(owner.api.backend)


def vera_of(owner: Browser) -> Browser:
    """Add a viewer and return their browser, signed in."""
    assert owner.call("POST", "/api/people", VERA).status_code == 201
    vera = other(owner)
    assert sign_in(vera.api, VERA["password"], "vera").status_code == 200
    return vera


def test_a_person_signs_in_without_a_name(owner: Browser, key: SoftAuthenticator) -> None:
    """The list says when, and the audit log as well."""
    stranger = other(owner)
    reply = stranger.sign_in(key)
    assert (reply.status_code, reply.json()["name"]) == (200, "owner")
    assert stranger.call("GET", "/api/session").json()["name"] == "owner"
    (listed,) = owner.passkeys()
    assert listed["label"] == "laptop"
    assert listed["used_at"] >= listed["added_at"]
    entries = owner.call("GET", "/api/accesses").json()["accesses"]
    assert [(one["what"], one["which"]) for one in entries[:2]] == [
        ("signed in by passkey", None),
        ("added the passkey", "laptop"),
    ]


def test_options_are_the_same_for_all_but_for_the_challenge(
    owner: Browser, key: SoftAuthenticator
) -> None:
    """Nothing says who has a passkey: those to sign in name none."""
    first, second = owner.challenge(), other(owner).challenge()
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second
    assert (first["rpId"], first["allowCredentials"]) == ("127.0.0.1", [])
    assert first["userVerification"] == "preferred"
    adding = owner.options()
    assert adding["authenticatorSelection"]["residentKey"] == "required"
    assert [one["id"] for one in adding["excludeCredentials"]] == [bytes_to_base64url(key.id)]


def test_a_challenge_is_answered_once(owner: Browser, key: SoftAuthenticator) -> None:
    """Whether the answer was right or not."""
    answer = key.sign(owner.challenge(), owner.origin)
    assert [other(owner).send(answer).status_code for _ in range(2)] == [200, 401]
    options = owner.challenge()
    assert owner.send(key.sign(options, "https://evil.example")).status_code == 401
    assert owner.send(key.sign(options, owner.origin)).status_code == 401


def test_a_passkey_is_added_by_the_session_that_asked(owner: Browser) -> None:
    """Not by another one of the same person."""
    credential = SoftAuthenticator().create(owner.options(), owner.origin)
    again = other(owner)
    assert sign_in(again.api, owner.api.backend.password).status_code == 200
    assert [one.add(credential).status_code for one in (again, owner)] == [400, 400]


def test_a_challenge_is_for_one_purpose(owner: Browser, key: SoftAuthenticator) -> None:
    """One to add a passkey signs nobody in, nor the other way round."""
    adding = owner.options()
    assert owner.send(key.sign({**adding, "rpId": "127.0.0.1"}, owner.origin)).status_code == 401
    options = {**adding, "challenge": owner.challenge()["challenge"]}
    assert owner.add(SoftAuthenticator().create(options, owner.origin)).status_code == 400


def test_a_challenge_expires(owner: Browser, key: SoftAuthenticator) -> None:
    answer = key.sign(owner.challenge(), owner.origin)
    past = format_time(datetime.now(UTC) - timedelta(seconds=1))
    for row in owner.accounts.query(CHALLENGES, 10):
        owner.accounts.upsert(CHALLENGES, row.key, {**row.properties, "until": past})
    assert owner.send(answer).status_code == 401


def test_an_invented_challenge_is_refused(owner: Browser, key: SoftAuthenticator) -> None:
    for challenge in (bytes_to_base64url(bytes(32)), "", "A"):
        answer = key.sign({**owner.challenge(), "challenge": challenge}, owner.origin)
        assert owner.send(answer).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", ""])
def test_another_origin_is_refused(owner: Browser, key: SoftAuthenticator, origin: str) -> None:
    assert owner.send(key.sign(owner.challenge(), origin)).status_code == 401
    assert owner.add(SoftAuthenticator().create(owner.options(), origin)).status_code == 400


def test_a_request_of_another_site_is_refused(owner: Browser, key: SoftAuthenticator) -> None:
    """As is one that names none: a browser always does."""
    answer = key.sign(owner.challenge(), owner.origin)
    headers: dict[str, str]
    for headers in ({"Origin": "https://evil.example"}, {}):
        for path, body in (
            ("/api/session/passkey/options", None),
            ("/api/session/passkey", {"credential": answer}),
            ("/api/passkeys/options", None),
        ):
            assert owner.api.ask(path, headers, "POST", json=body).status_code == 403


def test_another_relying_party_is_refused(owner: Browser, key: SoftAuthenticator) -> None:
    assert owner.send(key.sign(owner.challenge(), owner.origin, "evil.example")).status_code == 401
    credential = SoftAuthenticator().create(owner.options(), owner.origin, "evil.example")
    assert owner.add(credential).status_code == 400


def test_a_passkey_works_at_the_host_where_it_was_added(
    owner: Browser, key: SoftAuthenticator
) -> None:
    """At another of the gallery's names it does not, whatever its authenticator signs."""
    (row,) = owner.accounts.query(PASSKEYS, 10)
    moved = {**row.properties, "rp_id": "gallery.example"}
    owner.accounts.upsert(PASSKEYS, row.key, moved)
    for rp_id in ("127.0.0.1", "gallery.example"):
        answer = key.sign(owner.challenge(), owner.origin, rp_id)
        assert owner.send(answer).status_code == 401


def test_a_count_that_goes_back_is_refused(owner: Browser, key: SoftAuthenticator) -> None:
    """It is that of a copy."""
    key.count = 5
    assert owner.sign_in(key).status_code == 200
    for count in (6, 5, 1, 0):
        key.count = count - 1  # a signature adds one
        assert other(owner).sign_in(key).status_code == 401
    key.count = 6
    assert other(owner).sign_in(key).status_code == 200


def test_an_authenticator_need_not_count(owner: Browser) -> None:
    """Those that keep a passkey on several devices send 0 each time."""
    key = SoftAuthenticator()
    owner.add_new(key)
    for _ in range(2):
        key.count = -1
        assert other(owner).sign_in(key).status_code == 200


def test_whatever_is_wrong_has_the_same_answer(owner: Browser, key: SoftAuthenticator) -> None:
    """Another key, an unknown passkey, another's user handle, and a changed signature."""
    wrong = (
        SoftAuthenticator(id=key.id, handle=key.handle),
        SoftAuthenticator(handle=key.handle),
        SoftAuthenticator(id=key.id, key=key.key, handle="AAAA"),
    )
    replies = [other(owner).sign_in(one) for one in wrong]
    changed = key.sign(owner.challenge(), owner.origin)
    changed["response"]["signature"] = changed["response"]["signature"][:-4] + "AAAA"
    replies.append(owner.send(changed))
    assert {(one.status_code, one.text) for one in replies} == {(401, replies[0].text)}


def test_a_passkey_belongs_to_one_person(owner: Browser, key: SoftAuthenticator) -> None:
    """Somebody else cannot add it as theirs, nor remove it, nor learn of it."""
    vera = vera_of(owner)
    copied = SoftAuthenticator(id=key.id).create(vera.options(), vera.origin)
    assert vera.add(copied).status_code == 409
    assert vera.passkeys() == []
    (listed,) = owner.passkeys()
    assert vera.call("DELETE", f"/api/passkeys/{listed['id']}").status_code == 404
    assert owner.sign_in(key).json()["name"] == "owner"


def attestations() -> list[bytes]:
    """Return attestation objects that no authenticator sends."""
    options = {"challenge": "AA", "user": {"id": "AA"}, "rp": {"id": "127.0.0.1"}}
    response = SoftAuthenticator().create(options, "x")["response"]
    whole = base64url_to_bytes(response["attestationObject"])
    data = cbor2.loads(whole)["authData"]
    return [
        *(whole[:length] for length in range(0, len(whole), 37)),
        *(
            cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data[:length]})
            for length in range(0, len(data), 31)
        ),
        b"\x81" * 9000,  # lists in lists
        b"\x5b" + b"\xff" * 8,  # 16 exabytes, it says
        b"\x9b\x00\x00\x00\xff" + b"\xff" * 4,
        b"\xbf\xff",
        cbor2.dumps({"fmt": "tpm", "attStmt": {}, "authData": data}),
        cbor2.dumps({"fmt": "packed", "attStmt": {"alg": -7, "sig": b""}, "authData": data}),
        cbor2.dumps({"fmt": 1, "attStmt": 2, "authData": 3}),
    ]


def test_a_malformed_attestation_is_refused(owner: Browser) -> None:
    """Truncated or nested CBOR, lengths that are not there, and unknown formats."""
    for attestation in attestations():
        key = SoftAuthenticator()
        credential = key.create(owner.options(), owner.origin, attestation=attestation)
        assert owner.add(credential).status_code == 400, attestation[:40]
    assert owner.passkeys() == []


@pytest.mark.parametrize("value", ["", "AA", "A" * 4001, "ü", 5, [], {}])
def test_a_malformed_answer_is_refused(
    owner: Browser, key: SoftAuthenticator, value: object
) -> None:
    """Each part of it replaced. Nothing fails, and nobody gets in."""
    stranger = other(owner)
    for part in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        answer = key.sign(stranger.challenge(), stranger.origin)
        answer["response"][part] = value
        assert stranger.send(answer).status_code == 401, part
    for answer in ({}, {"response": value}, {"id": value, "response": {"clientDataJSON": value}}):
        assert stranger.send(answer).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"credential": "x"}, 400),
        ({"credential": []}, 400),
        ({"credential": {}, "name": "owner"}, 400),
        ({"credential": {"id": "A" * 20_000}}, 413),
    ],
)
def test_what_is_no_answer_is_refused(own: Backend, body: Json, status: int) -> None:
    assert Browser(own).call("POST", "/api/session/passkey", body).status_code == status


@pytest.mark.parametrize("label", ["", " ", "a" * 65, "a\nb", "\u202e", 5, None])
def test_a_label_is_short_and_printable(owner: Browser, label: object) -> None:
    assert owner.add({}, label).status_code == 400


def test_attempts_that_fail_are_throttled(owner: Browser, key: SoftAuthenticator) -> None:
    """As wrong passwords in this browser are. Another browser goes on."""
    unknown = SoftAuthenticator(handle="AAAA")
    statuses, _ = until_refused(lambda: owner.sign_in(unknown))
    assert set(statuses) == {401}
    prolong_waits(owner.api.backend)
    assert owner.sign_in(key).status_code == 429
    assert other(owner).sign_in(key).status_code == 200


def test_a_person_has_ten_passkeys_at_most(owner: Browser) -> None:
    """Once one is removed, there is room for another."""
    late = SoftAuthenticator().create(owner.options(), owner.origin)
    for number in range(passkeys.MAX_PASSKEYS):
        owner.add_new(SoftAuthenticator(), f"key {number}")
    assert owner.call("POST", "/api/passkeys/options").status_code == 409
    assert owner.add(late).status_code == 409
    assert [one["label"] for one in owner.passkeys()] == [f"key {n}" for n in range(10)]
    path = f"/api/passkeys/{owner.passkeys()[0]['id']}"
    assert owner.call("DELETE", path).status_code == 204
    owner.add_new(SoftAuthenticator())


def test_a_removed_passkey_signs_nobody_in(owner: Browser, key: SoftAuthenticator) -> None:
    answer, path = key.sign(owner.challenge(), owner.origin), f"/api/passkeys/{key_id(owner)}"
    assert [owner.call("DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert other(owner).send(answer).status_code == 401


def key_id(owner: Browser) -> str:
    """Return the id of the owner's only passkey."""
    (listed,) = owner.passkeys()
    return str(listed["id"])


def test_a_removed_person_has_no_passkey(owner: Browser) -> None:
    """Nor has another person of that name. One whose removal was interrupted has none either."""
    vera, key, second = vera_of(owner), SoftAuthenticator(), SoftAuthenticator()
    vera.add_new(key)
    late, row = second.create(vera.options(), vera.origin), owner.accounts.get(USERS, "vera")
    assert row
    owner.accounts.remove(USERS, "vera")
    assert other(owner).sign_in(key).status_code == 401
    owner.accounts.upsert(USERS, "vera", row.properties)
    assert owner.call("DELETE", "/api/people/vera").status_code == 200
    assert owner.call("POST", "/api/people", VERA).status_code == 201
    assert other(owner).sign_in(key).status_code == 401
    assert vera.add(late).status_code == 401


def test_an_old_session_needs_the_password_to_add_a_passkey(owner: Browser) -> None:
    """Whoever finds an open session adds nothing by which they could sign in later."""
    (row,) = owner.accounts.query(sessions_of("owner"), 10)
    older = format_time(datetime.now(UTC) + timedelta(days=14) - timedelta(minutes=11))
    owner.accounts.upsert(sessions_of("owner"), row.key, {**row.properties, "until": older})
    reply = owner.call("POST", "/api/passkeys/options")
    assert (reply.status_code, reply.json()["type"]) == (403, "password-required")
    for password, status in (("wrong", 403), (owner.api.backend.password, 200)):
        reply = owner.call("POST", "/api/passkeys/options", {"password": password})
        assert reply.status_code == status


def test_a_passkey_needs_no_code_unless_it_checks_nobody(
    owner: Browser, key: SoftAuthenticator
) -> None:
    """With an authenticator app, one that asks for neither PIN nor fingerprint is not enough."""
    bare, now = SoftAuthenticator(flags=PRESENT), datetime.now(UTC)
    owner.add_new(bare)
    assert other(owner).sign_in(bare).status_code == 200
    secret = totp.begin(owner.accounts, "owner")
    assert totp.confirm(owner.accounts, "owner", code_of(secret, now), now)
    assert other(owner).sign_in(bare).status_code == 401
    assert other(owner).sign_in(key).status_code == 200


def test_the_owner_who_begins_anew_has_no_passkey(owner: Browser, key: SoftAuthenticator) -> None:
    """Whoever knew the password before may have added one."""
    owner.accounts.remove(USERS, users.OWNER)
    assert other(owner).sign_in(key).status_code == 401
    assert sign_in(other(owner).api, owner.api.backend.password).status_code == 200
    assert other(owner).sign_in(key).status_code == 401


def test_the_user_handle_is_no_name() -> None:
    assert passkeys.user_handle("vera") != passkeys.user_handle("anna")
    assert b"vera" not in passkeys.user_handle("vera")
    assert len(passkeys.user_handle("vera")) <= 64
