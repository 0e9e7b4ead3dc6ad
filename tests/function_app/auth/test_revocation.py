"""No right outlives its giver: what a removed person or a revoked token made is revoked with them,
whatever lay in between, and whom they let in is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import links, passwords, provenance, tokens, users
from function_app.auth.caller import Scope
from function_app.auth.provenance import Provenance
from function_app.services import Services
from function_app.storage import account_keys
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.function_app.api import MOMENT, name_of
from tests.function_app.memory_store import memory_services
from tests.support.account_requests import ADMIN, PASSWORD, SETTINGS, Interrupted, ask, sign_in

Headers = dict[str, str]
PHOTO = name_of("gate")


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many are tried."""
    monkeypatch.setattr(passwords, "_COST", 2)


def new_backend() -> Services:
    """With a photo, and two owners who were let in by the admin token."""
    backend = memory_services(SETTINGS)
    backend.index.add(Photo(PHOTO, Media.JPEG, "ab" * 32, 3, MOMENT), MOMENT)
    for name in ("eve", "finn"):
        let_in(backend, ADMIN, name)
    return backend


def let_in(backend: Services, headers: Headers, name: str) -> int:
    said = {"name": name, "password": PASSWORD, "role": "owner"}
    return ask(backend, "add_person", headers, said).status


def new_token(
    backend: Services, headers: Headers, name: str, *scopes: str, cameras: list[str] | None = None
) -> Headers:
    """A stranger's headers if it was refused."""
    said = {"name": name, "scopes": list(scopes or ("admin", "read")), "cameras": cameras}
    reply = ask(backend, "make_token", headers, said)
    return {"Authorization": f"Bearer {json.loads(reply.body).get('token')}"}


def new_link(backend: Services, headers: Headers) -> str:
    """The link's secret; one that opens nothing if it was refused."""
    reply = ask(backend, "make_share", headers, {"photo": str(PHOTO)})
    return str(json.loads(reply.body).get("url", "none")).rpartition("/")[2]


def lets_in(backend: Services, headers: Headers) -> bool:
    return ask(backend, "list_photos", headers).status == 200


def opens(backend: Services, secret: str) -> bool:
    return ask(backend, "list_shared", {}, secret=secret).status == 200


def remove(backend: Services, name: str) -> dict[str, object]:
    reply = ask(backend, "remove_person", ADMIN, name=name)
    assert reply.status == 200
    found: dict[str, object] = json.loads(reply.body)
    return found


def test_a_token_that_a_revoked_token_made_goes_with_the_person_behind_it() -> None:
    """And the link, too; the people are told, and all of what was ended."""
    backend = new_backend()
    eve = sign_in(backend, "eve", PASSWORD)
    first = new_token(backend, eve, "first")
    second = new_token(backend, first, "second")
    camera = new_token(backend, second, "camera", "upload", cameras=["gate"])
    link = new_link(backend, second)
    assert let_in(backend, second, "grace") == 201
    assert let_in(backend, sign_in(backend, "grace", PASSWORD), "heidi") == 201
    tokens.revoke(backend.people, "first")  # as a version did that left what it had made
    assert lets_in(backend, second)
    said = remove(backend, "eve")
    assert not lets_in(backend, second)
    assert not opens(backend, link)
    assert said["revoked"] == {"tokens": ["second"], "links": [links._key(link)]}
    assert said["staying"] == {"tokens": ["camera"], "people": ["grace", "heidi"]}
    assert said["unknown"] == []
    assert ask(backend, "get_session", camera).status == 403, "it is a token still"
    assert lets_in(backend, sign_in(backend, "heidi", PASSWORD))


