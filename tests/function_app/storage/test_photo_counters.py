"""The counts are right however photos come and go, and wherever a count is stopped."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.maintenance.deletion import delete
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.models import State
from function_app.storage.row_keys import ALL_COUNTS, PHOTOS, View, count_up, counts_of
from tests.conftest import NewStore
from tests.support.api import Store, name_of
from tests.support.interruptions import StoppedError, fragile, until_done
from tests.support.photo_counting import NOW, WILD, counted, hours_ago, listed, small_steps, there
from tests.support.services import count_rows, with_counters

# Thousands of rows: the SDK alone would take minutes to write them.
QUICKER = pytest.mark.parametrize("empty", ["memory", "azurite"], indirect=True)
Handler = Callable[[Request, Services, Caller], Response]


def test_a_photo_whose_rows_came_at_a_retry_is_counted_out_by_its_place(empty: Services) -> None:
    """Its bytes came long before, or by another clock long after; somebody counted in between."""
    hours_ago(empty, 2)
    now = NOW - timedelta(hours=3)
    assert counted(empty, now) == there(empty)
    late = listed(empty, NOW, 9, NOW - timedelta(hours=1), NOW - timedelta(hours=40))
    delete(late, empty)
    assert counted(empty) == there(empty)
    late = listed(empty, NOW, 9, NOW - timedelta(hours=1), NOW + timedelta(hours=40))
    assert counted(empty) == there(empty)
    delete(late, empty)
    assert counted(empty) == there(empty)


def test_a_count_that_was_stopped_goes_on_from_where_it_was(
    empty: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves as it goes: whoever comes next reads no more than what was left."""
    small_steps(monkeypatch)
    photos = hours_ago(empty, 10)
    places = []
    for _ in range(5):  # the first makes the record, the others save one step each
        with suppress(StoppedError):
            fragile(empty, 1).index.count_photos(NOW)
        (kept,) = count_rows(empty).query(PHOTOS, 1, *ALL_COUNTS)
        places.append(kept.properties["place"][:15])
    assert places == ["", *(count_up(photos[n - 1].received_at) for n in (3, 6, 9, 10))]
    assert counted(empty) == there(empty)


