"""`GET /api/stats` and `/api/status`: what was received, exists and was lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func

from function_app.auth.caller import Caller, Scope
from function_app.services import Services
from function_app.stats.api import get_status
from photo_wire.name import PhotoName
from tests.support.api import Api, name_of, photo_headers
from tests.support.camera_traffic import report_losses_of, upload_from
from tests.support.handlers import read_request
from tests.support.interruptions import fragile
from tests.support.pictures import jpeg

OWNER = Caller("owner", frozenset(Scope))


def put(api: Api, name: PhotoName) -> PhotoName:
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return name


def stats(api: Api, camera: str, days: int = 30) -> Any:
    reply = api.read(f"/api/stats?camera={camera}&days={days}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_future_days_are_not_among_the_last_days(api: Api, camera: str) -> None:
    """A device with a wrong clock dates photos and losses to any day: they are counted, and the
    calendar has them, but not the last thirty days."""
    now = datetime.now(UTC)
    for days in (0, 400, 20_000):
        put(api, name_of(camera, now + timedelta(days=days)))
    key = {"x-functions-key": api.backend.function_key}
    before = api.read("/api/status").json()["losses_since_yesterday"]
    lost = [name_of(camera, now + timedelta(days=days), "0" * 8) for days in (0, 2, 400)]
    alerts = [{"id": str(one), "kind": "loss", "reason": "no-room"} for one in lost]
    assert api.ask("/api/alerts", key, "POST", json={"alerts": alerts}).status_code == 200
    found = stats(api, camera)
    assert (found["photos"], found["losses"]) == (3, 1)
    (day,) = found["cameras"][0]["days"]
    assert (day["day"], day["photos"], day["losses"]) == (f"{now:%Y-%m-%d}", 1, 1)
    assert len(api.read(f"/api/days?camera={camera}").json()["days"]) == 3
    assert api.read("/api/status").json()["losses_since_yesterday"] == before + 1


def test_deleted_photos_still_count_as_received(api: Api, camera: str) -> None:
    """Deleted one by one and together; a repair, which counts again, forgets none."""
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    now = datetime.now(UTC)
    names = [put(api, name_of(camera, now, f"{n:08x}")) for n in range(4)]
    old = put(api, name_of(camera, now - timedelta(days=60)))

    def status() -> tuple[list[int], list[int]]:
        found = stats(api, camera)
        (of_the_camera,) = found["cameras"]
        (day,) = of_the_camera["days"]
        assert found["received"] == of_the_camera["received"] == day["received"] + 1
        return [one["received"] for one in (found, day)], [one["photos"] for one in (found, day)]

    assert status() == ([5, 4], [5, 4])
    assert api.ask(f"/api/photos/{names[0]}", admin, "DELETE").status_code == 204
    assert status() == ([5, 4], [4, 3])
    ids = {"ids": [str(name) for name in (*names[1:], old)]}
    assert api.ask("/api/photos/delete", admin, "POST", json=ids).status_code == 200
    body = {"cameras": [camera]}
    for _ in range(2):
        assert status() == ([5, 4], [0, 0])
        assert api.ask("/api/repair/run", admin, "POST", json=body).status_code == 200


def test_a_status_writes_nothing(empty: Services) -> None:
    """It counts without saving the counts."""
    upload_from(empty, "a")
    upload_from(empty, "b")
    report_losses_of(empty, "c")
    later = fragile(empty, 0)  # it fails at the first change
    request = func.HttpRequest("GET", "http://x/api/status", headers={}, body=b"")
    status = json.loads(get_status(read_request("get_status", request), later, OWNER).body)
    assert (status["photos"], status["cameras"]) == (2, 3)
