"""New cameras come up to a quota; an owner removes those that are none of theirs."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import azure.functions as func
import pytest

from function_app.alerts.api import post_alerts
from function_app.alerts.recording import record_alerts
from function_app.auth.caller import DEVICE, Caller, Scope
from function_app.ingest import camera_quota as quota
from function_app.ingest.camera_quota import NEW_CAMERA_PERIOD, RETRY_AFTER_SECONDS
from function_app.ingest.camera_quota import refused_cameras as refused
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store
from function_app.maintenance.deletion import camera_exists, delete_all_of
from function_app.problems import HTTPProblemError
from function_app.services import KnownCameras, Services
from function_app.stats.api import get_status
from function_app.storage.interfaces import PhotoIndex
from function_app.storage.models import LastSeen, Photo, PhotoStateError
from function_app.storage.row_keys import View
from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from tests.function_app.api import Api, name_of, photo_headers
from tests.support.handlers import read_request
from tests.support.interruptions import fragile
from tests.support.pictures import jpeg

NOW = to_milliseconds(datetime.now(UTC))
OWNER = Caller("owner", frozenset(Scope))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five cameras in all, and three new ones a day."""
    monkeypatch.setattr(quota, "MAX_CAMERAS", 5)
    monkeypatch.setattr(quota, "MAX_NEW_CAMERAS", 3)


def take(backend: Services, camera: str, now: datetime = NOW) -> int:
    """A photo comes from a camera; returns its reply's status."""
    upload = Upload(jpeg(), PhotoHeaders(name=name_of(camera)))
    try:
        return store(upload, backend, now).status
    except HTTPProblemError as refusal:
        return refusal.problem.status


def tell(backend: Services, *cameras: str) -> list[str]:
    """The cameras of which alerts were recorded, of these; of photos that never came."""
    names = [name_of(camera, tag="0000dead") for camera in cameras]
    alerts = [Alert(name, LOSS, "no-room").to_properties() for name in names]
    body = json.dumps({"alerts": alerts}).encode()
    request = func.HttpRequest("POST", "http://x/api/alerts", headers={}, body=body)
    reply = post_alerts(read_request("post_alerts", request), backend, DEVICE)
    return [one.rpartition("-2026")[0] for one in json.loads(reply.body)["recorded"]]


def restarted(backend: Services) -> Services:
    """The same store, seen by another process."""
    return replace(backend, known_cameras=KnownCameras())


def photo_of(camera: str) -> Photo:
    return Photo(name_of(camera), Media.JPEG, "ab" * 32, 7, NOW)


def test_new_cameras_come_up_to_a_quota(empty: Services) -> None:
    """Three a day, by photos and alerts alike, and five in all. A known one is never refused."""
    assert [take(empty, one) for one in ("a", "b")] == [201, 201]
    assert tell(empty, "b", "c", "d") == ["b", "c"]
    assert take(restarted(empty), "d") == 429
    with pytest.raises(HTTPProblemError) as caught:
        tell(empty, "d", "e")
    assert caught.value.problem.status == 429
    assert caught.value.headers == {"Retry-After": f"{RETRY_AFTER_SECONDS}"}
    assert "camera d is new here: 3 cameras a day may be new" in caught.value.problem.detail
    assert "DELETE /api/cameras/NAME" in caught.value.problem.detail
    tomorrow = NOW + NEW_CAMERA_PERIOD + timedelta(days=1)
    assert [take(empty, one, tomorrow) for one in "def"] == [201, 201, 429]
    for seen in (empty, restarted(empty)):
        taken = [take(seen, one, tomorrow) for one in "abcde"]  # c had sent an alert alone
        assert taken == [200, 200, 201 if seen is empty else 200, 200, 200]
        assert refused("abcdef", seen, tomorrow).keys() == {"f"}
        assert tell(seen, *"abcde") == list("abcde")


def test_what_is_refused_leaves_nothing(empty: Services) -> None:
    """Neither a photo that is none, nor one of a camera too many, makes a camera known."""
    with pytest.raises(HTTPProblemError) as caught:
        store(Upload(b"none", PhotoHeaders(camera="a")), empty, NOW)
    assert caught.value.problem.status == 415
    assert not camera_exists("a", empty)
    for one in "bcd":
        take(empty, one)
    assert take(empty, "a") == 429
    assert not camera_exists("a", empty)
    assert empty.blobs.cameras() == ["b", "c", "d"]


