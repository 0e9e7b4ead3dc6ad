"""The routes of tokens: create, list and revoke."""

import json
from typing import Any

import pytest

from function_app.auth import tokens
from function_app.services import Services
from tests.support.account_requests import ADMIN, SETTINGS, ask
from tests.support.memory_store import memory_services


@pytest.fixture
def services() -> Services:
    return memory_services(SETTINGS)


def create(services: Services, headers: dict[str, str], **body: object) -> dict[str, Any]:
    response = ask(services, "make_token", headers, {"scopes": ["read"], **body})
    assert response.status == 201
    created: dict[str, Any] = json.loads(response.body)
    return created


def bearer(created: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {created['token']}"}


def test_the_secret_is_shown_once_and_the_rest_is_listed(services: Services) -> None:
    created = create(services, ADMIN, name="backup", scopes=["read", "delete"], cameras=["gate"])
    assert created == {
        "name": "backup",
        "token": created["token"],
        "scopes": ["delete", "read"],
        "cameras": ["gate"],
    }
    assert created["token"].startswith(tokens.PREFIX)
    response = ask(services, "list_tokens", ADMIN)
    assert created["token"].encode() not in response.body
    (listed,) = json.loads(response.body)["tokens"]
    assert listed == {
        "name": "backup",
        "scopes": ["delete", "read"],
        "cameras": ["gate"],
        "made_at": listed["made_at"],
        "used_at": None,
        "made_by": "the admin token",
        "root": "the admin token",
    }


SCOPES = "upload, read, delete, admin, control"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, f"scopes: is missing; it must be a list of some of {SCOPES}."),
        ({"scopes": []}, f"scopes: must be a list of some of {SCOPES}."),
        ({"scopes": "read"}, f"scopes: must be a list of some of {SCOPES}."),
        ({"scopes": ["write"]}, f"scopes: must be a list of some of {SCOPES}."),
        ({"scopes": ["upload"]}, "cameras: must name exactly one camera for a token that may"),
        (
            {"scopes": ["upload"], "cameras": ["gate", "entry"]},
            "cameras: must name exactly one camera for a token that may upload.",
        ),
        (
            {"scopes": ["admin"], "cameras": ["gate"]},
            "cameras: must be null for a token with the scope admin.",
        ),
    ],
)
def test_an_invalid_request_creates_no_token(
    services: Services, body: dict[str, object], problem: str
) -> None:
    response = ask(services, "make_token", ADMIN, {"name": "backup", **body})
    assert response.status == 400
    assert json.loads(response.body)["detail"].startswith(problem)
    assert tokens.list_tokens(services.accounts) == []


def test_a_name_is_taken_until_its_token_is_revoked(services: Services) -> None:
    create(services, ADMIN, name="backup")
    response = ask(services, "make_token", ADMIN, {"name": "backup", "scopes": ["read"]})
    assert response.status == 409
    assert "The name backup is taken" in json.loads(response.body)["detail"]
    assert ask(services, "revoke_token", ADMIN, name="backup").status == 200
    create(services, ADMIN, name="backup")


def test_a_revoked_token_and_those_it_created_stop_working(services: Services) -> None:
    first = create(services, ADMIN, name="first", scopes=["admin", "read"])
    second = create(services, bearer(first), name="second")
    assert ask(services, "get_session", bearer(second)).status == 200
    response = ask(services, "revoke_token", ADMIN, name="first")
    assert response.status == 200
    assert json.loads(response.body)["name"] == "first"
    for created in (first, second):
        assert ask(services, "get_session", bearer(created)).status == 401
    assert tokens.list_tokens(services.accounts) == []
    actions = [(one.action, one.target) for one in services.audit_log.newest(10, "")]
    assert ("revoked the token", "first") in actions
    assert ("revoked the token", "second") in actions


def test_revoking_an_unknown_token_is_404(services: Services) -> None:
    response = ask(services, "revoke_token", ADMIN, name="backup")
    assert response.status == 404
    assert json.loads(response.body)["detail"] == "There is no token called 'backup'."
    assert services.audit_log.newest(10, "") == []
