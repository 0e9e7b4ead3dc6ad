"""Deleting a camera with everything that it sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.alerts.recording import record_alerts
from function_app.auth.caller import DEVICE, Caller, Scope, Standing
from function_app.ingest.camera_quota import rejected_cameras as rejected
from function_app.maintenance.deletion import camera_exists, delete_all_of
from function_app.services import Services
from function_app.storage.models import Photo, PhotoStateError, StoredAlert
from function_app.storage.row_keys import View
from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.media import Media
from tests.support.api import Api, name_of, photo_headers
from tests.support.camera_traffic import NOW, report_losses_of, upload_from
from tests.support.pictures import jpeg

OWNER = Caller("owner", frozenset(Scope))
GATE = replace(DEVICE, device="gate", standing=Standing.VERIFIED)


def photo_of(camera: str) -> Photo:
    return Photo(name_of(camera), Media.JPEG, "ab" * 32, 7, NOW)


def test_everything_of_a_camera_is_deleted(empty: Services) -> None:
    """Its photos, its alerts and its counts; a camera whose name begins like it stays. Its photos
    do not come back; if it sends something new, it is a new camera."""
    for camera in ("gate", "gate-2"):
        assert upload_from(empty, camera) == 201
        alerts = [
            StoredAlert(Alert(name_of(camera, tag=f"{n:08x}"), kind, "no-room"), NOW)
            for n in range(40)
            for kind in (LOSS, QUARANTINE)
        ]
        record_alerts(alerts, empty, NOW)
        empty.device_keys.claim(GATE, camera, NOW)
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
    owners = [empty.device_keys.device_of(camera, NOW) for camera in ("gate", "gate-2")]
    assert owners == [None, "gate"]
    assert rejected(["gate"], empty, NOW) == {}
    assert report_losses_of(empty, "gate") == ["gate"]


def test_a_deletion_stops_after_its_time(empty: Services) -> None:
    """And reports so; the next one continues."""
    upload_from(empty, "gate")
    ticks = iter(range(1000))
    done = delete_all_of("gate", empty, NOW, seconds=0.0, clock=lambda: float(next(ticks)))
    assert (done.photos, done.alerts, done.more) == (0, 0, True)
    assert camera_exists("gate", empty)
    assert not delete_all_of("gate", empty, NOW).more
    assert not camera_exists("gate", empty)


def test_an_owner_deletes_a_camera_over_http(api: Api, camera: str) -> None:
    """And it is logged."""
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
