"""Of each camera the last photo is named that is there: no link to what was deleted."""

from datetime import timedelta
from typing import Any

from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.pictures import jpeg


def test_the_api_links_to_what_is_there(api: Api, camera: str) -> None:
    """The list of cameras and the status; a camera is in it also when all of its photos are gone,
    with when the last one came."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    names = [name_of(camera, MOMENT + timedelta(days=n)) for n in range(3)]
    for name in (name_of(new_camera()), *names):
        assert api.put(jpeg(), photo_headers(name)).status_code == 201

    def shown(query: str = "") -> dict[str, Any]:
        cameras = api.read_counts(f"/api/cameras{query}")["cameras"]
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
