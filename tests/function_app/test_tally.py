"""The counts are right however photos come and go while somebody counts, and wherever it stops."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.backend import Backend, connect
from function_app.keeping import tally as module
from function_app.keeping.deletion import delete
from function_app.keeping.tally import recount, tallies
from function_app.settings import Settings
from function_app.storage.records import Photo
from function_app.storage.views import PHOTOS, View, count_up, tallies_of
from photo_wire.media import Media
from tests.conftest import StartAzurite
from tests.function_app.api import Store, name_of
from tests.function_app.memory_store import memory_backend
from tests.function_app.test_keeping import StoppedError, fragile, until_done
from tests.function_app.turns import Turns

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WILD = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, tzinfo=UTC)]


@pytest.fixture(params=["memory", "azurite"])
def own(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """An empty one, of both kinds."""
    if request.param == "memory":
        yield memory_backend(Settings(""))
        return
    start_azurite: StartAzurite = request.getfixturevalue("start_azurite")
    yield connect(Settings(start_azurite().connection_string))


def small_steps(patch: pytest.MonkeyPatch) -> None:
    """As if a thousand were three, and a transaction took few records."""
    patch.setattr(module, "AT_ONCE", 3)
    patch.setattr(module, "MOST_MONTHS", 2)


def listed(
    backend: Backend, taken: datetime, number: int, at: datetime, received: datetime | None = None
) -> Photo:
    """A photo that came at a moment, whenever its device says that it was taken."""
    name = name_of("gate", taken, f"{number:08x}")
    photo = Photo(name, Media.JPEG, "ab" * 32, number + 1, received or at)
    backend.index.add(photo, at)
    return photo


def hours_ago(backend: Backend, count: int) -> list[Photo]:
    """So many photos, all counted by whoever asks now."""
    moments = [NOW - timedelta(hours=30, minutes=-n) for n in range(count)]
    return [listed(backend, at, n, at) for n, at in enumerate(moments)]


def there(backend: Backend) -> dict[date, tuple[int, int]]:
    """Photos and bytes by day, by a look at every photo."""
    photos: Counter[date] = Counter()
    sizes: Counter[date] = Counter()
    for photo in backend.index.walk(View("gate"), 10_000):
        photos[photo.name.captured_at.date()] += 1
        sizes[photo.name.captured_at.date()] += photo.size
    return {day: (photos[day], sizes[day]) for day in photos}


def counted(backend: Backend, now: datetime = NOW) -> dict[date, tuple[int, int]]:
    days = tallies(backend, now)["gate"].days
    return {day: (one.photos, one.size) for day, one in days.items()}


TAKEN = st.one_of(
    st.integers(0, 3).map(lambda days: timedelta(days=days)),
    st.integers(0, 12).map(lambda months: timedelta(days=31 * months)),
    st.sampled_from(WILD),
)
ACTION = st.tuples(
    st.sampled_from("cccdddnnr"), TAKEN, st.integers(0, 9), st.none() | st.integers(0, 12)
)
STORY = st.lists(
    st.tuples(
        st.integers(0, 12), st.lists(ACTION, max_size=5), st.lists(st.integers(0, 4), max_size=40)
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(STORY)
def test_whoever_comes_goes_and_counts_at_once_the_counts_are_right(
    story: list[tuple[int, list[tuple[str, Any, int, int | None]], list[int]]],
) -> None:
    """Photos of any day come, are deleted, by two at once too, are counted, by two at once too, or
    are to be counted anew: interleaved at the calls of the stores, and killed at any of them."""
    backend, now, number = memory_backend(Settings("")), NOW, 0
    with pytest.MonkeyPatch.context() as patch:
        small_steps(patch)
        for minutes, actions, order in story:
            now += timedelta(minutes=minutes)
            here = backend.index.walk(View(oldest_first=True), 1000)
            tasks: list[tuple[Callable[[Backend], object], int | None]] = []
            for what, taken, which, left in actions:
                number += 1
                if what == "c":
                    day = now - taken if isinstance(taken, timedelta) else taken

                    def come(seen: Backend, day: datetime = day, number: int = number) -> None:
                        listed(seen, day, number, now)  # noqa: B023

                    tasks.append((come, left))
                elif what == "d" and here:
                    photo = here[which % len(here)]
                    tasks.append((lambda seen, photo=photo: delete(photo, seen), left))  # type: ignore[misc]
                elif what == "r":
                    tasks.append((lambda seen: recount("gate", seen), left))
                else:
                    tasks.append((lambda seen: tallies(seen, now), left))  # noqa: B023
            Turns(backend).run(tasks, order)
            if number % 2 and backend.index.cameras():
                assert counted(backend, now) == there(backend)
        now += timedelta(hours=1)
        for _ in range(2):  # counting, and from what was saved
            assert not backend.index.cameras() or counted(backend, now) == there(backend)


def test_two_who_delete_the_same_photo_count_it_out_once(own: Backend) -> None:
    """And one who counts meanwhile."""
    photos = hours_ago(own, 12)
    assert counted(own) == there(own)
    with ThreadPoolExecutor(6) as pool:
        work: list[Future[Any]] = [
            pool.submit(delete, photo, own) for photo in photos[:3] for _ in range(2)
        ]
        work += [pool.submit(tallies, own, NOW) for _ in range(3)]
        for one in work:
            one.result()
    assert sum(photos for photos, _ in counted(own).values()) == 9
    assert counted(own) == there(own)


def test_eight_threads_that_delete_count_each_photo_out(own: Backend) -> None:
    """As retention does, whose every deletion changes the same record."""
    photos = hours_ago(own, 48)
    assert counted(own) == there(own)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda photo: delete(photo, own), photos[:40]))
    assert counted(own) == there(own)


def test_a_count_under_way_does_not_miss_a_deletion(own: Backend) -> None:
    """It has read of a photo that was not counted yet; then that is deleted."""
    first, *_ = hours_ago(own, 3)
    recount("gate", own)

    class Meanwhile:
        """An index in which the first photo is deleted when its arrival has been read."""

        def __getattr__(self, name: str) -> Any:
            return getattr(own.index, name)

        def arrived(self, *words: Any) -> Any:
            found = own.index.arrived(*words)
            delete(first, own)
            return found

    tallies(replace(own, index=Meanwhile()), NOW)
    assert counted(own) == there(own)


def test_a_photo_whose_rows_came_at_a_retry_is_counted_out_by_its_place(own: Backend) -> None:
    """It was received five hours ago and listed one hour ago; somebody counted in between."""
    hours_ago(own, 2)
    now = NOW - timedelta(hours=3)
    assert counted(own, now) == there(own)
    late = listed(own, NOW, 9, NOW - timedelta(hours=1), NOW - timedelta(hours=40))
    delete(late, own)
    assert counted(own) == there(own)
    late = listed(own, NOW, 9, NOW - timedelta(hours=1), NOW + timedelta(hours=40))
    assert counted(own) == there(own)
    delete(late, own)
    assert counted(own) == there(own)


def test_a_count_that_was_stopped_goes_on_from_where_it_was(
    own: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves as it goes: whoever comes next reads no more than what was left."""
    small_steps(monkeypatch)
    photos = hours_ago(own, 10)
    places = []
    for _ in range(5):  # the first makes the record, the others save one step each
        with suppress(StoppedError):
            tallies(fragile(own, 1), NOW)
        (kept,) = own.tally.walk(PHOTOS, 1, "n~", "n~~")
        places.append(kept.words["place"][:15])
    assert places == ["", *(count_up(photos[n - 1].received_at) for n in (3, 6, 9, 10))]
    assert counted(own) == there(own)


