"""Counts of photos and losses over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from photo_wire.name import PhotoName, new_name
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg

PICTURE = jpeg(640, 480, seed=5)


def put(api: Api, name: PhotoName, content: bytes = PICTURE, kind: str = "image/jpeg") -> PhotoName:
    headers = {**photo_headers(name), "Content-Type": kind}
    assert api.put(content, headers).status_code == 201
    return name


def test_a_camera_is_listed_with_its_counts(api: Api, camera: str) -> None:
    """How many photos, how many bytes, since when, and the last photo."""
    names = [put(api, name_of(camera, MOMENT + timedelta(days=n))) for n in range(2)]
    names.append(name_of(camera, MOMENT + timedelta(days=2)))
    body = {**photo_headers(names[2]), "Content-Type": "image/jpeg", "X-Waiting": "41"}
    assert api.put(PICTURE, body).status_code == 201
    (found,) = [
        one for one in api.read_counts("/api/cameras")["cameras"] if one["camera"] == camera
    ]
    assert (found["photos"], found["bytes"]) == (3, 3 * len(PICTURE))
    assert (found["first_day"], found["last_photo"]) == ("2026-11-20", str(names[2]))
    assert found["waiting"] == 41
    assert api.read_counts(f"/api/stats?camera={camera}")["waiting"] == 41
    body = {**photo_headers(name_of(camera)), "X-Waiting": "many"}
    assert api.put(PICTURE, body).status_code == 400


def test_days_with_photos_are_counted(api: Api, camera: str) -> None:
    """Within the requested days."""
    for hours in (0, 1, 24, 72):
        put(api, name_of(camera, MOMENT + timedelta(hours=hours)))
    days = api.read_counts(f"/api/days?camera={camera}")["days"]
    assert days == [
        {"day": "2026-11-20", "photos": 2},
        {"day": "2026-11-21", "photos": 1},
        {"day": "2026-11-23", "photos": 1},
    ]
    some = api.read_counts(f"/api/days?camera={camera}&from=2026-11-21&to=2026-11-22")["days"]
    assert some == days[1:2]


def test_statistics_count_losses_too(api: Api, camera: str) -> None:
    """By camera and day; a photo that was lost is not among those that are stored."""
    now = datetime.now(UTC)
    put(api, name_of(camera, now))
    lost = new_name(camera, now - timedelta(minutes=1))
    alert = {"id": str(lost), "kind": "loss", "reason": "no-room", "details": {}}
    key = {"x-functions-key": api.backend.function_key}
    api.ask("/api/alerts", key, "POST", json={"alerts": [alert]})
    found = api.read_counts(f"/api/stats?camera={camera}&days=2")
    assert (found["photos"], found["bytes"], found["losses"]) == (1, len(PICTURE), 1)
    days = found["cameras"][0]["days"]
    assert sum(day["losses"] for day in days) == sum(day["photos"] for day in days) == 1
    status = api.read_counts("/api/status")
    assert status["losses_since_yesterday"] >= 1
    assert status["retention_days"] == 120


def test_cameras_are_listed_without_counting(api: Api, camera: str) -> None:
    """The same ones as with counts."""
    put(api, name_of(camera))
    named, counted = (
        {one["camera"]: one for one in api.read_counts(f"/api/cameras{query}")["cameras"]}
        for query in ("?counts=none", "")
    )
    assert named.keys() == counted.keys()
    assert named[camera] == {
        **counted[camera],
        "first_day": None,
        "last_photo": None,
        "photos": None,
        "bytes": None,
        "stubs": None,
    }
    assert api.read("/api/cameras?counts=all").status_code == 400


@pytest.mark.parametrize(
    "path",
    ["stats?days=0", "stats?days=many", "days?from=today", "status?x=1", "alerts?kind=A b"],
)
def test_an_invalid_query_is_refused(api: Api, path: str) -> None:
    assert api.read(f"/api/{path}").status_code == 400
