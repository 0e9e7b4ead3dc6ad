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
    lines = api.ask("/api/accesses?limit=200", admin).json()["accesses"]
    log = [one for one in lines if one["what"].startswith(("revoked", "shut"))]
    assert sorted((one["what"], one["which"][:5]) for one in log) == [
        ("revoked a link", "link "),
        ("revoked a link", "link "),
        ("revoked the token", "their"),
        ("revoked the token", "their"),
        ("shut out", "leave"),
    ]
