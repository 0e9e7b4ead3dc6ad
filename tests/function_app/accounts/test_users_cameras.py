"""Accounts and tokens that are limited to some cameras."""

import pytest

from photo_wire.name import PhotoName
from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg

PICTURE = jpeg(640, 480, seed=5)


def put(api: Api, name: PhotoName, content: bytes = PICTURE, kind: str = "image/jpeg") -> PhotoName:
    headers = {**photo_headers(name), "Content-Type": kind}
    assert api.put(content, headers).status_code == 201
    return name


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tokens", {"name": "x", "scopes": ["read", "admin"]}),
        ("people", {"name": "x", "role": "owner", "password": "a good long password"}),
    ],
)
def test_an_admin_is_not_limited_to_some_cameras(
    api: Api, admin: dict[str, str], path: str, body: dict[str, object]
) -> None:
    """They could give themselves the others."""
    reply = api.ask(f"/api/{path}", admin, "POST", json={**body, "cameras": ["gate"]})
    assert (reply.status_code, "cameras" in reply.json()["detail"]) == (400, True)


@pytest.mark.parametrize("path", ["tokens", "people"])
def test_a_limit_has_at_most_a_hundred_cameras(
    api: Api, admin: dict[str, str], camera: str, path: str
) -> None:
    """A hundred, since a page is a request for each."""
    body = {"scopes": ["read"]} if path == "tokens" else {"password": "a good long password"}
    for count, expected in ((101, 400), (100, 201)):
        more = {"name": camera, "cameras": [f"{camera}-{n}" for n in range(count)]}
        reply = api.ask(f"/api/{path}", admin, "POST", json={**body, **more})
        assert (reply.status_code, "cameras" in reply.text) == (expected, True)


def test_viewers_are_added_and_removed(api: Api, admin: dict[str, str], camera: str) -> None:
    """A viewer sees the cameras that they were given, and nothing once they are removed."""
    mine, other = put(api, name_of(camera)), put(api, name_of(f"{camera}-2"))
    body = {"name": camera, "password": "a good password", "cameras": [camera]}
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 201
    assert api.ask("/api/people", admin, "POST", json=body).status_code == 409
    viewer = Api(api.backend)
    credentials = {"name": camera, "password": "a good password"}
    from_here = {"X-Forwarded-For": camera}
    assert viewer.ask("/api/session", from_here, "POST", json=credentials).json() == {
        "name": camera,
        "role": "viewer",
        "cameras": [camera],
    }
    assert [one["id"] for one in viewer.ask("/api/photos").json()["photos"]] == [str(mine)]
    api.thumbnail(mine)  # made now, so that nobody is told to come again
    for path in ("", "/content", "/thumbnail"):
        assert viewer.ask(f"/api/photos/{mine}{path}").status_code == 200
        assert viewer.ask(f"/api/photos/{other}{path}").status_code == 404
    names = [one["name"] for one in api.ask("/api/people", admin).json()["people"]]
    assert camera in names
    assert api.ask(f"/api/people/{camera}", admin, "DELETE").status_code == 200
    assert viewer.ask("/api/photos").status_code == 401
    assert api.ask("/api/people/owner", admin, "DELETE").status_code == 409
