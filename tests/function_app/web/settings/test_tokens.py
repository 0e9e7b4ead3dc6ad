"""The pages of tokens: a secret that is shown once, and what a token may be."""

import re

import pytest

from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.auth.provenance import Provenance
from function_app.auth.tokens import Grant
from function_app.services import Services
from function_app.settings import Secrets, Settings
from tests.support.api import MOMENT
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor, problems_of
from tests.support.pages import add_photo

PATH = "/settings/tokens"
NAME, READ, UPLOAD, ADMIN = (
    ("name", "backup"),
    *(("scope", one) for one in ("read", "upload", "admin")),
)
ALL, SOME, GATE = ("cameras", "all"), ("cameras", "some"), ("camera", "gate")


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings(""))
    for camera in ("gate", "drive"):
        add_photo(services, MOMENT, camera)
    return services


@pytest.fixture
def owner(services: Services) -> Visitor:
    return Visitor(services)


def made(owner: Visitor, fields: list[tuple[str, str]]) -> str:
    """Add a token and return its secret, from the reply."""
    reply = owner.send(PATH, fields)
    page = reply.get_body().decode()
    assert reply.status_code == 201, problems_of(page)
    assert reply.headers["Cache-Control"] == "no-store"
    assert 'data-copy="secret"' in page
    found = re.search(">(nj_[^<]+)</textarea>", page)
    assert found
    return found[1]


def test_a_token_is_shown_once(services: Services, owner: Visitor) -> None:
    """In the reply to the form, and in no address, list or log."""
    secret = made(owner, [NAME, READ, SOME, GATE])
    caller = tokens.find(services.accounts, secret, MOMENT)
    assert caller
    assert (caller.scopes, caller.cameras) == (frozenset({Scope.READ}), frozenset({"gate"}))
    page = owner.page(PATH)
    assert "backup" in page
    assert "look at photos" in page
    assert secret not in page
    assert secret not in str(services.audit_log.newest(10, ""))


def test_a_form_that_is_sent_again_makes_no_second_token(
    services: Services, owner: Visitor
) -> None:
    """As a browser does that loads the page with the secret again."""
    made(owner, [NAME, READ, ALL])
    assert owner.problems(PATH, [NAME, READ, ALL], 409) == {
        "name": "A token has this name. Remove it first, or choose another name."
    }
    assert len(tokens.list_tokens(services.accounts)) == 1
    assert owner.problems(PATH, [NAME, SOME]).keys() == {"name", "scopes", "cameras"}  # at once


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ([("name", "Back up"), READ, ALL], {"name"}),
        ([NAME, ALL], {"scopes"}),
        ([NAME, ("scope", "everything"), ALL], {"scopes"}),
        ([NAME, READ, SOME], {"cameras"}),
        ([NAME, UPLOAD, ALL], {"cameras"}),
        ([NAME, UPLOAD, SOME, GATE, ("camera", "drive")], {"cameras"}),
        ([NAME, UPLOAD, SOME, GATE, ("new_camera", "porch")], {"cameras"}),
        ([NAME, ADMIN, SOME, GATE], {"cameras"}),
        ([NAME, READ, SOME, ("new_camera", "No/Camera")], {"cameras"}),
        ([("name", ""), SOME], {"name", "scopes", "cameras"}),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    services: Services, owner: Visitor, fields: list[tuple[str, str]], problems: set[str]
) -> None:
    """With what was chosen."""
    assert owner.problems(PATH, fields).keys() == problems
    page = owner.send(PATH, fields).get_body().decode()
    assert page.count("autofocus") == 1
    for name, value in fields:
        if name == "scope" and value in list(Scope):
            assert f'value="{value}" checked' in page
    assert tokens.list_tokens(services.accounts) == []


def test_a_camera_that_sent_nothing_yet_gets_a_token(services: Services, owner: Visitor) -> None:
    made(owner, [NAME, UPLOAD, SOME, ("new_camera", "porch")])
    (token,) = tokens.list_tokens(services.accounts)
    assert token.grant.cameras == frozenset({"porch"})


def test_a_removed_token_works_no_more_nor_what_was_made_with_it(
    services: Services, owner: Visitor
) -> None:
    secret = made(owner, [NAME, ADMIN, ALL])
    caller = tokens.find(services.accounts, secret, MOMENT)
    assert caller
    grant = Grant(frozenset({Scope.READ}))
    tokens.create(
        services.accounts, "child", grant, MOMENT, Provenance("token backup", "owner", caller.via)
    )
    assert "Remove the token “backup”?" in owner.page(f"{PATH}/backup/removal")
    assert tokens.find(services.accounts, secret, MOMENT)
    status = owner.change(f"{PATH}/backup/removal")
    assert status == "The token backup is removed, and 1 token or link that was made with it."
    assert tokens.list_tokens(services.accounts) == []
    assert owner.send(f"{PATH}/backup/removal").status_code == 404
    made(owner, [NAME, READ, ALL])
    assert owner.change(f"{PATH}/backup/removal") == "The token backup is removed."


def test_the_tokens_of_the_settings_are_named(owner: Visitor) -> None:
    """Without their values: where they are changed is said."""
    assert "READ_TOKEN" not in owner.page(PATH)
    secrets = Secrets("a-read-token-of-settings", "an-admin-token-of-settings")
    page = Visitor(memory_services(Settings("", secrets=secrets))).page(PATH)
    for part in ("READ_TOKEN", "ADMIN_TOKEN", "A setting of the app"):
        assert part in page
    assert "token-of-settings" not in page