def test_a_revoked_token_takes_along_what_was_made_with_it() -> None:
    """Its person stays, with what they made otherwise."""
    backend = new_backend()
    eve = sign_in(backend, "eve", PASSWORD)
    first, other = new_token(backend, eve, "first"), new_token(backend, eve, "other")
    second = new_token(backend, first, "second")
    third = new_token(backend, second, "third")
    links = [new_link(backend, one) for one in (third, other, eve)]
    assert let_in(backend, third, "grace") == 201
    reply = ask(backend, "revoke_token", ADMIN, name="first")
    assert reply.status == 200
    said = json.loads(reply.body)
    assert said["revoked"]["tokens"] == ["second", "third"]
    assert said["staying"] == {"tokens": [], "people": ["grace"]}
    assert [lets_in(backend, one) for one in (first, second, third, other, eve)] == [
        *(False, False, False),
        *(True, True),
    ]
    assert [opens(backend, one) for one in links] == [False, True, True]
    listed = json.loads(ask(backend, "list_tokens", ADMIN).body)["tokens"]
    assert [(one["name"], one["made_by"], one["root"]) for one in listed] == [
        ("other", "eve", "eve")
    ]
    listed = json.loads(ask(backend, "list_people", ADMIN).body)["people"]
    assert {one["name"]: (one["made_by"], one["root"]) for one in listed} == {
        "eve": ("the admin token", "the admin token"),
        "finn": ("the admin token", "the admin token"),
        "grace": ("token third", "eve"),
    }


@dataclass
class Held:
    """Something that lets in: whose it is, the tokens it was made by, and whether it should."""

    root: str
    line: tuple[str, ...]
    is_open: Callable[[Services], bool]
    headers: Headers | None = None
    is_over: bool = False


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["token", "token", "token", "link", "revoke", "remove"]),
        st.integers(0, 30),
    ),
    max_size=14,
)


@given(STEPS)
@settings(max_examples=60)
def test_what_lets_in_is_what_nobody_took_back(steps: list[tuple[str, int]]) -> None:
    """Whatever is made with what, and in whichever order it is ended."""
    backend = new_backend()
    held: dict[str, Held] = {}
    for name in ("eve", "finn"):
        session = sign_in(backend, name, PASSWORD)
        held[name] = Held(name, (), partial(lets_in, headers=session), session)
    for number, (what, choice) in enumerate(steps):
        makers = [(name, one) for name, one in held.items() if one.headers and not one.is_over]
        if not makers:
            break
        name, maker = makers[choice % len(makers)]
        made = f"{what}-{number}"
        line = (*maker.line, name) if name not in ("eve", "finn") else ()
        if what == "token":
            new = new_token(backend, maker.headers or {}, made)
            held[made] = Held(maker.root, line, partial(lets_in, headers=new), new)
        elif what == "link":
            secret = new_link(backend, maker.headers or {})
            held[made] = Held(maker.root, line, partial(opens, secret=secret))
        elif what == "revoke" and name not in ("eve", "finn"):
            assert ask(backend, "revoke_token", ADMIN, name=name).status == 200
            for key, one in held.items():
                one.is_over |= key == name or name in one.line
        elif what == "remove" and name in ("eve", "finn"):
            remove(backend, name)
            for one in held.values():
                one.is_over |= one.root == name
    assert [one.is_open(backend) for one in held.values()] == [
        not one.is_over for one in held.values()
    ]


@pytest.mark.parametrize("how", ["session", "token"])
@pytest.mark.parametrize("end", ["remove", "revoke"])
@pytest.mark.parametrize("turn", ["while it is made", "while the giver goes"])
def test_what_is_made_just_when_its_giver_goes_goes_too(how: str, end: str, turn: str) -> None:
    """At each call to the store: nothing stays that lets in, and nobody who was let in unseen."""
    if (how, end) == ("session", "revoke"):
        return  # a session is not revoked with a token
    for at in count():
        backend = new_backend()
        giver = sign_in(backend, "eve", PASSWORD)
        if how == "token":
            giver = new_token(backend, giver, "first")
        made: list[Headers] = []

        def make(one: Services, giver: Headers = giver, made: list[Headers] = made) -> None:
            made.append(new_token(one, giver, "second"))

        def go(one: Services) -> None:
            handler, name = (
                ("remove_person", "eve") if end == "remove" else ("revoke_token", "first")
            )
            assert ask(one, handler, ADMIN, name=name).status == 200

        first, second = (make, go) if turn == "while it is made" else (go, make)
        rows = Interrupted(backend.people, at, lambda: second(backend))  # noqa: B023
        first(replace(backend, people=rows))
        if at >= rows.calls:
            second(backend)
        assert not lets_in(backend, made[0])
        if at >= rows.calls:
            assert at > 1
            return


