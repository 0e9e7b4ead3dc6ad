"""Links that open photos without an account."""

import re
from datetime import timedelta

import pytest
import requests

from function_app.media.redaction import redact
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from function_app.web.sharing import MAX_PHOTOS
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg, located_jpeg

PICTURE = jpeg(640, 480, seed=5)
LOCATED = located_jpeg()


def put(api: Api, name: PhotoName, content: bytes = PICTURE, kind: str = "image/jpeg") -> PhotoName:
    headers = {**photo_headers(name), "Content-Type": kind}
    assert api.put(content, headers).status_code == 201
    return name


def test_a_link_opens_one_photo(api: Api, admin: dict[str, str], camera: str) -> None:
    """The page, the list and the bytes, until it is revoked; and no other photo."""
    name, other = put(api, name_of(camera)), put(api, name_of(camera, tag="00000000"))
    made = api.ask("/api/shares", admin, "POST", json={"photo": str(name), "hours": 1})
    assert made.status_code == 201
    secret = made.json()["url"].rpartition("/")[2]
    page = api.ask(f"/shared/{secret}")
    assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
    (url,) = re.findall(r'<img src="([^"]+)"', page.text)
    assert api.ask(url).content == PICTURE
    head = api.ask(f"/shared/{secret}", method="HEAD")  # a messenger's look: not on record
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(page.content))
    assert api.ask(f"/shared/{'A' * 32}", method="HEAD").status_code == 404
    for headers in (
        {},
        {"Range": "bytes=0-9"},
        {"If-None-Match": api.ask(url).headers["ETag"]},
    ):
        assert api.ask(url, headers).headers["Cache-Control"] == "no-store"
    listed = api.ask(f"/api/shared/{secret}").json()["photos"]
    assert [one["id"] for one in listed] == [str(name)]
    assert api.ask(f"/api/shared/{secret}/{other}/content").status_code == 404
    log = api.ask("/api/accesses?limit=200", admin).json()["accesses"]
    assert [one["what"] for one in log if str(name) in (one["which"] or "")][:7] == [
        "opened",
        *["saw"] * 4,  # and one look that found it unchanged
        "opened",
        "shared",
    ]
    (share,) = [
        one for one in api.ask("/api/shares", admin).json()["shares"] if one["photo"] == str(name)
    ]
    assert secret not in str(share)
    assert api.ask(f"/api/shares/{share['key']}", admin, "DELETE").status_code == 204
    for path in (f"/shared/{secret}", f"/api/shared/{secret}", url):
        assert api.ask(path).status_code == 404


def test_a_link_opens_an_event(api: Api, admin: dict[str, str], camera: str) -> None:
    """The photos of its camera from its first moment to its last."""
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in range(5)]
    put(api, name_of(f"{camera}-2", MOMENT + timedelta(seconds=2)))
    fields = {
        "camera": camera,
        "from": "2026-11-20T12:01:35.567Z",
        "to": "2026-11-20T12:01:37.567Z",
    }
    made = api.ask("/api/shares", admin, "POST", json=fields)
    secret = made.json()["url"].rpartition("/")[2]
    opened = api.ask(f"/api/shared/{secret}").json()
    assert [one["id"] for one in opened["photos"]] == [str(name) for name in names[1:4]]
    assert opened["more"] is False


def test_a_link_states_that_it_opens_more_photos_than_it_shows(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """The first 200, on its page and in its list; for just 200 nothing is said."""
    index = connect(Settings(api.backend.connection_string)).index
    for n in range(MAX_PHOTOS + 1):
        name = name_of(camera, MOMENT + timedelta(seconds=n))
        index.add(Photo(name, Media.JPEG, "ab" * 32, 1, MOMENT), MOMENT)
    for last, more in ((MAX_PHOTOS, True), (MAX_PHOTOS - 1, False)):
        to = format_time(MOMENT + timedelta(seconds=last))
        fields = {"camera": camera, "from": format_time(MOMENT), "to": to}
        made = api.ask("/api/shares", admin, "POST", json=fields)
        secret = made.json()["url"].rpartition("/")[2]
        opened = api.ask(f"/api/shared/{secret}").json()
        assert (len(opened["photos"]), opened["more"]) == (MAX_PHOTOS, more)
        page = api.ask(f"/shared/{secret}").text
        assert page.count("<img") == MAX_PHOTOS
        assert ("These are the first 200." in page) is more


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 400),
        ({"photo": "gate"}, 400),
        ({"photo": "gate-20261120T120134567Z-00000000"}, 404),
        ({"camera": "gate"}, 400),
        ({"camera": "gate", "from": "x", "to": "y"}, 400),
        ({"camera": "gate", "from": "2026-11-20T12:00:00Z", "to": "2026-11-20T11:00:00Z"}, 400),
        ({"photo": "gate-20261120T120134567Z-00000000", "hours": 0}, 400),
        ({"photo": "gate-20261120T120134567Z-00000000", "days": 5}, 400),
    ],
)
def test_a_malformed_link_is_rejected(
    api: Api, admin: dict[str, str], fields: dict[str, object], expected: int
) -> None:
    assert api.ask("/api/shares", admin, "POST", json=fields).status_code == expected


def shared(api: Api, camera: str, **fields: object) -> tuple[str, str]:
    """A photo with its place, and where a link to it gives its bytes."""
    name = name_of(camera)
    assert api.put(LOCATED, photo_headers(name)).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    made = api.ask("/api/shares", admin, "POST", json={"photo": str(name), **fields})
    assert made.status_code == 201, made.text
    secret = made.json()["url"].rpartition("/")[2]
    return f"/api/photos/{name}/content", f"/api/shared/{secret}/{name}/content"


def test_a_shared_photo_has_no_location(api: Api, camera: str) -> None:
    """Whichever part of the photo is asked for; who is signed in gets the photo as it came."""
    own, path = shared(api, camera)
    bare = redact(LOCATED, Media.JPEG)
    whole = api.ask(path)
    assert (whole.status_code, whole.content) == (200, bare)
    head = api.ask(path, method="HEAD")
    assert head.headers["Content-Length"] == str(len(bare))
    part = api.ask(path, {"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, bare[2:10])
    assert part.headers["Content-Range"] == f"bytes 2-9/{len(bare)}"
    assert etag(whole) == etag(head) != etag(api.read(own))
    assert api.read(own).content == LOCATED


def test_a_link_with_location_keeps_the_location(api: Api, camera: str) -> None:
    _, path = shared(api, camera, with_location=True)
    assert api.ask(path).content == LOCATED
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    shares = api.ask("/api/shares", admin).json()["shares"]
    assert [one["with_location"] for one in shares if one["camera"] == camera] == [True]


def test_with_location_is_a_boolean(api: Api, camera: str) -> None:
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    fields = {"photo": str(name_of(camera)), "with_location": "no"}
    assert api.ask("/api/shares", admin, "POST", json=fields).status_code == 400


def etag(reply: requests.Response) -> str:
    return reply.headers["ETag"]