def test_photos_of_any_years_are_counted(own: Backend) -> None:
    """A device whose clock was wild, and one that lasts: more months than a transaction takes."""
    moments = [datetime(1970 + n, 1 + n % 12, 1 + n % 28, tzinfo=UTC) for n in range(130)]
    photos = [
        listed(own, taken, n, NOW - timedelta(hours=1)) for n, taken in enumerate([*moments, *WILD])
    ]
    assert counted(own) == there(own)
    delete(photos[0], own)
    delete(photos[-1], own)
    assert counted(own) == there(own)
    for _ in range(2):
        recount("gate", own)
        assert counted(own) == there(own)


@pytest.mark.slow
def test_a_camera_that_runs_for_years_is_counted(own: Backend) -> None:
    """A photo each day for four years: the text of all days would not fit into a record."""
    moments = [NOW - timedelta(days=1460 - n) for n in range(1460)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: listed(own, moments[n], n, moments[n]), range(1460)))
    assert counted(own) == there(own)
    assert len(counted(own)) == 1460


def test_a_month_without_photos_leaves_no_record(own: Backend) -> None:
    """So that what is read does not grow while retention deletes."""
    photos = hours_ago(own, 3)
    tallies(own, NOW)
    first = tallies_of("gate")
    assert len(own.tally.walk(PHOTOS, 10, first, f"{first}~")) == 2
    for photo in photos:
        delete(photo, own)
    assert counted(own) == {}
    assert len(own.tally.walk(PHOTOS, 10, first, f"{first}~")) == 1


def test_a_deletion_is_counted_out_or_not_done(own: Backend) -> None:
    """Stopped after each of its changes in turn, with a count after each stop."""
    gone, *_ = hours_ago(own, 3)
    own.blobs.add(gone, b"the bytes")
    assert counted(own) == there(own)

    def stop(stopping: Backend) -> None:
        try:
            delete(gone, stopping)
        finally:
            assert counted(own) == there(own)

    until_done(stop, own)
    assert len(own.index.walk(View(), 10)) == 2


def test_a_photo_that_lacks_a_row_is_removed_and_counted_out(start_azurite: StartAzurite) -> None:
    """Somebody took one away by hand, or a deletion of an older version was stopped."""
    connection = start_azurite().connection_string
    own = connect(Settings(connection))
    gone, stays = hours_ago(own, 2)
    tallies(own, NOW)
    table = Store(connection).table
    table.delete_entity(PHOTOS, View("gate").key(gone.name))
    delete(gone, own)
    assert not [row for row in table.list_entities() if str(gone.name) in row["RowKey"]]
    assert own.index.walk(View(), 10) == [stays]
    assert counted(own) == there(own)


def test_two_cameras_whose_names_begin_alike_are_told_apart(own: Backend) -> None:
    """`gate` and `gate-2` lie beside each other among the records."""
    (gone,) = hours_ago(own, 1)
    for n in range(2):
        photo = replace(gone, name=name_of("gate-2", NOW - timedelta(hours=n + 1)))
        own.index.add(photo, photo.name.captured_at)
    for _ in range(2):
        found = tallies(own, NOW)
        assert {camera: one.total.photos for camera, one in found.items()} == {
            "gate": 1,
            "gate-2": 2,
        }
        recount("gate-2", own)


def test_a_stop_while_counting_does_no_harm(own: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after each change in turn; what is deleted in between is counted out."""
    small_steps(monkeypatch)
    photos = hours_ago(own, 8)
    for changes in range(6):
        with suppress(StoppedError):
            tallies(fragile(own, changes % 3), NOW)
        delete(photos[changes], own)
    assert counted(own) == there(own)
