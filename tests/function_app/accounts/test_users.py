"""Removing a user over HTTP: nothing that they created is valid afterwards."""

import pytest

from tests.support.api import Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg

PASSWORD = "a good long password"


@pytest.fixture
def api(own: Backend) -> Api:
    return Api(own)


@pytest.fixture
def admin(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.backend.admin_token}"}


def make_token(api: Api, headers: dict[str, str], name: str, *scopes: str) -> dict[str, str]:
    cameras = ["gate"] if "upload" in scopes else None
    body = {"name": name, "scopes": list(scopes), "cameras": cameras}
    reply = api.ask("/api/tokens", headers, "POST", json=body)
    assert reply.status_code == 201
    return {"Authorization": f"Bearer {reply.json()['token']}"}


def make_link(api: Api, headers: dict[str, str], photo: str) -> str:
    reply = api.ask("/api/shares", headers, "POST", json={"photo": photo})
    assert reply.status_code == 201
    return "/shared/" + str(reply.json()["url"]).rpartition("/")[2]


def test_removing_a_user_revokes_what_they_created(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """Tokens and links, those too that were created with such a token. Those of others stay, as
    does a token by which a camera uploads; and the creator of each is named."""
    photo = str(name_of(camera))
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    body = {"name": "leaver", "password": PASSWORD, "role": "owner"}
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 201
    body = {"name": "leaver", "password": PASSWORD}
    assert api.ask("/api/session", method="POST", json=body).status_code == 200
    here = {"Origin": api.backend.base_url}
    theirs = make_token(api, here, "theirs", "admin", "read")
    theirs_too = make_token(api, theirs, "theirs-too", "read")
    device = make_token(api, here, "camera", "upload")
    ours = make_token(api, admin, "ours", "read")
    links = [make_link(api, one, photo) for one in (here, theirs, admin)]
    made = {one["name"]: one["made_by"] for one in api.ask("/api/tokens", admin).json()["tokens"]}
    assert made == {
        "theirs": "leaver",
        "theirs-too": "token theirs",
        "camera": "leaver",
        "ours": "the admin token",
    }
    assert api.ask("/api/people/leaver", admin, "DELETE").status_code == 200
    api.http.cookies.clear()
    found = [api.ask("/api/photos", one).status_code for one in (theirs, theirs_too, ours)]
    assert found == [401, 401, 200]
    assert [api.ask(one).status_code for one in links] == [404, 404, 200]
    sent = {**device, "Content-Type": "image/jpeg"}
    assert api.ask("/api/photos", sent, "POST", data=jpeg(seed=1)).status_code == 201
    lines = api.audit_log(admin)
    log = [one for one in lines if one["what"].startswith(("revoked", "shut"))]
    assert sorted((one["what"], one["which"][:5]) for one in log) == [
        ("revoked a link", "link "),
        ("revoked a link", "link "),
        ("revoked the token", "their"),
        ("revoked the token", "their"),
        ("shut out", "leave"),
    ]


def test_an_owner_changes_what_a_person_may_do(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """Their session ends; a wrong or impossible change is refused."""
    body = {"name": "vera", "password": PASSWORD}
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 201
    assert api.ask("/api/session", method="POST", json=body).status_code == 200
    change = {"role": "viewer", "cameras": [camera]}
    reply = api.ask("/api/people/vera", admin, "PUT", json=change)
    assert (reply.status_code, reply.json()["revoked"]) == (200, {"tokens": [], "links": []})
    assert api.ask("/api/session").status_code == 401
    people = api.ask("/api/people", admin).json()["people"]
    assert [one["cameras"] for one in people if one["name"] == "vera"] == [[camera]]
    for name, changed, status in (
        ("ghost", change, 404),
        ("vera", {"cameras": None}, 400),
        ("vera", {"role": "owner", "cameras": [camera]}, 400),
    ):
        assert api.ask(f"/api/people/{name}", admin, "PUT", json=changed).status_code == status


def test_an_owner_sets_the_password_of_a_person(api: Api, admin: dict[str, str]) -> None:
    body = {"name": "vera", "password": PASSWORD}
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 201
    assert api.ask("/api/session", method="POST", json=body).status_code == 200
    path, new = "/api/people/vera/password", {"password": "four random words there"}
    assert api.ask(path, admin, "PUT", json={"password": "short"}).status_code == 400
    assert api.ask("/api/session").status_code == 200
    assert api.ask(path, admin, "PUT", json=new).status_code == 204
    assert api.ask("/api/session").status_code == 401
    assert api.ask("/api/session", method="POST", json=body).status_code == 401
    assert api.ask("/api/session", method="POST", json={**body, **new}).status_code == 200


def test_nobody_changes_the_owner_or_themselves(api: Api, admin: dict[str, str]) -> None:
    """Neither with a session nor with a token of their own."""
    body = {"name": "anna", "password": PASSWORD, "role": "owner"}
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 201
    signing_in = {"name": "anna", "password": PASSWORD}
    assert api.ask("/api/session", method="POST", json=signing_in).status_code == 200
    here = {"Origin": api.backend.base_url}
    token = make_token(api, here, "annas", "admin")
    password, viewer = {"password": "four random words there"}, {"role": "viewer"}
    for headers in (here, token):
        for name, expected in (("anna", 403), ("owner", 409)):
            made = [
                api.ask(f"/api/people/{name}/password", headers, "PUT", json=password),
                api.ask(f"/api/people/{name}", headers, "PUT", json=viewer),
            ]
            # There is no record of the owner before they first sign in.
            assert {one.status_code for one in made} <= {expected, 404}
