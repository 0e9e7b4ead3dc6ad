"""Orphans, rows among the arrivals that belong to no listed photo: nothing leaves one any more, and
existing ones are removed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import Outcome, clean_up, delete_due
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import View
from tests.support.interruptions import until_done
from tests.support.stored_photos import BODY, NOW, everything, is_consistent, leave_orphan, stored


def arrivals(backend: Services, camera: str) -> list[Photo]:
    later = NOW + timedelta(days=1)
    return [photo for _, photo in backend.index.list_arrivals(camera, later, 1000)]


def store_retried(backend: Services, days_ago: float) -> Photo:
    """Store a photo whose rows were written by a second upload, after a crash."""
    photo = stored(backend, "gate", days_ago, listed=False)
    backend.index.add(photo, photo.received_at + timedelta(hours=5))
    return photo


def test_a_rebuilt_index_has_no_orphans(own: Services) -> None:
    """Nor has it after a deletion, for a photo listed by a second upload either; the rebuild is
    stopped after each of its changes in turn."""
    photos = [store_retried(own, 3), stored(own, "gate", 2), store_retried(own, 1)]
    before = everything(own)
    until_done(lambda stopping: reconcile(stopping, NOW, everything=True), own)
    assert everything(own) == before
    assert list(own.index.list_orphans("gate")) == []
    delete(photos[0], own)
    assert arrivals(own, "gate") == photos[1:]


def test_a_repair_removes_orphans(own: Services) -> None:
    """Of a deleted photo, and the second row of a listed one; stopped after each change."""
    gone, twice, once = (stored(own, "gate", n) for n in (3, 2, 1))
    delete(gone, own)
    leave_orphan(own, gone, gone.received_at + timedelta(hours=5))
    leave_orphan(own, twice, twice.received_at + timedelta(hours=5))
    assert len(arrivals(own, "gate")) == 4
    assert len(list(own.index.list_orphans("gate"))) == 2
    until_done(lambda stopping: reconcile(stopping, NOW), own)
    assert arrivals(own, "gate") == [twice, once]
    assert own.index.query(View("gate", oldest_first=True), 10) == [twice, once]
    assert is_consistent(own)
    assert own.index.count_photos(NOW)["gate"].total == Count(2, 2 * len(BODY))


def test_a_repair_reports_orphans_once(own: Services) -> None:
    """The second one finds none."""
    photo = stored(own, "gate", 2)
    leave_orphan(own, photo, NOW - timedelta(days=1))
    assert [reconcile(own, NOW).orphans for _ in range(2)] == [1, 0]


def test_retention_does_not_count_an_orphan(own: Services) -> None:
    """It is removed, and the tombstone of a photo that a person deleted stays."""
    gone, due, stays = (stored(own, "gate", n) for n in (50, 40, 1))
    delete(gone, own, deleted_at=NOW)
    leave_orphan(own, gone, gone.received_at + timedelta(hours=5))
    leave_orphan(own, due, due.received_at + timedelta(hours=5))
    for dry_run in (True, False):
        assert dict(clean_up(own, NOW, dry_run=dry_run).deleted) == {"gate": 1}
    assert clean_up(own, NOW).deleted == {}
    assert arrivals(own, "gate") == [stays]
    assert own.blobs.add(gone, BODY) is not None
    assert own.index.query(View(), 10) == [stays]


def test_an_interrupted_cleanup_of_orphans_is_continued(own: Services) -> None:
    """After each of its changes."""
    due, stays = stored(own, "gate", 40), stored(own, "gate", 1)
    for hours in (-5, 5):
        leave_orphan(own, due, due.received_at + timedelta(hours=hours))
    until_done(lambda stopping: clean_up(stopping, NOW), own)
    assert is_consistent(own)
    assert arrivals(own, "gate") == [stays]


def test_an_orphan_that_retention_removes_is_subtracted_once(own: Services) -> None:
    """It was counted like any arrival: of a deleted photo, and beside the photo's own row. Stopped
    after each change it is subtracted once."""
    gone, due, stays = (stored(own, "gate", n) for n in (50, 40, 1))
    delete(gone, own)
    for photo in (gone, due):
        leave_orphan(own, photo, photo.received_at + timedelta(hours=5))
    assert own.index.count_photos(NOW)["gate"].total == Count(4, 4 * len(BODY))
    until_done(lambda stopping: clean_up(stopping, NOW), own)
    assert arrivals(own, "gate") == [stays]
    counts = own.index.count_photos(NOW)["gate"]
    assert counts.days == {stays.name.captured_at.date(): Count(1, len(BODY))}
    assert counts.received == 3  # no orphan counts as a photo that came and was deleted


def test_an_orphan_that_two_runs_remove_is_subtracted_once(own: Services) -> None:
    """One that was not counted yet is not subtracted."""
    gone, stays = stored(own, "gate", 50), stored(own, "gate", 50, "00000001")
    delete(gone, own)
    for counted_before in (True, False):
        leave_orphan(own, gone, gone.received_at + timedelta(hours=5))
        (stray,) = [one for one in own.index.list_arrivals("gate", NOW, 10) if one[1] == gone]
        if counted_before:
            assert own.index.count_photos(NOW)["gate"].total == Count(2, 2 * len(BODY))
        else:
            own.index.invalidate_counts("gate", NOW)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(delete_due, [stray] * 4, [own] * 4)) == [Outcome.ORPHAN] * 4
        assert own.index.count_photos(NOW)["gate"].total == Count(1, len(BODY))
    assert arrivals(own, "gate") == [stays]
