"""What every store promises: the same suite on the one in memory and on Azurite."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.azure import states
from function_app.storage.azure.photo_table import Row
from function_app.storage.azure.states import LastSeenWriter
from function_app.storage.models import (
    DamagedRecordError,
    LastSeen,
    NameReservation,
    Photo,
    State,
    StorageUnavailableError,
    parse_photo,
)
from function_app.storage.row_keys import View
from function_app.storage.table_store import ConditionalUpdate
from local.azurite import Azurite
from photo_wire.media import Media
from photo_wire.moment import format_time, to_milliseconds
from tests.function_app.api import MOMENT, name_of, new_camera
from tests.function_app.memory_store import memory_services
from tests.photo_wire import strategies

SHA = "ab" * 32
BODY = b"the bytes of a photo"
PHOTOS = st.builds(
    Photo,
    name=strategies.names,
    media=st.sampled_from(Media),
    sha256=st.just(SHA),
    size=st.integers(1, 2**31),
    received_at=strategies.moments,
    trigger=st.none() | st.just("motion"),
    clock=st.none() | st.just("synced"),
    site=st.none() | st.text(min_size=1).filter(str.isprintable),
)


@pytest.fixture(params=["memory", "azurite"])
def store(request: pytest.FixtureRequest) -> Iterator[Services]:
    """Blobs and an index, of both kinds."""
    if request.param == "memory":
        yield memory_services(Settings(""))
        return
    azurite: Azurite = request.getfixturevalue("azurite")
    yield connect(Settings(azurite.connection_string))


def photo_of(camera: str, moment: datetime = MOMENT, tag: str = "5f3a9c2e") -> Photo:
    return Photo(name_of(camera, moment, tag), Media.JPEG, SHA, len(BODY), MOMENT)


@given(PHOTOS)
def test_a_photo_survives_its_words(photo: Photo) -> None:
    """What is written as metadata and as a row is read back the same, and travels in a header."""
    words = photo.to_properties()
    assert parse_photo(words) == photo
    assert all(value.isascii() and value.isprintable() and value for value in words.values())


@pytest.mark.parametrize("word", ["id", "content_type", "sha256", "size", "received_at"])
def test_a_record_without_a_word_is_damaged(word: str) -> None:
    """Somebody else wrote or changed it: the word is missing, or is a date or a number."""
    words: dict[str, object] = {**photo_of("camera").to_properties()}
    del words[word]
    with pytest.raises(DamagedRecordError):
        parse_photo(words)
    for value in (MOMENT, 1.5, None):
        with pytest.raises(DamagedRecordError):
            parse_photo({**words, word: value})


def test_the_path_can_be_read() -> None:
    """Camera, day and id, as in Storage Explorer."""
    path = photo_of("front-door").path
    assert path == "front-door/2026/11/20/front-door-20261120T120134567Z-5f3a9c2e.jpg"


def test_bytes_come_back(store: Services, camera: str) -> None:
    """All of them, or a part."""
    photo = photo_of(camera)
    assert store.blobs.add(photo, BODY) is None
    assert store.blobs.read(photo, 0, len(BODY)) == BODY
    assert store.blobs.read(photo, 4, 5) == BODY[4:9]


def test_a_blob_is_never_overwritten(store: Services, camera: str) -> None:
    """The second to come learns what is there, every word of it."""
    first = replace(photo_of(camera), trigger="gpio", clock="corrected", site="Büro 1")
    assert store.blobs.add(first, BODY) is None
    later = replace(first, sha256="cd" * 32, received_at=MOMENT + timedelta(hours=1), site=None)
    assert store.blobs.add(later, b"other") == first
    assert store.blobs.read(first, 0, len(BODY)) == BODY


def test_what_is_gone_is_none(store: Services, camera: str) -> None:
    """Never stored, or removed; removing twice does no harm."""
    photo = photo_of(camera)
    assert store.blobs.read(photo, 0, 5) is None
    store.blobs.add(photo, BODY)
    store.blobs.remove(photo)
    store.blobs.remove(photo)
    assert store.blobs.read(photo, 0, 5) is None
    assert store.index.get(photo.name) is None


def test_a_photo_is_listed_once(store: Services, camera: str) -> None:
    """Whoever lists it again learns what is listed; nothing changes."""
    photo = photo_of(camera)
    assert store.index.add(photo, MOMENT) is None
    other = replace(photo, sha256="cd" * 32, media=Media.DNG)
    assert store.index.add(other, MOMENT) == photo
    assert store.index.get(photo.name) == photo
    assert store.index.query(View(camera), 10) == [photo]


def test_one_of_many_lists_it(store: Services, camera: str) -> None:
    """At the same moment, exactly one does."""
    photo = photo_of(camera)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: store.index.add(photo, MOMENT), range(8)))
    assert answers.count(None) == 1
    assert answers.count(photo) == 7


def test_one_claim_holds(store: Services, camera: str) -> None:
    """All who claim for the same camera and bytes get the first one's name."""
    claims = [NameReservation(name_of(camera, tag=f"{n:08x}"), SHA, MOMENT) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(store.index.reserve_name, claims))
    assert len(kept) == 1
    assert kept <= set(claims)
    other = NameReservation(name_of(camera), "cd" * 32, MOMENT)
    assert store.index.reserve_name(other) == other


