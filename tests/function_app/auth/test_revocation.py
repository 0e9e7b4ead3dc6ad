"""What a removed user or a revoked token created is revoked too, however many tokens lie in
between, and the report names the users whom they added."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import links, provenance, tokens, users
from function_app.auth.caller import Scope
from function_app.auth.provenance import Provenance
from function_app.services import Services
from function_app.storage import account_keys
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.support.account_requests import ADMIN, PASSWORD, SETTINGS, Interrupted, ask, sign_in
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import memory_services

Headers = dict[str, str]
PHOTO = name_of("gate")


def new_backend() -> Services:
    """Return services with a photo, and two owners whom the admin token added."""
    backend = memory_services(SETTINGS)
    backend.index.add(Photo(PHOTO, Media.JPEG, "ab" * 32, 3, MOMENT), MOMENT)
    for name in ("eve", "finn"):
        add_owner(backend, ADMIN, name)
    return backend


def add_owner(backend: Services, headers: Headers, name: str) -> int:
    body = {"name": name, "password": PASSWORD, "role": "owner"}
    return ask(backend, "add_person", headers, body).status


def new_token(
    backend: Services, headers: Headers, name: str, *scopes: str, cameras: list[str] | None = None
) -> Headers:
    """Return the headers of a new token; those of a stranger if it was refused."""
    body = {"name": name, "scopes": list(scopes or ("admin", "read")), "cameras": cameras}
    reply = ask(backend, "make_token", headers, body)
    return {"Authorization": f"Bearer {json.loads(reply.body).get('token')}"}


def new_link(backend: Services, headers: Headers) -> str:
    """Return the link's secret; an invalid one if it was refused."""
    reply = ask(backend, "make_share", headers, {"photo": str(PHOTO)})
    return str(json.loads(reply.body).get("url", "none")).rpartition("/")[2]


def can_read(backend: Services, headers: Headers) -> bool:
    return ask(backend, "list_photos", headers).status == 200


def opens(backend: Services, secret: str) -> bool:
    return ask(backend, "list_shared", {}, secret=secret).status == 200


def remove(backend: Services, name: str) -> dict[str, object]:
    reply = ask(backend, "remove_person", ADMIN, name=name)
    assert reply.status == 200
    found: dict[str, object] = json.loads(reply.body)
    return found


def test_removing_a_user_revokes_tokens_created_by_a_revoked_token() -> None:
    """And the link; the report has everything that was revoked, and the users who stay."""
    backend = new_backend()
    eve = sign_in(backend, "eve", PASSWORD)
    first = new_token(backend, eve, "first")
    second = new_token(backend, first, "second")
    camera = new_token(backend, second, "camera", "upload", cameras=["gate"])
    link = new_link(backend, second)
    assert add_owner(backend, second, "grace") == 201
    assert add_owner(backend, sign_in(backend, "grace", PASSWORD), "heidi") == 201
    tokens.revoke(backend.accounts, "first")  # as a version did that left what it had made
    assert can_read(backend, second)
    body = remove(backend, "eve")
    assert not can_read(backend, second)
    assert not opens(backend, link)
    assert body["revoked"] == {"tokens": ["second"], "links": [links._key(link)]}
    assert body["staying"] == {"tokens": ["camera"], "people": ["grace", "heidi"]}
    assert body["unknown"] == []
    assert ask(backend, "get_session", camera).status == 403, "it is a token still"
    assert can_read(backend, sign_in(backend, "heidi", PASSWORD))


def test_revoking_a_token_revokes_what_was_created_with_it() -> None:
    """Its user stays, with everything that they created otherwise."""
    backend = new_backend()
    eve = sign_in(backend, "eve", PASSWORD)
    first, other = new_token(backend, eve, "first"), new_token(backend, eve, "other")
    second = new_token(backend, first, "second")
    third = new_token(backend, second, "third")
    links = [new_link(backend, one) for one in (third, other, eve)]
    assert add_owner(backend, third, "grace") == 201
    reply = ask(backend, "revoke_token", ADMIN, name="first")
    assert reply.status == 200
    body = json.loads(reply.body)
    assert body["revoked"]["tokens"] == ["second", "third"]
    assert body["staying"] == {"tokens": [], "people": ["grace"]}
    assert [can_read(backend, one) for one in (first, second, third, other, eve)] == [
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
class Credential:
    """A session, token or link: its root, the tokens in between, and whether it should be valid."""

    root: str
    chain: tuple[str, ...]
    is_valid: Callable[[Services], bool]
    headers: Headers | None = None
    is_revoked: bool = False


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["token", "token", "token", "link", "revoke", "remove"]),
        st.integers(0, 30),
    ),
    max_size=14,
)