def test_cameras_of_an_older_version_are_known(empty: Services) -> None:
    """They have photos, and no row of their own."""
    for number in range(7):
        empty.index.add(photo_of(f"old-{number}"), NOW)
    assert refused([f"old-{number}" for number in range(7)], empty, NOW) == {}
    assert take(empty, "new") == 429


class OnlyLastSeen:
    """An index that may be asked for what was last seen of a camera, and counts that."""

    def __init__(self, index: PhotoIndex) -> None:
        self._index = index
        self.asked: list[str] = []

    def last_seen(self, camera: str) -> LastSeen | None:
        self.asked.append(camera)
        return self._index.last_seen(camera)


def test_a_process_knows_a_camera_by_one_row(empty: Services) -> None:
    """Whatever the number of cameras: a new instance asks for no other's when its first photo or
    its first alert comes in."""
    take(empty, "gate")
    index = OnlyLastSeen(empty.index)
    cold = replace(restarted(empty), index=cast(PhotoIndex, index))
    for _ in range(2):
        assert refused(["gate"], cold, NOW) == {}
    assert index.asked == ["gate"]


def test_a_removed_camera_is_gone(empty: Services) -> None:
    """With its photos, its alerts and its counts; another one, whose name begins like it, stays.
    Its photos do not come back; and where it sends something new, it is a new camera."""
    for camera in ("gate", "gate-2"):
        assert take(empty, camera) == 201
        alerts = [
            Alert(name_of(camera, tag=f"{n:08x}"), kind, "no-room")
            for n in range(40)
            for kind in (LOSS, QUARANTINE)
        ]
        record_alerts(alerts, empty, NOW)
    later = NOW + timedelta(hours=2)
    assert sum(empty.loss_counts.count(later)["gate"].values()) == 40
    assert empty.index.count_photos(later)["gate"].total.photos == 1
    done = delete_all_of("gate", empty, NOW)
    assert (done.photos, done.alerts, done.more) == (1, 80, False)
    assert not camera_exists("gate", empty)
    assert empty.alerts.newest_of("gate", 10, None) == []
    assert {one.alert.name.camera for one in empty.alerts.newest(1000, None)} == {"gate-2"}
    assert (
        empty.loss_counts.count(later).keys()
        == empty.index.count_photos(later).keys()
        == {"gate-2"}
    )
    assert empty.index.query(View("gate"), 10) == []
    with pytest.raises(PhotoStateError):
        empty.index.add(photo_of("gate"), NOW)
    assert refused(["gate"], empty, NOW) == {}
    assert tell(empty, "gate") == ["gate"]


def test_a_removal_stops_when_its_time_is_over(empty: Services) -> None:
    """And says so; the next one goes on."""
    take(empty, "gate")
    ticks = iter(range(1000))
    done = delete_all_of("gate", empty, NOW, seconds=0.0, clock=lambda: float(next(ticks)))
    assert (done.photos, done.alerts, done.more) == (0, 0, True)
    assert camera_exists("gate", empty)
    assert not delete_all_of("gate", empty, NOW).more
    assert not camera_exists("gate", empty)


def test_an_owner_removes_a_camera(api: Api, camera: str) -> None:
    """Through the front door, and it is on record who did."""
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.read(f"/api/cameras/{camera}", method="DELETE").status_code == 403
    reply = api.ask(f"/api/cameras/{camera}", admin, "DELETE")
    assert reply.json() == {"photos": 1, "alerts": 0, "more": False}
    assert api.ask(f"/api/cameras/{camera}", admin, "DELETE").status_code == 404
    assert api.ask("/api/cameras/-", admin, "DELETE").status_code == 400
    assert api.listed(camera) == []
    assert camera not in api.read("/api/cameras?counts=none").text
    assert f'"{camera}"' in api.ask("/api/accesses?limit=50", admin).text


def test_a_status_writes_nothing(empty: Services) -> None:
    """It counts what is not counted, and saves none of it."""
    take(empty, "a")
    take(empty, "b")
    tell(empty, "c")
    later = fragile(empty, 0)  # it fails at the first change
    request = func.HttpRequest("GET", "http://x/api/status", headers={}, body=b"")
    told = json.loads(get_status(read_request("get_status", request), later, OWNER).body)
    assert (told["photos"], told["cameras"]) == (2, 3)
