"""Links that open photos without an account."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from photo_wire.motion import MOTION, WITHOUT_MOTION
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg

PICTURE = jpeg(640, 480, seed=5)


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend with a short audit log: these tests read all of it."""
    return backend_of_file


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
    (url,) = re.findall(r'<img src="(/api/[^"]+)"', page.text)
    assert api.ask(url).content == PICTURE
    plain = {"Accept-Encoding": "identity"}
    head = api.ask(f"/shared/{secret}", plain, "HEAD")  # a messenger's look: not on record
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
    log = api.audit_log(admin)
    actions = [one["what"] for one in log if str(name) in (one["which"] or "")]
    # Each once in an hour, whichever pieces were read; a second one may have begun.
    assert set(actions) == {"saw", "opened", "shared"}
    assert len(actions) <= 5
    (share,) = [
        one for one in api.ask("/api/shares", admin).json()["shares"] if one["photo"] == str(name)
    ]
    assert secret not in str(share)
    assert api.ask(f"/api/shares/{share['key']}", admin, "DELETE").status_code == 204
    for path in (f"/shared/{secret}", f"/api/shared/{secret}", url):
        assert api.ask(path).status_code == 404


def test_openings_at_once_are_all_counted(api: Api, admin: dict[str, str], camera: str) -> None:
    """Of the page and of the list, with when the last one was; those of pictures are not."""
    name = put(api, name_of(camera))
    made = api.ask("/api/shares", admin, "POST", json={"photo": str(name)}).json()
    secret = made["url"].rpartition("/")[2]
    page, listed = f"/shared/{secret}", f"/api/shared/{secret}"
    picture = f"{listed}/{name}/content"
    assert opened(api, admin, made["key"]) == (0, None)
    with ThreadPoolExecutor(6) as pool:
        paths = [page, picture, listed] * 8
        replies = list(pool.map(lambda path: Api(api.backend).ask(path).status_code, paths))
    assert replies == [200] * 24
    count, last = opened(api, admin, made["key"])
    assert count == 16
    assert last is not None


def opened(api: Api, admin: dict[str, str], key: str) -> tuple[int, str | None]:
    """Return how often a link was opened, and when last."""
    shares = api.ask("/api/shares", admin).json()["shares"]
    (found,) = [(one["opened"], one["opened_at"]) for one in shares if one["key"] == key]
    return found


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


def test_a_link_opens_chosen_photos(api: Api, admin: dict[str, str], camera: str) -> None:
    """Those alone, of several cameras, in their order, each under its name; one that was deleted is
    no longer among them."""
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in range(4)]
    names.append(put(api, name_of(f"{camera}-2", MOMENT + timedelta(seconds=2))))
    chosen = [names[3], names[4], names[1]]
    made = api.ask("/api/shares", admin, "POST", json={"photos": [str(name) for name in chosen]})
    assert made.status_code == 201, made.text
    secret = made.json()["url"].rpartition("/")[2]
    ids = [one["id"] for one in api.ask(f"/api/shared/{secret}").json()["photos"]]
    assert ids == [str(names[1]), str(names[4]), str(names[3])]
    page = api.ask(f"/shared/{secret}")
    assert re.findall(r'download="([^"]+)\.jpg"', page.text) == ids
    assert f"{camera}-2, " in page.text
    assert api.ask(f"/api/shared/{secret}/{names[4]}/content").content == PICTURE
    assert api.ask(f"/api/shared/{secret}/{names[0]}/content").status_code == 404
    (listed,) = [
        one for one in api.ask("/api/shares", admin).json()["shares"] if one["photos"] == ids
    ]
    assert listed["photo"] == ids[0]
    assert api.ask(f"/api/photos/{names[4]}", admin, "DELETE").status_code == 204
    assert len(api.ask(f"/api/shared/{secret}").json()["photos"]) == 2
    assert str(names[4]) not in api.ask(f"/shared/{secret}").text


def test_a_stub_is_shared_by_its_id_alone(api: Api, admin: dict[str, str], camera: str) -> None:
    """By a link to it, alone or among photos; a link to all of its camera does not open it."""
    names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in (0, 2)]
    stub = name_of(camera, MOMENT + timedelta(seconds=1))
    headers = photo_headers(stub) | {MOTION: WITHOUT_MOTION}
    assert api.put(PICTURE, headers).status_code == 201
    everything = {"camera": camera, "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
    chosen = {"photos": [str(names[0]), str(stub)]}
    for fields, ids, status in (
        (everything, [str(name) for name in names], 404),
        ({"photo": str(stub)}, [str(stub)], 200),
        (chosen, chosen["photos"], 200),
    ):
        made = api.ask("/api/shares", admin, "POST", json=fields)
        secret = made.json()["url"].rpartition("/")[2]
        assert [one["id"] for one in api.ask(f"/api/shared/{secret}").json()["photos"]] == ids
        assert api.ask(f"/api/shared/{secret}/{stub}/content").status_code == status


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 400),
        ({"photo": "gate"}, 400),
        ({"photo": "gate-20261120T120134567Z-00000000"}, 404),
        ({"photos": []}, 400),
        ({"photos": ["gate"]}, 400),
        ({"photos": [f"gate-20261120T120134567Z-{n:08x}" for n in range(201)]}, 400),
        ({"photos": [f"gate-20261120T120134567Z-{n:08x}" for n in range(2)]}, 404),
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


def test_with_location_is_a_boolean(api: Api, camera: str) -> None:
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    fields = {"photo": str(name_of(camera)), "with_location": "no"}
    assert api.ask("/api/shares", admin, "POST", json=fields).status_code == 400
