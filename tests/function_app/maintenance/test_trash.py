"""The trash: what stays in it and for how long, and what is left afterwards."""

from dataclasses import replace
from datetime import timedelta

from function_app.days.work import read_work
from function_app.maintenance.deletion import camera_exists, delete_camera_data
from function_app.maintenance.repair import reconcile
from function_app.maintenance.trash import (
    TRASH_TTL,
    empty_trash,
    move_to_trash,
    protect,
    restore,
)
from function_app.services import Services
from tests.support.camera_traffic import log_nothing
from tests.support.photo_counting import last_photo
from tests.support.stored_photos import BODY, NOW, stored
from tests.support.trash import assert_agrees, received, trash_of

MOMENT = timedelta(milliseconds=1)


def test_the_trash_keeps_a_photo_for_a_week(own: Services) -> None:
    """With its bytes and its thumbnail, which a repair leaves alone; then both are gone, and the
    bytes that were deleted a moment later are not."""
    gone, stays = stored(own, "gate", 2), stored(own, "gate", 1)
    for photo, deleted_at in ((gone, NOW), (stays, NOW + MOMENT)):
        own.thumbnails.write(photo, b"small")
        assert move_to_trash(photo, own, deleted_at)
    report = reconcile(own, NOW)
    assert (report.photos, report.unlisted, report.thumbnails) == (0, 0, 0)
    assert own.blobs.read(gone, 0, len(BODY)) == BODY
    assert empty_trash(own, NOW + TRASH_TTL) == 0
    assert empty_trash(own, NOW + TRASH_TTL + MOMENT) == 1
    assert own.blobs.read(gone, 0, len(BODY)) is None
    assert list(own.thumbnails.list_names("gate")) == [stays.name]
    assert [photo.name for photo in trash_of(own, "gate")] == [stays.name]
    assert_agrees(own, "gate", NOW)


def test_emptying_stops_after_its_time(own: Services) -> None:
    """And the next run continues."""
    for n in range(3):
        assert move_to_trash(stored(own, "gate", 1 + n), own, NOW)
    later = NOW + TRASH_TTL + MOMENT
    assert empty_trash(own, later, seconds=10, clock=lambda: 0.0) == 3
    assert move_to_trash(stored(own, "gate", 5), own, NOW)
    ticks = iter([0.0, 10.0])
    assert empty_trash(own, later, seconds=10, clock=lambda: next(ticks)) == 0
    assert empty_trash(own, later) == 1


def test_the_removal_of_a_camera_empties_its_trash(own: Services) -> None:
    """And no other camera's. What it sends again does not come back."""
    gone, stays = stored(own, "gate", 1), stored(own, "entry", 1)
    protected = stored(own, "gate", 2)
    assert protect(protected, own, True)
    for photo in (gone, stays):
        assert move_to_trash(photo, own, NOW)
    done = delete_camera_data("gate", own, NOW, log_nothing)
    assert (done.photos, done.more) == (2, False)
    assert not camera_exists("gate", own)
    assert trash_of(own, "gate") == []
    assert [photo.name for photo in trash_of(own, "entry")] == [stays.name]
    assert all(blob and blob.is_tombstone for blob in own.blobs.list_photos("gate"))
    assert not restore(gone.name, own)
    assert restore(stays.name, own)


def test_a_restored_photo_is_the_last_one_again(own: Services) -> None:
    """Also if another one is deleted between the same two counts, so that the numbers are equal."""
    older, newer = stored(own, "gate", 2), stored(own, "gate", 1)
    own.index.count_photos(NOW)
    assert move_to_trash(newer, own, NOW)
    assert last_photo(own) == str(older.name)
    assert restore(newer.name, own)
    assert newer.name.captured_at.date() in read_work(own.figures.rows).work["gate"].days
    assert move_to_trash(older, own, NOW)
    assert last_photo(own, NOW + timedelta(minutes=1)) == str(newer.name)
    assert received(own, "gate", NOW) == 2
    assert_agrees(own, "gate", NOW)


def test_a_list_of_the_trash_that_was_lost_is_made_anew(own: Services) -> None:
    """By a repair, from the marks of the blobs; and what is listed there wrongly is removed."""
    photo, other = stored(own, "gate", 2), stored(own, "gate", 1)
    for one in (photo, other):
        assert move_to_trash(one, own, NOW)
    listed = {one.name: one for one in trash_of(own, "gate")}
    own.index.forget_trashed(listed[photo.name])
    own.blobs.remove(other)
    reconcile(own, NOW + timedelta(hours=2))
    assert trash_of(own, "gate") == [replace(photo, deleted_at=NOW, is_trashed=True)]
    assert restore(photo.name, own)
    assert own.index.get(photo.name) == photo
