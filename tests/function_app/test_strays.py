"""Rows that were left among a camera's arrivals and are no listed photo's own: nothing leaves one
any more, and those that are there go."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from azure.data.tables import TableServiceClient

from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up, delete_due
from function_app.services import Services
from function_app.storage.azure.photo_table import TABLE
from function_app.storage.models import Photo
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import PHOTOS, View, arrival_key
from photo_wire.moment import format_time
from tests.function_app.memory_store import MemoryIndex
from tests.support.interruptions import until_done
from tests.support.stored_photos import BODY, NOW, everything, is_consistent, stored


def leave(backend: Services, photo: Photo, at: datetime) -> None:
    """Leave a row of this photo among its camera's arrivals, as of that moment."""
    key = arrival_key(photo.name, at)
    if isinstance(backend.index, MemoryIndex):
        backend.index._arrivals[key] = photo
        return
    tables = TableServiceClient.from_connection_string(backend.settings.connection_string)
    row = {"PartitionKey": PHOTOS, "RowKey": key, "listed_at": format_time(at)}
    tables.get_table_client(TABLE).upsert_entity({**photo.to_properties(), **row})


def arrivals(backend: Services, camera: str) -> list[Photo]:
    later = NOW + timedelta(days=1)
    return [photo for _, photo in backend.index.list_arrivals(camera, later, 1000)]


def retried(backend: Services, days_ago: float) -> Photo:
    """A photo of the gate: its blob came, then a crash, and its rows with the second try."""
    photo = stored(backend, "gate", days_ago, listed=False)
    backend.index.add(photo, photo.received_at + timedelta(hours=5))
    return photo


def test_a_rebuilt_index_has_no_strays(own: Services) -> None:
    """Of a photo that was listed at the second try either, and its deletion leaves nothing; where
    the rebuilding was stopped at each of its changes in turn."""
    photos = [retried(own, 3), stored(own, "gate", 2), retried(own, 1)]
    before = everything(own)
    until_done(lambda stopping: reconcile(stopping, NOW, everything=True), own)
    assert everything(own) == before
    assert list(own.index.list_orphans("gate")) == []
    delete(photos[0], own)
    assert arrivals(own, "gate") == photos[1:]


def test_repair_removes_strays(own: Services) -> None:
    """Of a photo that is gone, and the second row of one that is listed; stopped at each change."""
    gone, twice, once = (stored(own, "gate", n) for n in (3, 2, 1))
    delete(gone, own)
    leave(own, gone, gone.received_at + timedelta(hours=5))
    leave(own, twice, twice.received_at + timedelta(hours=5))
    assert len(arrivals(own, "gate")) == 4
    assert len(list(own.index.list_orphans("gate"))) == 2
    until_done(lambda stopping: reconcile(stopping, NOW), own)
    assert arrivals(own, "gate") == [twice, once]
    assert own.index.query(View("gate", oldest_first=True), 10) == [twice, once]
    assert is_consistent(own)
    assert own.index.count_photos(NOW)["gate"].total == Count(2, 2 * len(BODY))


def test_repair_tells_of_strays_once(own: Services) -> None:
    """And finds none the second time."""
    photo = stored(own, "gate", 2)
    leave(own, photo, NOW - timedelta(days=1))
    assert [reconcile(own, NOW).orphans for _ in range(2)] == [1, 0]


def test_retention_does_not_count_what_is_no_photo(own: Services) -> None:
    """A stray is no deletion: it goes, and the mark of a photo that a person deleted stays."""
    gone, due, stays = (stored(own, "gate", n) for n in (50, 40, 1))
    delete(gone, own, deleted_at=NOW)
    leave(own, gone, gone.received_at + timedelta(hours=5))
    leave(own, due, due.received_at + timedelta(hours=5))
    for dry_run in (True, False):
        assert dict(clean_up(own, NOW, dry_run=dry_run).deleted) == {"gate": 1}
    assert clean_up(own, NOW).deleted == {}
    assert arrivals(own, "gate") == [stays]
    assert own.blobs.add(gone, BODY) is not None
    assert own.index.query(View(), 10) == [stays]


def test_a_cleanup_among_strays_that_was_stopped_goes_on(own: Services) -> None:
    """At each of its changes."""
    due, stays = stored(own, "gate", 40), stored(own, "gate", 1)
    for hours in (-5, 5):
        leave(own, due, due.received_at + timedelta(hours=hours))
    until_done(lambda stopping: clean_up(stopping, NOW), own)
    assert is_consistent(own)
    assert arrivals(own, "gate") == [stays]


def test_a_stray_that_retention_removes_is_counted_no_more(own: Services) -> None:
    """It was counted as any row among the arrivals: of a photo that is gone, and beside the photo's
    own row. Stopped at each change it is counted out once."""
    gone, due, stays = (stored(own, "gate", n) for n in (50, 40, 1))
    delete(gone, own)
    for photo in (gone, due):
        leave(own, photo, photo.received_at + timedelta(hours=5))
    assert own.index.count_photos(NOW)["gate"].total == Count(4, 4 * len(BODY))
    until_done(lambda stopping: clean_up(stopping, NOW), own)
    assert arrivals(own, "gate") == [stays]
    assert own.index.count_photos(NOW)["gate"].days == {
        stays.name.captured_at.date(): Count(1, len(BODY))
    }


def test_a_stray_that_two_remove_at_once_is_counted_out_once(own: Services) -> None:
    """And one that was not counted yet, not at all."""
    gone, stays = stored(own, "gate", 50), stored(own, "gate", 50, "00000001")
    delete(gone, own)
    for counted_before in (True, False):
        leave(own, gone, gone.received_at + timedelta(hours=5))
        (stray,) = [one for one in own.index.list_arrivals("gate", NOW, 10) if one[1] == gone]
        if counted_before:
            assert own.index.count_photos(NOW)["gate"].total == Count(2, 2 * len(BODY))
        else:
            own.index.invalidate_counts("gate", NOW)
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(delete_due, [stray] * 4, [own] * 4)) == [None] * 4
        assert own.index.count_photos(NOW)["gate"].total == Count(1, len(BODY))
    assert arrivals(own, "gate") == [stays]
