"""A repair has so much time, and no camera is always the last."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from function_app.maintenance.repair import RepairReport, reconcile
from function_app.maintenance.timers import log_repair
from function_app.services import Services
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.function_app.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg

CAMERAS = ["attic", "barn", "cellar", "zoo"]
NOW = MOMENT + timedelta(days=1)


@pytest.fixture
def lost(empty: Services) -> list[Photo]:
    """A photo of each camera that is stored and not listed."""
    photos = [Photo(name_of(one), Media.JPEG, "ab" * 32, 4, MOMENT) for one in CAMERAS]
    for photo in photos:
        empty.blobs.add(photo, b"body")
    return photos


def a_camera_long() -> Iterator[float]:
    """The clock of a run whose time is over once it mended a camera."""
    return count(0, 100.0)


def test_a_run_whose_time_is_over_begins_no_further_camera(
    empty: Services, lost: list[Photo]
) -> None:
    """And says which are left. Begun again and again, it comes to all of them."""
    for _ in range(200):  # who comes first is chance: it takes nine runs, more or less
        done = reconcile(empty, NOW, seconds=150, clock=a_camera_long().__next__)
        assert len(done.cameras) == 1
        assert sorted(done.cameras + done.skipped) == CAMERAS
        if all(empty.index.get(photo.name) for photo in lost):
            return
    raise AssertionError("a camera was never reached")


def test_with_time_enough_all_are_mended(empty: Services, lost: list[Photo]) -> None:
    """In whatever order."""
    done = reconcile(empty, NOW)
    assert (done.cameras, done.skipped, done.listed) == (CAMERAS, [], len(lost))
    done = reconcile(empty, NOW, CAMERAS[:2], everything=True)
    assert (done.cameras, done.skipped) == (CAMERAS[:2], [])


def test_cameras_that_were_not_reached_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Or nobody would know; with time enough there is none."""
    log_repair(RepairReport(cameras=["attic"]))
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    log_repair(RepairReport(cameras=["attic"], skipped=["barn", "zoo"]))
    (said,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "2 cameras" in said.getMessage()
    assert "barn, zoo" in said.getMessage()


def test_what_is_left_is_told_over_http(api: Api, camera: str) -> None:
    """Nothing, of one camera."""
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    done = api.ask("/api/repair/run", admin, "POST", json={"cameras": [camera]}).json()
    assert (done["cameras"], done["left"]) == ([camera], [])
