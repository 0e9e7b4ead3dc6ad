"""Of each camera the last photo is named that is there: no link to what was deleted."""

from datetime import datetime, timedelta
from typing import Any

from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.stats.api import last_photo
from function_app.storage.models import Photo
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.photo_counting import NOW, hours_ago, last_is_there, listed
from tests.support.pictures import jpeg


def last(backend: Services, now: datetime = NOW) -> PhotoName | None:
    return last_photo(
        backend.index.cameras()["gate"], backend.index.count_photos(now)["gate"], backend
    )


def store(backend: Services, photo: Photo) -> Photo:
    backend.blobs.add(photo, b"bytes")
    return photo


def test_the_last_that_came_is_the_last(empty: Services) -> None:
    """Whenever it was taken, counted or not, and whatever was deleted before it."""
    photos = hours_ago(empty, 5)
    assert last(empty) == photos[4].name
    delete(photos[2], empty)
    late = listed(empty, NOW - timedelta(days=90), 9, NOW - timedelta(minutes=1))
    assert last(empty) == late.name
    delete(photos[4], empty)
    assert last(empty) == late.name


def test_if_it_was_deleted_the_newest_that_is_there_is(empty: Services) -> None:
    """Until another comes; and where none is left, there is none."""
    photos = [store(empty, photo) for photo in hours_ago(empty, 5)]
    for left in (4, 3):
        delete(photos[left], empty, deleted_at=NOW)
        assert last(empty) == photos[left - 1].name
    another = listed(empty, NOW - timedelta(days=2), 9, NOW)
    assert last(empty) == another.name
    for photo in (another, *photos[2::-1]):
        delete(photo, empty)
        assert last_is_there(empty)
    assert last(empty) is None


def test_what_a_repair_took_off_the_list_is_not_the_last(empty: Services) -> None:
    """Its bytes were gone. Nor does a repair bring back what was deleted before it."""
    photos = [store(empty, photo) for photo in hours_ago(empty, 5)]
    empty.blobs.remove(photos[4])
    delete(photos[3], empty, deleted_at=NOW)
    reconcile(empty, NOW)
    assert last(empty, NOW + timedelta(days=1)) == photos[2].name
    for photo in photos[:3]:
        empty.blobs.remove(photo)
    reconcile(empty, NOW)
    assert last(empty, NOW + timedelta(days=1)) is None


def test_the_api_links_to_what_is_there(api: Api, camera: str) -> None:
    """The list of cameras and the status; a camera is in it also when all of its photos are gone,
    with when the last one came."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    names = [name_of(camera, MOMENT + timedelta(days=n)) for n in range(3)]
    for name in (name_of(new_camera()), *names):
        assert api.put(jpeg(), photo_headers(name)).status_code == 201

    def shown(query: str = "") -> dict[str, Any]:
        cameras = api.read(f"/api/cameras{query}").json()["cameras"]
        (found,) = (one for one in cameras if one["camera"] == camera)
        return dict(found)

    seen = shown()["last_seen"]
    for left in (3, 2, 1, 0):
        expected = str(names[left - 1]) if left else None
        found = shown()
        assert (found["photos"], found["last_photo"], found["last_seen"]) == (left, expected, seen)
        status = api.read("/api/status").json()
        assert status["last_seen"] == seen
        assert status["last_photo"] == expected or not left
        assert api.read(f"/api/photos/{status['last_photo']}").status_code == 200
        if left:
            path = f"/api/photos/{names[left - 1]}"
            assert api.ask(path, admin, "DELETE").status_code == 204
    assert shown("?counts=none")["last_photo"] is None
    assert shown("?counts=none")["last_seen"] == seen
