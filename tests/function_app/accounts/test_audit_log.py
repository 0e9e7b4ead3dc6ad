"""The audit log over HTTP: who did what, from which network."""

from collections.abc import Mapping
from typing import Any

import pytest

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage import account_keys
from tests.support.api import Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg

FROM = {"X-Forwarded-For": "198.51.100.7, 203.0.113.77:50123"}
NETWORK = "203.0.113.0/24"
PASSWORD, NEW = "a good long password", "another good password"


@pytest.fixture
def api(own: Backend) -> Api:
    """Return the only client of a backend."""
    return Api(own)


@pytest.fixture
def admin(api: Api) -> dict[str, str]:
    return {**FROM, "Authorization": f"Bearer {api.backend.admin_token}"}


def logged(api: Api, admin: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the whole log, oldest entry first."""
    reply = api.ask("/api/accesses?limit=200", admin)
    assert reply.status_code == 200
    lines: list[dict[str, Any]] = reply.json()["accesses"]
    return lines[::-1]


def sign_in(api: Api, name: str, password: str) -> int:
    body = {"name": name, "password": password}
    return api.ask("/api/session", FROM, "POST", json=body).status_code


def test_each_entry_has_the_network_of_the_request(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """Whatever was done; no entry has the address, or a forged one."""
    name, here = name_of(camera), {**FROM, "Origin": api.backend.base_url}
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    vera = {"name": "vera", "password": PASSWORD, "cameras": [camera]}
    assert api.ask("/api/people", admin, "POST", json=vera).status_code == 201
    assert sign_in(api, "vera", "a wrong password") == 401
    assert sign_in(api, "vera", PASSWORD) == 200
    assert api.ask(f"/api/photos/{name}/content", FROM).status_code == 200
    body = {"old": PASSWORD, "new": NEW}
    assert api.ask("/api/password", here, "PUT", json=body).status_code == 204
    assert api.ask("/api/sessions", here, "DELETE").status_code == 200
    assert api.ask("/api/people/vera", admin, "DELETE").status_code == 200
    backup = {"name": "backup", "scopes": ["read"]}
    assert api.ask("/api/tokens", admin, "POST", json=backup).status_code == 201
    assert api.ask("/api/tokens/backup", admin, "DELETE").status_code == 200
    link = api.ask("/api/shares", admin, "POST", json={"photo": str(name)}).json()
    secret = link["url"].rpartition("/")[2]
    assert api.ask(f"/shared/{secret}", FROM).status_code == 200
    assert api.ask(f"/api/shared/{secret}/{name}/content", FROM).status_code == 200
    assert api.ask(f"/api/shares/{link['key']}", admin, "DELETE").status_code == 204
    assert api.ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    assert api.ask("/api/repair/run", admin, "POST").status_code == 200
    lines = logged(api, admin)
    seen = [line for line in lines if line["what"] == "saw" and line["who"].startswith("link ")]
    assert len(seen) == 1  # in its place is the hour
    assert [line["what"] for line in lines if line is not seen[0]] == [
        "let in",
        "did not sign in",
        "signed in",
        "saw",
        "changed the password",
        "signed out everywhere",
        "shut out",
        "made the token",
        "revoked the token",
        "shared",
        "opened",
        "revoked a link",
        "deleted",
        "repaired",
    ]
    assert {line["network"] for line in lines} == {NETWORK}


def test_a_repair_is_logged_with_its_cameras(api: Api, admin: dict[str, str]) -> None:
    """And whether everything was listed again; one of no cameras is refused."""
    for body in ({}, {"cameras": ["gate", "entry"]}, {"everything": True}, {"cameras": None}):
        assert api.ask("/api/repair/run", admin, "POST", json=body).status_code == 200
    assert api.ask("/api/repair/run", admin, "POST", json={"cameras": []}).status_code == 400
    assert [(line["what"], line["which"]) for line in logged(api, admin)] == [
        ("repaired", "all cameras"),
        ("repaired", "entry gate"),
        ("rebuilt", "all cameras"),
        ("repaired", "all cameras"),
    ]


def test_no_token_passes_for_a_user(api: Api, admin: dict[str, str], camera: str) -> None:
    """Whatever its name is, and whatever it does; nor do its links."""
    names = [name_of(camera, tag=f"0000000{n}") for n in range(3)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    body = {"name": "owner", "scopes": ["read", "delete", "admin"]}
    made = api.ask("/api/tokens", admin, "POST", json=body).json()
    token = {"Authorization": f"Bearer {made['token']}"}
    assert api.ask("/api/session", token).json()["name"] == "owner"
    assert sign_in(api, "owner", api.backend.password) == 200
    here = {**FROM, "Origin": api.backend.base_url}
    assert api.ask(f"/api/photos/{names[0]}/content", token).status_code == 200
    assert api.ask(f"/api/photos/{names[0]}", token, "DELETE").status_code == 204
    assert api.ask("/api/shares", token, "POST", json={"photo": str(names[2])}).ok
    assert api.ask("/api/shares", token).json()["shares"][0]["made_by"] == "token owner"
    assert api.ask(f"/api/photos/{names[1]}", here, "DELETE").status_code == 204
    done = [(line["who"], line["what"]) for line in logged(api, admin)]
    assert done == [
        ("the admin token", "made the token"),
        ("owner", "signed in"),
        ("token owner", "saw"),
        ("token owner", "deleted"),
        ("token owner", "shared"),
        ("owner", "deleted"),
    ]


def test_each_link_is_distinguished_in_the_log(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """Its creation, opening, downloads and revocation, of two links that open the same photo."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    asked = [api.ask("/api/shares", admin, "POST", json={"photo": str(name)}) for _ in range(2)]
    for made in (one.json() for one in asked):
        secret, key = made["url"].rpartition("/")[2], made["key"]
        assert api.ask(f"/shared/{secret}").status_code == 200
        assert api.ask(f"/api/shared/{secret}").status_code == 200
        assert api.ask(f"/api/shared/{secret}/{name}/content").status_code == 200
        assert api.ask(f"/api/shares/{key}", admin, "DELETE").status_code == 204
        link = f"link {key[:8]}"
        lines = [(one["who"], one["what"], one["which"]) for one in logged(api, admin)]
        lines = [one for one in lines if link in (one[0], one[2])]
        if lines.count((link, "opened", str(name))) == 2:  # a second hour began
            lines.remove((link, "opened", str(name)))
        assert sorted(lines) == [  # the place of the second is the begin of its hour
            (link, "opened", str(name)),
            (link, "saw", str(name)),
            ("the admin token", "revoked a link", link),
        ]
    made_links = [line["which"] for line in logged(api, admin) if line["what"] == "shared"]
    assert made_links == [f"{name} by link {one.json()['key'][:8]}" for one in asked]


def test_removing_an_unknown_user_is_not_logged(api: Api, admin: dict[str, str]) -> None:
    """404, as for a token. Their sessions are ended all the same: an interrupted call may have
    removed no more than the user."""
    assert api.ask("/api/people/ghost", admin, "DELETE").status_code == 404
    vera = {"name": "vera", "password": PASSWORD}
    assert api.ask("/api/people", admin, "POST", json=vera).status_code == 201
    assert sign_in(api, "vera", PASSWORD) == 200
    connect(Settings(api.backend.connection_string)).accounts.remove(account_keys.USERS, "vera")
    assert api.ask("/api/session").status_code == 200
    assert api.ask("/api/people/vera", admin, "DELETE").status_code == 404
    assert api.ask("/api/session").status_code == 401
    assert api.ask("/api/people", admin, "POST", json=vera).status_code == 201
    asked = [api.ask("/api/people/vera", admin, "DELETE").status_code for _ in range(2)]
    assert asked == [200, 404]
    assert [line["what"] for line in logged(api, admin)].count("shut out") == 1
