"""`GET /api/stats` and `/api/status`: what was received, exists and was lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth.caller import DEVICE, Caller, Scope
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.stats.api import get_stats, get_status, list_cameras, list_days
from photo_wire.headers import PhotoHeaders
from photo_wire.moment import format_time
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.camera_traffic import report_losses_of, upload_from
from tests.support.handlers import read_request
from tests.support.interruptions import fragile
from tests.support.pictures import jpeg

OWNER = Caller("owner", frozenset(Scope))
HANDLERS = (list_cameras, list_days, get_stats, get_status)

Handler = Callable[[Request, Services, Caller], Response]


def put(api: Api, name: PhotoName) -> PhotoName:
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return name


def stats(api: Api, camera: str, days: int = 30) -> Any:
    return api.read_counts(f"/api/stats?camera={camera}&days={days}")


@pytest.mark.slow
def test_future_days_are_not_among_the_last_days(api: Api, camera: str) -> None:
    """A device with a wrong clock dates photos and losses to any day: they are counted, and the
    calendar has them, but not the last thirty days."""
    now = datetime.now(UTC)
    for days in (0, 400, 20_000):
        put(api, name_of(camera, now + timedelta(days=days)))
    key = {"x-functions-key": api.backend.function_key}
    before = api.read_counts("/api/status")["losses_since_yesterday"]
    lost = [name_of(camera, now + timedelta(days=days), "0" * 8) for days in (0, 2, 400)]
    alerts = [{"id": str(one), "kind": "loss", "reason": "no-room"} for one in lost]
    assert api.ask("/api/alerts", key, "POST", json={"alerts": alerts}).status_code == 200
    found = stats(api, camera)
    assert (found["photos"], found["losses"]) == (3, 1)
    (day,) = found["cameras"][0]["days"]
    assert (day["day"], day["photos"], day["losses"]) == (f"{now:%Y-%m-%d}", 1, 1)
    assert len(api.read_counts(f"/api/days?camera={camera}")["days"]) == 3
    assert api.read_counts("/api/status")["losses_since_yesterday"] == before + 1


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


Body = dict[str, Any]


def ask(handler: Handler, services: Services, caller: Caller = OWNER, **query: str) -> Body:
    """The response of a handler, which may change nothing."""
    request = func.HttpRequest("GET", "http://x/", headers={}, params=query, body=b"")
    unchanged = fragile(services, 0)  # it fails at the first change
    answer: Body = json.loads(
        handler(read_request(handler.__name__, request), unchanged, caller).body
    )
    return answer


def test_reads_show_the_last_count_and_write_nothing(empty: Services) -> None:
    """Nothing (null, not 0) before the first count, even of cameras that are known; later when it
    was, and null for a camera that is new since."""
    for camera in ("a", "b"):
        upload_from(empty, camera)
    report_losses_of(empty, "c")
    assert [ask(one, empty)["as_of"] for one in HANDLERS] == [None] * 4
    assert [one["photos"] for one in ask(list_cameras, empty)["cameras"]] == [None, None]
    assert ask(list_cameras, empty)["cameras"][0]["last_photo"] is None
    stats = ask(get_stats, empty)
    for one in (stats, *stats["cameras"]):
        assert (one["received"], one["photos"], one["bytes"]) == (None, None, None)
    assert stats["losses"] is None
    assert ask(list_days, empty)["days"] == []
    status = ask(get_status, empty)
    assert (status["photos"], status["bytes"], status["cameras"]) == (None, None, 2)
    assert status["losses_since_yesterday"] is None
    now = datetime.now(UTC)
    update_figures(empty, now)
    upload_from(empty, "d", now + timedelta(seconds=1))  # since the count
    assert [ask(one, empty)["as_of"] for one in HANDLERS] == [format_time(now)] * 4
    cameras = ask(list_cameras, empty)["cameras"]
    assert [one["photos"] for one in cameras] == [1, 1, None]
    assert [one["last_photo"] for one in cameras] == [str(name_of(one)) for one in "abd"]
    status = ask(get_status, empty)
    assert (status["photos"], status["cameras"]) == (2, 4)
    assert status["last_photo"] == str(name_of("d"))
    stats = ask(get_stats, empty)
    assert [one["camera"] for one in stats["cameras"]] == ["a", "b", "c", "d"]
    assert [one["photos"] for one in stats["cameras"]] == [1, 1, 0, None]
    assert (stats["received"], stats["photos"]) == (2, 2)
    assert ask(get_stats, empty, camera="d")["photos"] is None
    assert ask(list_days, empty)["days"] == [{"day": str(MOMENT.date()), "photos": 2}]


def test_waiting_photos_are_null_until_a_device_says_how_many(empty: Services) -> None:
    """Of all cameras those that are known are summed up."""
    upload_from(empty, "a")
    stats = ask(get_stats, empty)
    assert (stats["waiting"], stats["cameras"][0]["waiting"]) == (0, None)
    for camera, waiting in (("b", 3), ("c", 0)):
        headers = PhotoHeaders(name=name_of(camera), waiting=waiting)
        store(Upload(jpeg(), headers), empty, DEVICE, datetime.now(UTC))
    assert ask(get_stats, empty)["waiting"] == 3
    stats = ask(get_stats, empty, camera="c")
    assert (stats["waiting"], stats["cameras"][0]["waiting"]) == (0, 0)


def test_a_caller_without_cameras_sees_none(empty: Services) -> None:
    upload_from(empty, "a")
    update_figures(empty, datetime.now(UTC))
    nobody = Caller("nobody", frozenset(Scope), frozenset())
    assert ask(list_cameras, empty, nobody)["cameras"] == []
    assert ask(list_days, empty, nobody)["days"] == []
    assert ask(get_stats, empty, nobody)["cameras"] == []
    status = ask(get_status, empty, nobody)
    assert (status["cameras"], status["photos"], status["last_seen"]) == (0, 0, None)