@given(STEPS)
@settings(max_examples=3 * settings().max_examples // 5)
def test_credentials_that_were_not_revoked_are_valid(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever was created with what, and in whichever order it is revoked."""
    backend = new_backend()
    credentials: dict[str, Credential] = {}
    for name in ("eve", "finn"):
        session = sign_in(backend, name, PASSWORD)
        credentials[name] = Credential(name, (), partial(can_read, headers=session), session)
    for number, (what, choice) in enumerate(steps):
        creators = [
            (name, one) for name, one in credentials.items() if one.headers and not one.is_revoked
        ]
        if not creators:
            break
        name, creator = creators[choice % len(creators)]
        made = f"{what}-{number}"
        chain = (*creator.chain, name) if name not in ("eve", "finn") else ()
        if what == "token":
            new = new_token(backend, creator.headers or {}, made)
            credentials[made] = Credential(creator.root, chain, partial(can_read, headers=new), new)
        elif what == "link":
            secret = new_link(backend, creator.headers or {})
            credentials[made] = Credential(creator.root, chain, partial(opens, secret=secret))
        elif what == "revoke" and name not in ("eve", "finn"):
            assert ask(backend, "revoke_token", ADMIN, name=name).status == 200
            for key, one in credentials.items():
                one.is_revoked |= key == name or name in one.chain
        elif what == "remove" and name in ("eve", "finn"):
            remove(backend, name)
            for one in credentials.values():
                one.is_revoked |= one.root == name
    assert [one.is_valid(backend) for one in credentials.values()] == [
        not one.is_revoked for one in credentials.values()
    ]


@pytest.mark.parametrize("how", ["session", "token"])
@pytest.mark.parametrize("end", ["remove", "revoke"])
@pytest.mark.parametrize("turn", ["while it is created", "while the creator is revoked"])
def test_what_is_created_during_a_revocation_is_revoked_too(how: str, end: str, turn: str) -> None:
    """At each call to the store: no credential stays valid."""
    if (how, end) == ("session", "revoke"):
        return  # a session is not revoked with a token
    for at in count():
        backend = new_backend()
        creator = sign_in(backend, "eve", PASSWORD)
        if how == "token":
            creator = new_token(backend, creator, "first")
        made: list[Headers] = []

        def make(one: Services, creator: Headers = creator, made: list[Headers] = made) -> None:
            made.append(new_token(one, creator, "second"))

        def go(one: Services) -> None:
            handler, name = (
                ("remove_person", "eve") if end == "remove" else ("revoke_token", "first")
            )
            assert ask(one, handler, ADMIN, name=name).status == 200

        first, second = (make, go) if turn == "while it is created" else (go, make)
        rows = Interrupted(backend.accounts, at, lambda: second(backend))  # noqa: B023
        first(replace(backend, accounts=rows))
        if at >= rows.calls:
            second(backend)
        assert not can_read(backend, made[0])
        if at >= rows.calls:
            assert at > 1
            return


def test_a_user_added_during_a_removal_is_reported_or_not_added() -> None:
    """At each call to the store."""
    for at in count():
        backend = new_backend()
        eve, reported = sign_in(backend, "eve", PASSWORD), list[bool]()

        def go(one: Services, reported: list[bool] = reported) -> None:
            reported.append("grace" in str(remove(one, "eve")["staying"]))

        rows = Interrupted(backend.accounts, at, lambda: go(backend))  # noqa: B023
        add_owner(replace(backend, accounts=rows), eve, "grace")
        if at >= rows.calls:
            go(backend)
        assert reported == [True] or users.find(backend.accounts, "grace") is None
        if at >= rows.calls:
            assert at > 1
            return


def test_a_chain_of_tokens_has_a_maximum_length() -> None:
    """A record names each of them."""
    backend = new_backend()
    last = sign_in(backend, "eve", PASSWORD)
    for number in range(provenance.MAX_TOKEN_CHAIN + 1):
        last = new_token(backend, last, f"t{number}")
        assert can_read(backend, last)
    body = {"name": "further", "scopes": ["read"]}
    assert ask(backend, "make_token", last, body).status == 403
    assert ask(backend, "make_share", last, {"photo": str(PHOTO)}).status == 403


def old_token(backend: Services, name: str, made_by: str) -> Headers:
    """Create a token as a version did that stored no roots."""
    secret = tokens.create(
        backend.accounts,
        name,
        tokens.Grant(frozenset({Scope.ADMIN, Scope.READ})),
        MOMENT,
        Provenance(made_by),
    )
    (token,) = tokens.find_by_name(backend.accounts, name)
    row = backend.accounts.get(account_keys.TOKENS, token.key)
    assert row is not None
    properties = {
        column: text for column, text in row.properties.items() if column not in ("root", "via")
    }
    backend.accounts.upsert(account_keys.TOKENS, token.key, properties)
    return {"Authorization": f"Bearer {secret}"}


def test_records_without_a_root_are_found_by_their_creators_names() -> None:
    """As far as these still exist; those of unknown root are reported as such. What such a token
    creates now is found, too."""
    backend = new_backend()
    first = old_token(backend, "first", "eve")
    second = old_token(backend, "second", "token first")
    lost, older = old_token(backend, "lost", "token gone"), old_token(backend, "older", "")
    finns = old_token(backend, "finns", "finn")
    new = new_token(backend, second, "new")
    link, lost_link = new_link(backend, second), new_link(backend, lost)
    body = remove(backend, "eve")
    assert [can_read(backend, one) for one in (first, second, new)] == [False] * 3
    assert not opens(backend, link)
    assert [can_read(backend, one) for one in (lost, older, finns)] == [True] * 3
    assert body["unknown"] == sorted(
        ["token lost", "token older", links.link_label(links._key(lost_link))]
    )
    assert ask(backend, "revoke_token", ADMIN, name="lost").status == 200
    assert not opens(backend, lost_link)


def test_an_interrupted_revocation_is_finished_by_the_next() -> None:
    """The token is invalid from the first call on."""
    backend = new_backend()
    first = new_token(backend, sign_in(backend, "eve", PASSWORD), "first")
    second = new_token(backend, first, "second")
    (token,) = tokens.find_by_name(backend.accounts, "first")
    tokens.disable(backend.accounts, token)
    assert not can_read(backend, first)
    assert can_read(backend, second)
    assert ask(backend, "revoke_token", ADMIN, name="first").status == 200
    assert not can_read(backend, second)
    assert ask(backend, "revoke_token", ADMIN, name="first").status == 404
