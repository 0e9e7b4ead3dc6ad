"""The trash and the protection of photos over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from photo_wire.name import PhotoName
from tests.support.api import Api, name_of, photo_headers
from tests.support.pictures import jpeg

Headers = dict[str, str]


@pytest.fixture
def photos(api: Api, camera: str) -> list[PhotoName]:
    """Three photos of the test's camera, the newest first in lists."""
    names = [name_of(camera, tag=f"{n:08x}") for n in range(3)]
    for name in names:
        assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return names


def ids_in(photos: list[dict[str, object]]) -> list[str]:
    return [str(one["id"]) for one in photos]


def in_trash(api: Api, admin: Headers, camera: str) -> list[dict[str, object]]:
    photos = api.ask(f"/api/trash?camera={camera}", admin).json()["photos"]
    assert isinstance(photos, list)
    return photos


def test_a_deleted_photo_is_in_the_trash_and_nowhere_else(
    api: Api, camera: str, admin: Headers, photos: list[PhotoName]
) -> None:
    """Its bytes and its thumbnail are there alone, for who may delete; a device that sends it again
    gets its receipt. It can be restored, with all that it was."""
    gone = photos[0]
    path, in_the_trash = f"/api/photos/{gone}", f"/api/trash/{gone}"
    before = api.ask(path, admin).json()
    share = {"photo": str(gone), "hours": 1}
    link = api.ask("/api/shares", admin, "POST", json=share).json()["url"].rpartition("/")[2]
    shared = f"/api/shared/{link}/{gone}/content"
    assert api.ask(shared).status_code == 200
    assert api.ask(f"{in_the_trash}/content", admin).status_code == 404
    assert api.ask(path, admin, "DELETE").status_code == 204
    for part in ("", "/content", "/thumbnail"):
        assert api.ask(f"{path}{part}", admin).status_code == 404
    assert sorted(ids_in(api.listed(camera))) == sorted(map(str, photos[1:]))
    assert api.ask(shared).status_code == 404
    events = api.ask(f"/api/events?camera={camera}", admin).json()["events"]
    assert str(gone) not in str(events)
    again = api.put(jpeg(), photo_headers(gone))
    assert (again.status_code, again.json()["id"]) == (200, str(gone))
    (listed,) = in_trash(api, admin, camera)
    deleted_at = datetime.fromisoformat(str(listed.pop("deleted_at")))
    kept_until = datetime.fromisoformat(str(listed.pop("kept_until")))
    assert timedelta(0) <= datetime.now(UTC) - deleted_at < timedelta(minutes=5)
    assert kept_until - deleted_at == timedelta(days=7)
    assert listed == before
    bytes_of = api.ask(f"{in_the_trash}/content", admin)
    assert (bytes_of.status_code, bytes_of.content) == (200, jpeg())
    assert bytes_of.headers["Cache-Control"] == "private, no-store"
    assert api.ask(f"{in_the_trash}/thumbnail", admin).headers["Content-Type"] == "image/jpeg"
    for path_in_trash in ("/api/trash", f"{in_the_trash}/content", f"{in_the_trash}/thumbnail"):
        assert api.read(path_in_trash).status_code == 403  # a token that may read
    body = {"ids": [str(gone), str(photos[1])]}
    reader = {"Authorization": f"Bearer {api.backend.read_token}"}
    assert api.ask("/api/photos/restore", reader, "POST", json=body).status_code == 403
    restored = api.ask("/api/photos/restore", admin, "POST", json=body).json()
    assert restored == {"restored": [str(gone)], "unknown": [str(photos[1])]}
    assert api.ask(path, admin).json() == before
    assert api.ask(f"{path}/content", admin).content == jpeg()
    assert in_trash(api, admin, camera) == []


@pytest.mark.parametrize("is_trashed", [False, True], ids=["at once", "from the trash"])
def test_a_photo_is_deleted_for_good(
    api: Api, camera: str, admin: Headers, photos: list[PhotoName], is_trashed: bool
) -> None:
    """It cannot be restored, and does not come back."""
    one, *two = (str(name) for name in photos)
    if is_trashed:
        api.ask("/api/photos/delete", admin, "POST", json={"ids": [one, *two]})
        assert api.ask(f"/api/photos/{one}", admin, "DELETE").status_code == 404
    assert api.ask(f"/api/photos/{one}?for_good=true", admin, "DELETE").status_code == 204
    several = api.ask("/api/photos/delete?for_good=true", admin, "POST", json={"ids": [one, *two]})
    assert several.json() == {"deleted": two, "unknown": [one]}
    assert in_trash(api, admin, camera) == api.listed(camera) == []
    restored = api.ask("/api/photos/restore", admin, "POST", json={"ids": [one]}).json()
    assert restored == {"restored": [], "unknown": [one]}
    for name in photos:
        assert api.put(jpeg(), photo_headers(name)).status_code == 200
        assert api.ask(f"/api/trash/{name}/content", admin).status_code == 404
    assert api.listed(camera) == []