def test_the_photo_at_the_checkpoint_is_counted_out(
    empty: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count was stopped right after it had saved a step that ends with this photo."""
    small_steps(monkeypatch)
    photos = hours_ago(empty, 10)
    for _ in range(2):  # the first makes the record
        with suppress(StoppedError):
            fragile(empty, 1).index.count_photos(NOW)
    delete(photos[2], empty)
    assert counted(empty) == there(empty)


@QUICKER
def test_photos_of_any_years_are_counted(empty: Services) -> None:
    """A device whose clock was wild, and one that lasts: more months than a transaction takes."""
    moments = [datetime(1970 + n, 1 + n % 12, 1 + n % 28, tzinfo=UTC) for n in range(130)]
    photos = [
        listed(empty, taken, n, NOW - timedelta(hours=1))
        for n, taken in enumerate([*moments, *WILD])
    ]
    assert counted(empty) == there(empty)
    delete(photos[0], empty)
    delete(photos[-1], empty)
    assert counted(empty) == there(empty)
    for _ in range(2):
        empty.index.invalidate_counts("gate", NOW)
        assert counted(empty) == there(empty)


@pytest.mark.slow
@QUICKER
def test_a_camera_that_runs_for_years_is_counted(empty: Services) -> None:
    """A photo each day for four years: the text of all days would not fit into a record."""
    moments = [NOW - timedelta(days=1460 - n) for n in range(1460)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: listed(empty, moments[n], n, moments[n]), range(1460)))
    assert counted(empty) == there(empty)
    assert len(counted(empty)) == 1460


def test_a_month_without_photos_leaves_no_record_for_good(empty: Services) -> None:
    """So that what is read does not grow while retention deletes. The record stays as long as
    somebody may ask how many photos came on its days; that of all that came stays for ever."""
    photos = [*hours_ago(empty, 3), listed(empty, WILD[1], 9, NOW - timedelta(hours=1))]
    for _ in range(2):  # the first count writes the checkpoint, the second saves the months
        empty.index.count_photos(NOW)
    assert len(count_rows(empty).query(PHOTOS, 10, *counts_of("gate"))) == 3
    for photo in photos:
        delete(photo, empty)
    assert counted(empty) == {}
    day = photos[0].name.captured_at.date()
    for days, left in ((0, 3), (1, 2), (366, 2), (440, 1)):
        if days:
            empty.index.invalidate_counts("gate", NOW + timedelta(days=days))
        assert len(count_rows(empty).query(PHOTOS, 10, *counts_of("gate"))) == left
        camera_counts = empty.index.count_photos(NOW)["gate"]
        assert (camera_counts.received, camera_counts.received_on(day)) == (4, 3 if left > 1 else 0)


def test_a_deletion_is_counted_out_or_not_done(empty: Services) -> None:
    """Stopped after each of its changes in turn, with a count after each stop."""
    removed, *_ = hours_ago(empty, 3)
    empty.blobs.add(removed, b"the bytes")
    assert counted(empty) == there(empty)

    def stop(stopping: Services) -> None:
        try:
            delete(removed, stopping)
        finally:
            assert counted(empty) == there(empty)

    until_done(stop, empty)
    assert len(empty.index.query(View(), 10)) == 2


def test_a_photo_that_lacks_a_row_is_removed_and_counted_out(new_store: NewStore) -> None:
    """Somebody took one away by hand, or a deletion of an older version was stopped."""
    connection = new_store()
    empty = connect(Settings(connection))
    removed, stays = hours_ago(empty, 2)
    empty.index.count_photos(NOW)
    table = Store(connection).table
    table.delete_entity(PHOTOS, View("gate").key(removed.name))
    delete(removed, empty)
    assert not [row for row in table.list_entities() if str(removed.name) in row["RowKey"]]
    assert empty.index.query(View(), 10) == [stays]
    assert counted(empty) == there(empty)


def test_cameras_with_a_common_prefix_are_counted_separately(empty: Services) -> None:
    """`gate` and `gate-2` lie beside each other among the records."""
    (removed,) = hours_ago(empty, 1)
    for n in range(2):
        photo = replace(removed, name=name_of("gate-2", NOW - timedelta(hours=n + 1)))
        empty.index.add(photo, photo.name.captured_at)
    for _ in range(2):
        found = empty.index.count_photos(NOW)
        assert {camera: one.total.photos for camera, one in found.items()} == {
            "gate": 1,
            "gate-2": 2,
        }
        empty.index.invalidate_counts("gate-2", NOW)


def test_a_stop_while_counting_does_no_harm(
    empty: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each change in turn; what is deleted in between is counted out."""
    small_steps(monkeypatch)
    photos = hours_ago(empty, 8)
    for changes in range(6):
        with suppress(StoppedError):
            fragile(empty, changes % 3).index.count_photos(NOW)
        delete(photos[changes], empty)
    assert counted(empty) == there(empty)


def test_nothing_is_read_twice(empty: Services) -> None:
    """When all is counted and saved, no photo is looked at."""
    hours_ago(empty, 3)
    counted(empty)
    expected = counted(empty)

    class Unread:
        """Arrivals that nobody may list."""

        def list_arrivals(self, *_: object) -> Any:
            raise AssertionError

    assert counted(with_counters(empty, arrivals=Unread())) == expected


def test_a_month_that_was_counted_before_a_recount_does_not_come_back(empty: Services) -> None:
    """A repair took its photos off the list and one of them is listed again, at its old place."""
    photos = [listed(empty, WILD[0], n, NOW - timedelta(hours=9 - n)) for n in range(3)]
    hours_ago(empty, 1)
    listed(empty, NOW, 9, NOW - timedelta(hours=1))
    empty.index.count_photos(NOW)
    for photo in photos:
        empty.index.unindex(photo, State.EXPIRED)
    empty.index.invalidate_counts("gate", NOW)
    assert counted(empty) == there(empty)
    empty.index.reindex(photos[0])
    delete(photos[0], empty)
    assert counted(empty) == there(empty)


def test_what_came_is_counted_also_when_it_is_gone(empty: Services) -> None:
    """Deleted before anybody counted, after, and after everything was to be counted anew; stopped
    at each change."""
    photos = hours_ago(empty, 6)
    day = photos[0].name.captured_at.date()

    def received() -> tuple[int, int]:
        camera_counts = empty.index.count_photos(NOW)["gate"]
        return camera_counts.received, camera_counts.received_on(day)

    until_done(lambda stopping: delete(photos[0], stopping), empty)
    assert received() == (6, 6)
    until_done(lambda stopping: delete(photos[1], stopping), empty)
    for again in (2, 3):
        empty.index.invalidate_counts("gate", NOW)
        until_done(lambda stopping, again=again: delete(photos[again], stopping), empty)  # type: ignore[misc]
        assert received() == (6, 6)
    assert counted(empty) == there(empty)


def test_a_version_that_did_not_count_deletions_left_nothing_that_harms(empty: Services) -> None:
    """Records without that count: there were none. Such a version drops a month's count, not that
    of them all."""
    photos = hours_ago(empty, 4)
    empty.index.count_photos(NOW)
    for row in count_rows(empty).query(PHOTOS, 10, *counts_of("gate")):
        old = {word: text for word, text in row.properties.items() if word != "deleted"}
        count_rows(empty).upsert(PHOTOS, row.key, old)
    delete(photos[0], empty)
    assert counted(empty) == there(empty)
    camera_counts = empty.index.count_photos(NOW)["gate"]
    assert (camera_counts.received, camera_counts.total.photos) == (4, 3)