def test_the_newest_come_first(store: Services, camera: str) -> None:
    """By the time they were taken, whatever the order they came in; one moment's by their id."""
    moments = [MOMENT + timedelta(milliseconds=ms) for ms in (5, -7, 0, 10**9, -(10**9))]
    photos = [photo_of(camera, moment) for moment in moments] + [photo_of(camera, tag="00000000")]
    for photo in photos:
        store.index.add(photo, MOMENT)
    expected = sorted(photos, key=lambda one: (-one.name.captured_at.timestamp(), str(one.name)))
    assert store.index.query(View(camera), 10) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_walk_shows_each_photo_once(
    store: Services, camera: str, count: int, oldest_first: bool
) -> None:
    """Whatever the size of its steps, in the camera's view and in that of all."""
    photos = [photo_of(camera, MOMENT + timedelta(seconds=n // 2), f"{n:08x}") for n in range(7)]
    for photo in photos:
        store.index.add(photo, MOMENT)
    for one in (camera, None):
        view = View(one, oldest_first=oldest_first)
        seen: list[Photo] = []
        after = None
        while page := store.index.query(view, count, after):
            assert len(page) <= count
            seen += [photo for photo in page if photo.name.camera == camera]
            after = page[-1].name
        sign = 1 if oldest_first else -1
        expected = sorted(
            photos, key=lambda one: (sign * one.name.captured_at.timestamp(), str(one.name))
        )
        assert seen == expected


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_view_begins_and_ends_at_a_moment(
    store: Services, camera: str, oldest_first: bool
) -> None:
    """From the first moment on and before the last, to the millisecond."""
    moments = [MOMENT + timedelta(milliseconds=n) for n in range(5)]
    for moment in moments:
        store.index.add(photo_of(camera, moment), MOMENT)
    for one in (camera, None):
        view = View(one, moments[1], moments[3], oldest_first)
        found = [
            photo.name.captured_at
            for photo in store.index.query(view, 100)
            if photo.name.camera == camera
        ]
        assert sorted(found) == moments[1:3]
        assert found == sorted(found, reverse=not oldest_first)


def test_arrivals_come_in_the_order_in_which_they_were_listed(store: Services, camera: str) -> None:
    """Those before a moment, of one camera, whatever time the photos are of."""
    photos = [photo_of(camera, MOMENT - timedelta(days=n)) for n in range(4)]
    for n, photo in enumerate(photos):
        store.index.add(photo, MOMENT + timedelta(seconds=n))
    store.index.add(photo_of(f"{camera}-2"), MOMENT)
    before = MOMENT + timedelta(seconds=3)
    found = store.index.list_arrivals(camera, before, 10)
    assert [photo for _, photo in found] == photos[:3]
    assert store.index.list_arrivals(camera, before, 2) == found[:2]
    assert store.index.list_arrivals(camera, before, 10, after=found[0][0]) == found[1:]


def test_a_photo_is_taken_off_every_list(store: Services, camera: str) -> None:
    """And off no list but its own; twice does no harm."""
    gone, stays = photo_of(camera), photo_of(camera, tag="00000000")
    for photo in (gone, stays):
        store.index.add(photo, MOMENT + timedelta(hours=1))
    store.index.unlist(gone, State.EXPIRED)
    store.index.unlist(gone, State.EXPIRED)
    for view in (View(camera), View(camera, oldest_first=True)):
        assert store.index.query(view, 10) == [stays]
    left = store.index.list_arrivals(camera, MOMENT + timedelta(hours=2), 10)
    assert [photo for _, photo in left] == [stays]
    assert store.index.get(gone.name) is None
    assert store.index.add(gone, MOMENT) is None


def test_a_camera_is_known_by_its_photos(store: Services, camera: str) -> None:
    """By the last that was listed, which need not be its newest."""
    assert camera not in store.index.cameras()
    late = photo_of(camera, MOMENT - timedelta(days=1))
    for n, photo in enumerate([photo_of(camera), late]):
        store.index.add(photo, MOMENT + timedelta(seconds=n))
    assert store.index.cameras()[camera] == LastSeen(late.name, MOMENT + timedelta(seconds=1))


def test_an_older_photo_takes_nothing_back_of_what_was_last_seen(
    store: Services, camera: str
) -> None:
    """Its request began first and ended last, or a repair notes it. What its device said of others
    that wait is older, too."""
    newest, late, rebuilt = (photo_of(camera, MOMENT - timedelta(hours=n)) for n in range(3))
    seen = LastSeen(newest.name, MOMENT + timedelta(seconds=2), 3)
    store.index.add(newest, seen.listed_at, seen.waiting)
    for photo, add in ((late, store.index.add), (rebuilt, store.index.add_anyway)):
        assert add(photo, MOMENT + timedelta(seconds=1), 7) is None
        assert store.index.last_seen(camera) == store.index.cameras()[camera] == seen
    store.index.update_last_seen(late)
    assert store.index.last_seen(camera) == seen
    later = replace(late, received_at=MOMENT + timedelta(days=1))
    store.index.update_last_seen(later)
    assert store.index.last_seen(camera) == LastSeen(later.name, later.received_at)
    assert store.index.last_seen(new_camera()) is None


def test_threads_leave_the_newest_as_last_seen(
    store: Services, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight requests of one camera that begin at once, in any order."""
    monkeypatch.setattr(states, "MAX_WAIT_SECONDS", 90.0)  # a busy machine's eight take a while
    begun = threading.Barrier(8)
    photos = [photo_of(camera, MOMENT + timedelta(seconds=n), f"{n:08x}") for n in range(8)]

    def add(photo: Photo) -> None:
        begun.wait(60)
        store.index.add(photo, photo.name.captured_at)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, photos))
    last = photos[-1].name
    assert store.index.last_seen(camera) == LastSeen(last, last.captured_at)


class TestLastSeen:
    """The order in which a process writes what was last seen."""

    @staticmethod
    def note(second: int) -> dict[str, str]:
        return {"RowKey": "m~gate~seen", "listed_at": format_time(MOMENT + timedelta(0, second))}

    def test_a_row_that_was_not_written_does_not_count(self) -> None:
        """The photo was listed already, or storage was away."""
        last_seen, written = LastSeenWriter(), list[Row]()

        def write(note: Row) -> bool:
            written.append(note)
            return True

        assert not last_seen.write(self.note(2), lambda note: False)
        with pytest.raises(StorageUnavailableError):
            last_seen.write(self.note(3), fail)
        for second in (1, 4, 2):
            assert last_seen.write(self.note(second), write)
        last_seen.forget("m~gate~seen")
        assert last_seen.write(self.note(3), write)
        assert written == [self.note(second) for second in (1, 4, 4, 3)]

    def test_a_stalled_transaction_delays_no_photo_for_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is waited for, and then not any more."""
        monkeypatch.setattr(states, "MAX_WAIT_SECONDS", 0.01)
        last_seen, is_stalled, may_end = LastSeenWriter(), threading.Event(), threading.Event()

        def stall(note: Row) -> bool:
            is_stalled.set()
            return may_end.wait(60)

        with ThreadPoolExecutor(1) as pool:
            stalled = pool.submit(last_seen.write, self.note(1), stall)
            assert is_stalled.wait(60)
            assert last_seen.write(self.note(2), lambda note: True)
            may_end.set()
            assert stalled.result(60)
        written: list[Row] = []

        def write(note: Row) -> bool:
            written.append(note)
            return True

        last_seen.write(self.note(1), write)
        assert written == [self.note(2)]


def fail(note: Row) -> bool:
    raise StorageUnavailableError("away")


def test_a_camera_s_view_holds_no_other_s(store: Services, camera: str) -> None:
    """Not of a camera whose name begins the same either."""
    for name in (camera, f"{camera}-2", f"{camera}0"):
        store.index.add(photo_of(name), MOMENT)
    assert store.index.query(View(camera), 10) == [photo_of(camera)]


def test_the_first_and_the_last_moment_can_be_listed(store: Services, camera: str) -> None:
    """From 1970 to the year 9999."""
    ends = [datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    photos = [photo_of(camera, to_milliseconds(end)) for end in ends]
    for photo in photos:
        store.index.add(photo, MOMENT)
    assert store.index.query(View(camera), 10) == photos[::-1]


def test_listing_again_makes_the_rows_that_are_missing(store: Services, camera: str) -> None:
    """As if the photo had been listed when it was received; and never twice."""
    photo = photo_of(camera)
    assert store.index.relist(photo)
    assert store.index.relist(photo)
    assert not store.index.relist(replace(photo, media=Media.MP4))
    for view in (View(camera), View(camera, oldest_first=True)):
        assert store.index.query(view, 10) == [photo]
    found = store.index.list_arrivals(camera, MOMENT + timedelta(seconds=1), 10)
    assert [one for _, one in found] == [photo]
    assert camera not in store.index.cameras()
    store.index.update_last_seen(photo)
    assert store.index.cameras()[camera] == LastSeen(photo.name, photo.received_at)


def test_listing_again_keeps_the_moment_of_listing(store: Services, camera: str) -> None:
    """A photo that was listed at the second try has one place among the arrivals, then as before,
    also if one of its rows is missing."""
    photo, later = photo_of(camera), MOMENT + timedelta(hours=3)
    end = later + timedelta(seconds=1)
    store.index.add(photo, later)
    (before,) = store.index.list_arrivals(camera, end, 10)
    assert store.index.position(photo.name) == before[0]
    changed = replace(photo, size=photo.size + 1)
    store.index.relist(changed)
    assert store.index.list_arrivals(camera, end, 10) == [(before[0], changed)]
    store.index.remove_orphan(camera, before[0])
    assert store.index.list_arrivals(camera, end, 10) == []
    store.index.relist(changed)
    assert store.index.list_arrivals(camera, end, 10) == [(before[0], changed)]
    store.index.unlist(photo, State.EXPIRED)
    assert store.index.position(photo.name) is None
    store.index.remove_orphan(camera, before[0])  # what is gone already is no error


def test_blobs_are_walked_by_camera_and_time(store: Services, camera: str) -> None:
    """The oldest first; those of another camera are not among them."""
    photos = [photo_of(camera, MOMENT + timedelta(days=n)) for n in (40, 0, -3)]
    for photo in [*photos, photo_of(f"{camera}-2")]:
        store.blobs.add(photo, BODY)
    assert list(store.blobs.list_photos(camera)) == photos[::-1]
    assert {camera, f"{camera}-2"} <= set(store.blobs.cameras())


def test_thumbnails_are_kept_beside_the_photos(store: Services, camera: str) -> None:
    """Written again, read, walked and removed; that there can be none is kept, too."""
    photo, other = photo_of(camera), photo_of(camera, MOMENT - timedelta(days=1))
    assert store.thumbnails.read(photo) is None
    for body in (b"small", b""):
        store.thumbnails.write(photo, body)
        assert store.thumbnails.read(photo) == body
    store.thumbnails.write(other, b"small")
    assert list(store.thumbnails.list_names(camera)) == [other.name, photo.name]
    store.thumbnails.remove(photo.name)
    store.thumbnails.remove(photo.name)
    assert list(store.thumbnails.list_names(camera)) == [other.name]


def test_a_row_is_inserted_once(store: Services, camera: str) -> None:
    """Of many at the same moment one does it; its words are those that count."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: store.people.insert(camera, "key", {"n": str(n)}), range(8))
        )
    assert answers.count(True) == 1
    row = store.people.get(camera, "key")
    assert row
    assert row.properties == {"n": str(answers.index(True))}


def test_a_row_that_changed_meanwhile_is_not_replaced(store: Services, camera: str) -> None:
    """Nor one that is gone: whoever writes has to read it again."""
    store.people.upsert(camera, "key", {"count": "1"})
    seen = store.people.get(camera, "key")
    assert seen
    assert store.people.replace(camera, seen, {"count": "2"})
    assert not store.people.replace(camera, seen, {"count": "3"})
    now = store.people.get(camera, "key")
    assert now
    assert now.properties == {"count": "2"}
    store.people.remove(camera, "key")
    store.people.remove(camera, "key")
    assert not store.people.replace(camera, now, {"count": "4"})
    assert store.people.get(camera, "key") is None


def test_rows_are_rewritten_together_or_not_at_all(store: Services, camera: str) -> None:
    """Only while the first is as it was read; others are written, whatever they are, or removed."""
    for key in ("a", "b", "c"):
        store.people.upsert(camera, key, {"is": "old"})
    seen = store.people.get(camera, "a")
    assert seen
    changes = {"b": {"is": "new"}, "c": None, "d": {"is": "new"}}
    rewrite = ConditionalUpdate(seen, {"is": "new"}, changes)
    assert store.people.rewrite(camera, rewrite)
    rows = store.people.query(camera, 10)
    assert [(row.key, dict(row.properties)) for row in rows] == [
        (key, {"is": "new"}) for key in ("a", "b", "d")
    ]
    assert not store.people.rewrite(camera, rewrite)
    missing = ConditionalUpdate(rows[0], {"is": "newest"}, {"c": None})
    assert not store.people.rewrite(camera, missing)
    assert store.people.query(camera, 10) == rows
    same = ConditionalUpdate(rows[0], rows[0].properties)
    assert store.people.rewrite(camera, same)
    assert not store.people.rewrite(camera, same)


def test_rows_are_walked_by_key(store: Services, camera: str) -> None:
    """Of one partition, so many, behind a key; what is put twice is there once."""
    for key in ("b", "a", "c", "a"):
        store.people.upsert(camera, key, {"is": key})
    store.people.upsert(f"{camera}-2", "d", {})
    assert [row.key for row in store.people.query(camera, 10)] == ["a", "b", "c"]
    assert [row.key for row in store.people.query(camera, 1, after="a")] == ["b"]
    assert [row.key for row in store.people.query(camera, 9, "a", "c")] == ["b"]
    assert store.people.query("nobody's", 10) == []


def test_a_store_that_answers_is_well(store: Services) -> None:
    """Before the first photo too."""
    store.blobs.check()
    store.index.check()