def test_the_trash_has_pages(
    api: Api, camera: str, admin: Headers, photos: list[PhotoName]
) -> None:
    """What was deleted last comes first."""
    for name in photos:
        api.ask(f"/api/photos/{name}", admin, "DELETE")
    found, query = list[str](), f"/api/trash?camera={camera}&limit=2"
    first = api.ask(query, admin).json()
    found += ids_in(first["photos"])
    second = api.ask(f"{query}&cursor={first['next_cursor']}", admin).json()
    found += ids_in(second["photos"])
    assert found == [str(name) for name in reversed(photos)]
    assert second["next_cursor"] is None
    assert api.ask(f"{query}&cursor=bm9uZQ", admin).status_code == 400


def test_who_may_delete_some_cameras_photos_sees_no_others_in_the_trash(
    api: Api, camera: str, admin: Headers, photos: list[PhotoName]
) -> None:
    """Neither in the list nor by their ids."""
    other = name_of(f"{camera}-2")
    assert api.put(jpeg(), photo_headers(other)).status_code == 201
    for name in (*photos, other):
        api.ask(f"/api/photos/{name}", admin, "DELETE")
    grant = {"name": camera, "scopes": ["delete"], "cameras": [camera, f"{camera}-3"]}
    secret = api.ask("/api/tokens", admin, "POST", json=grant).json()["token"]
    token = {"Authorization": f"Bearer {secret}"}
    listed = api.ask("/api/trash", token).json()["photos"]
    assert sorted(ids_in(listed)) == sorted(map(str, photos))
    assert api.ask(f"/api/trash?camera={camera}-2", token).json()["photos"] == []
    assert api.ask(f"/api/trash/{other}/content", token).status_code == 404
    body = {"ids": [str(other)]}
    for path in ("/api/photos/restore", "/api/photos/delete?for_good=true"):
        assert api.ask(path, token, "POST", json=body).json()["unknown"] == [str(other)]
    assert ids_in(in_trash(api, admin, f"{camera}-2")) == [str(other)]


def test_photos_are_protected_and_it_is_logged(
    api: Api, camera: str, admin: Headers, photos: list[PhotoName]
) -> None:
    """Those that are there, until somebody ends it; a token that may only read protects nothing. A
    photo that is restored is still protected."""
    one, two, three = map(str, photos)
    api.ask(f"/api/photos/{three}", admin, "DELETE")
    body = {"ids": [one, two, three], "protected": True}
    reader = {"Authorization": f"Bearer {api.backend.read_token}"}
    assert api.ask("/api/photos/protection", reader, "PUT", json=body).status_code == 403
    reply = api.ask("/api/photos/protection", admin, "PUT", json=body)
    assert reply.json() == {"changed": [one, two], "unknown": [three]}
    assert {photo["id"]: photo["protected"] for photo in api.listed(camera)} == {
        one: True,
        two: True,
    }
    body = {"ids": [one], "protected": False}
    assert api.ask("/api/photos/protection", admin, "PUT", json=body).json()["changed"] == [one]
    api.ask(f"/api/photos/{two}", admin, "DELETE")
    api.ask("/api/photos/restore", admin, "POST", json={"ids": [two]})
    for name, is_protected in ((one, False), (two, True)):
        assert api.ask(f"/api/photos/{name}", admin).json()["protected"] is is_protected
    log = api.audit_log(admin)
    logged = {(entry["what"], entry["which"]) for entry in log}
    assert {
        ("protected", one),
        ("ended the protection of", one),
        ("deleted", two),
        ("restored", two),
    } <= logged


@pytest.mark.parametrize(
    "body", [{"ids": []}, {"ids": ["gate"], "protected": True}, {"ids": [], "protected": 1}]
)
def test_a_malformed_protection_is_refused(
    api: Api, admin: Headers, body: dict[str, object]
) -> None:
    assert api.ask("/api/photos/protection", admin, "PUT", json=body).status_code == 400