def test_who_is_let_in_by_somebody_who_was_just_removed_is_not() -> None:
    """At each call to the store; or else the removal tells of them."""
    for at in count():
        backend = new_backend()
        eve, told = sign_in(backend, "eve", PASSWORD), list[bool]()

        def go(one: Services, told: list[bool] = told) -> None:
            told.append("grace" in str(remove(one, "eve")["staying"]))

        rows = Interrupted(backend.people, at, lambda: go(backend))  # noqa: B023
        let_in(replace(backend, people=rows), eve, "grace")
        if at >= rows.calls:
            go(backend)
        assert told == [True] or users.find(backend.people, "grace") is None
        if at >= rows.calls:
            assert at > 1
            return


def test_a_line_of_tokens_has_an_end() -> None:
    """A record names each of them."""
    backend = new_backend()
    last = sign_in(backend, "eve", PASSWORD)
    for number in range(provenance.MAX_TOKEN_CHAIN + 1):
        last = new_token(backend, last, f"t{number}")
        assert lets_in(backend, last)
    said = {"name": "further", "scopes": ["read"]}
    assert ask(backend, "make_token", last, said).status == 403
    assert ask(backend, "make_share", last, {"photo": str(PHOTO)}).status == 403


def old_token(backend: Services, name: str, made_by: str) -> Headers:
    """One of before there were roots."""
    secret = tokens.create(
        backend.people,
        name,
        tokens.Grant(frozenset({Scope.ADMIN, Scope.READ})),
        MOMENT,
        Provenance(made_by),
    )
    (token,) = tokens.find_by_name(backend.people, name)
    row = backend.people.get(account_keys.TOKENS, token.key)
    assert row is not None
    words = {word: text for word, text in row.properties.items() if word not in ("root", "via")}
    backend.people.upsert(account_keys.TOKENS, token.key, words)
    return {"Authorization": f"Bearer {secret}"}


def test_what_was_made_before_there_were_roots_is_found_by_its_makers_names() -> None:
    """As far as they are there still; what nobody can tell the root of is listed as that. What such
    a token makes now is found, too."""
    backend = new_backend()
    first = old_token(backend, "first", "eve")
    second = old_token(backend, "second", "token first")
    lost, older = old_token(backend, "lost", "token gone"), old_token(backend, "older", "")
    finns = old_token(backend, "finns", "finn")
    new = new_token(backend, second, "new")
    link, lost_link = new_link(backend, second), new_link(backend, lost)
    said = remove(backend, "eve")
    assert [lets_in(backend, one) for one in (first, second, new)] == [False] * 3
    assert not opens(backend, link)
    assert [lets_in(backend, one) for one in (lost, older, finns)] == [True] * 3
    assert said["unknown"] == sorted(
        ["token lost", "token older", links.link_label(links._key(lost_link))]
    )
    assert ask(backend, "revoke_token", ADMIN, name="lost").status == 200
    assert not opens(backend, lost_link)


def test_a_revocation_that_was_cut_off_is_finished_when_it_is_asked_for_again() -> None:
    """The token opens nothing from the first call on."""
    backend = new_backend()
    first = new_token(backend, sign_in(backend, "eve", PASSWORD), "first")
    second = new_token(backend, first, "second")
    (token,) = tokens.find_by_name(backend.people, "first")
    tokens.disable(backend.people, token)
    assert not lets_in(backend, first)
    assert lets_in(backend, second)
    assert ask(backend, "revoke_token", ADMIN, name="first").status == 200
    assert not lets_in(backend, second)
    assert ask(backend, "revoke_token", ADMIN, name="first").status == 404
