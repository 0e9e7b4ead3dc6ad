"""Repair: the index agrees with the blobs afterwards, wherever it is stopped."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from function_app.maintenance.deletion import TOMBSTONE_TTL, delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.storage.models import Photo, State
from function_app.storage.row_keys import View
from photo_wire.alert import MISSING
from photo_wire.media import Media
from tests.support.api import MOMENT, name_of
from tests.support.interruptions import StoppedError, fragile, until_done
from tests.support.stored_photos import BODY, NOW, everything, is_consistent, stored

RUNS = 100  # with three cameras, one is first in none of them once in 10^17 times
CAMERAS = ["attic", "barn", "cellar", "zoo"]
REPAIRED_AT = MOMENT + timedelta(days=1)


@pytest.fixture
def unlisted_photos(empty: Services) -> list[Photo]:
    """Store a photo of each camera without listing it."""
    photos = [Photo(name_of(one), Media.JPEG, "ab" * 32, 4, MOMENT) for one in CAMERAS]
    for photo in photos:
        empty.blobs.add(photo, b"body")
    return photos


def time_for_one_camera() -> Iterator[float]:
    """Yield the clock of a run whose time is over after one camera."""
    return count(0, 100.0)


def test_a_run_whose_time_is_over_begins_no_further_camera(
    empty: Services, unlisted_photos: list[Photo]
) -> None:
    """It reports the others as skipped. Repeated, it reaches all of them."""
    for _ in range(200):  # who comes first is chance: it takes nine runs, more or less
        report = reconcile(empty, REPAIRED_AT, seconds=150, clock=time_for_one_camera().__next__)
        assert len(report.cameras) == 1
        assert sorted(report.cameras + report.skipped) == CAMERAS
        if all(empty.index.get(photo.name) for photo in unlisted_photos):
            return
    raise AssertionError("a camera was never reached")


def test_with_enough_time_all_cameras_are_repaired(
    empty: Services, unlisted_photos: list[Photo]
) -> None:
    """In whatever order."""
    report = reconcile(empty, REPAIRED_AT)
    assert (report.cameras, report.skipped, report.listed) == (CAMERAS, [], len(unlisted_photos))
    report = reconcile(empty, REPAIRED_AT, CAMERAS[:2], everything=True)
    assert (report.cameras, report.skipped) == (CAMERAS[:2], [])


def test_a_photo_that_a_person_deleted_does_not_come_back(own: Services) -> None:
    """Neither by another upload nor by a repair: a tombstone stands for it, and is removed after
    its time."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    delete(gone, own, deleted_at=NOW)
    mark = replace(gone, deleted_at=NOW)
    assert own.blobs.add(gone, BODY) == mark
    assert own.blobs.read(gone, 0, len(BODY)) is None
    assert own.blobs.find(gone.name, gone.media) is None
    assert own.blobs.find_or_tombstone(gone.name, gone.media) == mark
    for is_full in (False, True):
        report = reconcile(own, NOW + timedelta(days=1), everything=is_full)
        assert (report.photos, report.listed, report.unlisted, report.unrecognized) == (1, 0, 0, 0)
    assert list(own.blobs.list_photos("gate")) == [stays, mark]
    reconcile(own, NOW + TOMBSTONE_TTL + timedelta(days=1))
    assert list(own.blobs.list_photos("gate")) == [stays]
    assert own.index.query(View(), 10) == [stays]
    assert own.alerts.newest(10, None) == []


def test_an_interrupted_deletion_is_finished_and_is_no_loss(own: Services) -> None:
    """Stopped after the tombstone was written."""
    gone, stays = stored(own, "gate", 2), stored(own, "gate", 1)
    own.thumbnails.write(gone, b"small")
    own.blobs.write_tombstone(gone, NOW)
    assert reconcile(own, NOW).unlisted == 1
    assert own.index.query(View(), 10) == [stays]
    assert list(own.thumbnails.list_names("gate")) == []
    assert own.alerts.newest(10, None) == []


def test_the_index_agrees_with_the_blobs_afterwards(own: Services) -> None:
    """Blobs without rows are listed, rows without blobs removed and reported, thumbnails without a
    photo removed; recent uploads are left alone."""
    whole = stored(own, "gate", 1)
    unlisted = stored(own, "gate", 2, listed=False)
    bare = stored(own, "gate", 3)
    own.blobs.remove(bare)
    orphan = name_of("gate", NOW - timedelta(days=5))
    own.thumbnails.write(replace(whole, name=orphan), b"small")
    own.thumbnails.write(whole, b"small")
    arriving = stored(own, "gate", 0.01, listed=False)
    report = reconcile(own, NOW)
    assert (report.photos, report.listed, report.unlisted, report.thumbnails) == (3, 1, 1, 1)
    assert own.index.query(View("gate"), 10) == [whole, unlisted]
    assert list(own.thumbnails.list_names("gate")) == [whole.name]
    (alert,) = own.alerts.newest(10, None)
    assert (alert.alert.name, alert.alert.kind) == (bare.name, MISSING)
    assert own.blobs.read(arriving, 0, 3) == BODY[:3]
    again = reconcile(own, NOW)
    assert (again.listed, again.unlisted, again.thumbnails) == (0, 0, 0)


def test_the_whole_index_is_rebuilt_from_the_blobs(own: Services) -> None:
    """Every list of every camera is as before."""
    photos = [stored(own, camera, n) for camera in ("gate", "entry") for n in range(1, 4)]
    before = everything(own)
    for photo in photos[:5]:
        own.index.unindex(photo, State.EXPIRED)
    reconcile(own, NOW, everything=True)
    assert everything(own) == before


def test_an_interrupted_repair_is_continued_by_the_next(own: Services) -> None:
    """It ends as if it had not been stopped."""
    stored(own, "gate", 2, listed=False)
    bare = stored(own, "gate", 3)
    own.blobs.remove(bare)
    stored(own, "entry", 4, listed=False)
    until_done(lambda stopping: reconcile(stopping, NOW), own)
    assert is_consistent(own)
    assert [one.alert.name for one in own.alerts.newest(10, None)] == [bare.name]


def test_every_camera_is_repaired_in_the_end(own: Services) -> None:
    """Even if the platform ends each run after one camera."""
    for camera in ("entry", "gate", "zoo"):
        stored(own, camera, 5)
    unlisted_photos = {stored(own, camera, 3, listed=False) for camera in ("entry", "zoo")}
    runs = 0
    while unlisted_photos - {own.index.get(photo.name) for photo in unlisted_photos}:
        assert runs < RUNS
        with suppress(StoppedError):
            reconcile(fragile(own, 2), NOW)
        runs += 1
