"""What every store of photos promises: the same suite on the one in memory and on Azurite, there
with and without requests that are written by hand."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app.services import Services
from function_app.storage.models import (
    LastSeen,
    NameReservation,
    Photo,
    PhotoTimes,
    State,
)
from function_app.storage.row_keys import View
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from tests.support.api import MOMENT, name_of, new_camera
from tests.support.samples import BODY, SHA, photo_of
from tests.support.stored_photos import lose_arrival


def test_bytes_come_back(services: Services, camera: str) -> None:
    """All of them, or a part."""
    photo = photo_of(camera)
    assert services.blobs.add(photo, BODY) is None
    assert services.blobs.read(photo, 0, len(BODY)) == BODY
    assert services.blobs.read(photo, 4, 5) == BODY[4:9]


def test_a_blob_is_never_overwritten(services: Services, camera: str) -> None:
    """The second to come learns what is there, every word of it."""
    first = replace(photo_of(camera), trigger="gpio", clock="corrected", site="Büro 1")
    assert services.blobs.add(first, BODY) is None
    later = replace(first, sha256="cd" * 32, received_at=MOMENT + timedelta(hours=1), site=None)
    assert services.blobs.add(later, b"other") == first
    assert services.blobs.read(first, 0, len(BODY)) == BODY


def test_what_is_gone_is_none(services: Services, camera: str) -> None:
    """Never stored, or removed; removing twice does no harm."""
    photo = photo_of(camera)
    assert services.blobs.read(photo, 0, 5) is None
    services.blobs.add(photo, BODY)
    services.blobs.remove(photo)
    services.blobs.remove(photo)
    assert services.blobs.read(photo, 0, 5) is None
    assert services.index.get(photo.name) is None


def test_the_times_of_photos_are_read_alone(services: Services, camera: str) -> None:
    """In the order of a view, of one camera, between two moments, page by page."""
    photos = [
        replace(photo_of(camera, MOMENT + timedelta(minutes=n), f"{n:08x}"), clock=clock)
        for n, clock in enumerate(("synced", None, "unsynced", "corrected"))
    ]
    for photo in (*photos, photo_of(f"{camera}-2", MOMENT + timedelta(minutes=1))):
        services.index.add(photo, MOMENT)
    expected = [PhotoTimes(one.name, one.received_at, one.clock) for one in photos]
    end = MOMENT + timedelta(minutes=3)
    view = View(camera, since=MOMENT, until=end, oldest_first=True)
    assert services.index.query_times(view, 10) == expected[:3]
    assert services.index.query_times(view, 1, photos[0].name) == expected[1:2]
    assert services.index.query_times(View(camera), 10) == expected[::-1]


def test_what_became_of_ids_that_are_not_listed(services: Services, camera: str) -> None:
    """Of one camera, between two moments, in the order of time."""
    start = MOMENT.replace(second=0, microsecond=0)
    moments = [start + timedelta(seconds=seconds) for seconds in (-0.001, 0, 1, 2, 3, 59.999, 60)]
    photos = [photo_of(camera, at, f"{n:08x}") for n, at in enumerate(moments)]
    other = name_of(f"{camera}-2", moments[1])
    services.index.record_losses({photos[0].name: "", photos[5].name: "", photos[6].name: ""})
    services.index.record_losses({other: "", photos[1].name: ""})
    for photo, state in zip(photos[2:4], (State.DELETED, State.EXPIRED), strict=True):
        services.index.add(photo, MOMENT)
        services.index.remove(photo, state)
    services.index.add(photos[4], MOMENT)
    assert services.index.query_states(camera, start, start + timedelta(minutes=1)) == [
        (photos[1].name, State.LOST),
        (photos[2].name, State.DELETED),
        (photos[3].name, State.EXPIRED),
        (photos[5].name, State.LOST),
    ]


def test_a_photo_is_listed_once(services: Services, camera: str) -> None:
    """Whoever lists it again learns what is listed; nothing changes."""
    photo = photo_of(camera)
    assert services.index.add(photo, MOMENT) is None
    other = replace(photo, sha256="cd" * 32, media=Media.DNG)
    assert services.index.add(other, MOMENT) == photo
    assert services.index.get(photo.name) == photo
    assert services.index.query(View(camera), 10) == [photo]


def test_one_of_many_lists_it(services: Services, camera: str) -> None:
    """At the same moment, exactly one does."""
    photo = photo_of(camera)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: services.index.add(photo, MOMENT), range(8)))
    assert answers.count(None) == 1
    assert answers.count(photo) == 7


def test_one_claim_holds(services: Services, camera: str) -> None:
    """All who claim for the same camera and bytes get the first one's name."""
    claims = [NameReservation(name_of(camera, tag=f"{n:08x}"), SHA, MOMENT) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(services.index.reserve_name, claims))
    assert len(kept) == 1
    assert kept <= set(claims)
    other = NameReservation(name_of(camera), "cd" * 32, MOMENT)
    assert services.index.reserve_name(other) == other


def test_the_newest_come_first(services: Services, camera: str) -> None:
    """By the time they were taken, whatever the order they came in; one moment's by their id."""
    moments = [MOMENT + timedelta(milliseconds=ms) for ms in (5, -7, 0, 10**9, -(10**9))]
    photos = [photo_of(camera, moment) for moment in moments] + [photo_of(camera, tag="00000000")]
    for photo in photos:
        services.index.add(photo, MOMENT)
    expected = sorted(photos, key=lambda one: (-one.name.captured_at.timestamp(), str(one.name)))
    assert services.index.query(View(camera), 10) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_walk_shows_each_photo_once(
    services: Services, camera: str, count: int, oldest_first: bool
) -> None:
    """Whatever the size of its steps, in the camera's view and in that of all."""
    photos = [photo_of(camera, MOMENT + timedelta(seconds=n // 2), f"{n:08x}") for n in range(7)]
    for photo in photos:
        services.index.add(photo, MOMENT)
    for one in (camera, None):
        view = View(one, oldest_first=oldest_first)
        seen: list[Photo] = []
        after = None
        while page := services.index.query(view, count, after):
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
    services: Services, camera: str, oldest_first: bool
) -> None:
    """From the first moment on and before the last, to the millisecond."""
    moments = [MOMENT + timedelta(milliseconds=n) for n in range(5)]
    for moment in moments:
        services.index.add(photo_of(camera, moment), MOMENT)
    for one in (camera, None):
        view = View(one, moments[1], moments[3], oldest_first)
        found = [
            photo.name.captured_at
            for photo in services.index.query(view, 100)
            if photo.name.camera == camera
        ]
        assert sorted(found) == moments[1:3]
        assert found == sorted(found, reverse=not oldest_first)


def test_arrivals_come_in_the_order_of_their_listing(services: Services, camera: str) -> None:
    """Those before a moment, of one camera, whatever time the photos are of."""
    photos = [photo_of(camera, MOMENT - timedelta(days=n)) for n in range(4)]
    for n, photo in enumerate(photos):
        services.index.add(photo, MOMENT + timedelta(seconds=n))
    services.index.add(photo_of(f"{camera}-2"), MOMENT)
    before = MOMENT + timedelta(seconds=3)
    found = services.index.list_arrivals(camera, before, 10)
    assert [photo for _, photo in found] == photos[:3]
    assert services.index.list_arrivals(camera, before, 2) == found[:2]
    assert services.index.list_arrivals(camera, before, 10, after=found[0][0]) == found[1:]


def test_a_photo_is_taken_off_every_list(services: Services, camera: str) -> None:
    """And off no list but its own; twice does no harm."""
    removed, stays = photo_of(camera), photo_of(camera, tag="00000000")
    for photo in (removed, stays):
        services.index.add(photo, MOMENT + timedelta(hours=1))
    services.index.unindex(removed, State.EXPIRED)
    services.index.unindex(removed, State.EXPIRED)
    for view in (View(camera), View(camera, oldest_first=True)):
        assert services.index.query(view, 10) == [stays]
    left = services.index.list_arrivals(camera, MOMENT + timedelta(hours=2), 10)
    assert [photo for _, photo in left] == [stays]
    assert services.index.get(removed.name) is None
    assert services.index.add(removed, MOMENT) is None


def test_a_camera_is_known_by_its_photos(services: Services, camera: str) -> None:
    """By the last that was listed, which need not be its newest."""
    assert camera not in services.index.cameras()
    late = photo_of(camera, MOMENT - timedelta(days=1))
    for n, photo in enumerate([photo_of(camera), late]):
        services.index.add(photo, MOMENT + timedelta(seconds=n))
    assert services.index.cameras()[camera] == LastSeen(late.name, MOMENT + timedelta(seconds=1))


def test_an_older_photo_takes_nothing_back_of_what_was_last_seen(
    services: Services, camera: str
) -> None:
    """Its request began first and ended last, or a repair notes it. What its device said of others
    that wait is older, too."""
    newest, late, rebuilt = (photo_of(camera, MOMENT - timedelta(hours=n)) for n in range(3))
    seen = LastSeen(newest.name, MOMENT + timedelta(seconds=2), 3)
    services.index.add(newest, seen.indexed_at, seen.waiting)
    for photo, add in ((late, services.index.add), (rebuilt, services.index.add_anyway)):
        assert add(photo, MOMENT + timedelta(seconds=1), 7) is None
        assert services.index.last_seen(camera) == services.index.cameras()[camera] == seen
    services.index.update_last_seen(late)
    assert services.index.last_seen(camera) == seen
    later = replace(late, received_at=MOMENT + timedelta(days=1))
    services.index.update_last_seen(later)
    assert services.index.last_seen(camera) == LastSeen(later.name, later.received_at)
    assert services.index.last_seen(new_camera()) is None


def test_threads_leave_the_newest_as_last_seen(services: Services, camera: str) -> None:
    """Eight requests of one camera that begin at once, in any order."""
    begun = threading.Barrier(8)
    photos = [photo_of(camera, MOMENT + timedelta(seconds=n), f"{n:08x}") for n in range(8)]

    def add(photo: Photo) -> None:
        begun.wait(60)
        services.index.add(photo, photo.name.captured_at)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, photos))
    last = photos[-1].name
    assert services.index.last_seen(camera) == LastSeen(last, last.captured_at)


def test_a_camera_s_view_holds_no_other_s(services: Services, camera: str) -> None:
    """Not of a camera whose name begins the same either."""
    for name in (camera, f"{camera}-2", f"{camera}0"):
        services.index.add(photo_of(name), MOMENT)
    assert services.index.query(View(camera), 10) == [photo_of(camera)]


def test_the_first_and_the_last_moment_can_be_listed(services: Services, camera: str) -> None:
    """From 1970 to the year 9999."""
    ends = [datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    photos = [photo_of(camera, to_milliseconds(end)) for end in ends]
    for photo in photos:
        services.index.add(photo, MOMENT)
    assert services.index.query(View(camera), 10) == photos[::-1]


def test_listing_again_makes_the_rows_that_are_missing(services: Services, camera: str) -> None:
    """As if the photo had been listed when it was received; and never twice."""
    photo = photo_of(camera)
    assert services.index.reindex(photo)
    assert services.index.reindex(photo)
    assert not services.index.reindex(replace(photo, media=Media.MP4))
    for view in (View(camera), View(camera, oldest_first=True)):
        assert services.index.query(view, 10) == [photo]
    found = services.index.list_arrivals(camera, MOMENT + timedelta(seconds=1), 10)
    assert [one for _, one in found] == [photo]
    assert camera not in services.index.cameras()
    services.index.update_last_seen(photo)
    assert services.index.cameras()[camera] == LastSeen(photo.name, photo.received_at)


def test_listing_again_keeps_the_moment_of_listing(services: Services, camera: str) -> None:
    """A photo that was listed at the second try has one place among the arrivals, then as before,
    also if one of its rows is missing."""
    photo, later = photo_of(camera), MOMENT + timedelta(hours=3)
    end = later + timedelta(seconds=1)
    services.index.add(photo, later)
    (before,) = services.index.list_arrivals(camera, end, 10)
    assert services.index.position(photo.name) == before[0]
    changed = replace(photo, size=photo.size + 1)
    services.index.reindex(changed)
    assert services.index.list_arrivals(camera, end, 10) == [(before[0], changed)]
    lose_arrival(services, photo, later)
    assert services.index.list_arrivals(camera, end, 10) == []
    services.index.reindex(changed)
    assert services.index.list_arrivals(camera, end, 10) == [(before[0], changed)]
    services.index.unindex(photo, State.EXPIRED)
    assert services.index.position(photo.name) is None
    services.index.remove_orphan(camera, before[0])  # what is gone already is no error


def test_blobs_are_walked_by_camera_and_time(services: Services, camera: str) -> None:
    """The oldest first; those of another camera are not among them."""
    photos = [photo_of(camera, MOMENT + timedelta(days=n)) for n in (40, 0, -3)]
    for photo in [*photos, photo_of(f"{camera}-2")]:
        services.blobs.add(photo, BODY)
    assert list(services.blobs.list_photos(camera)) == photos[::-1]
    assert {camera, f"{camera}-2"} <= set(services.blobs.cameras())


def test_thumbnails_are_kept_beside_the_photos(services: Services, camera: str) -> None:
    """Written again, read, walked and removed; that there can be none is kept, too."""
    photo, other = photo_of(camera), photo_of(camera, MOMENT - timedelta(days=1))
    assert services.thumbnails.read(photo) is None
    for body in (b"small", b""):
        services.thumbnails.write(photo, body)
        assert services.thumbnails.read(photo) == body
    services.thumbnails.write(other, b"small")
    assert list(services.thumbnails.list_names(camera)) == [other.name, photo.name]
    services.thumbnails.remove(photo.name)
    services.thumbnails.remove(photo.name)
    assert list(services.thumbnails.list_names(camera)) == [other.name]


@pytest.mark.parametrize("count", [2, 13])
def test_photos_of_some_cameras_are_found_among_all(
    services: Services, camera: str, count: int
) -> None:
    """By their names."""
    cameras = [f"{camera}-{number:02}" for number in range(2 * count)]
    photos = [
        photo_of(one, MOMENT + timedelta(seconds=n), f"{n:08x}") for n, one in enumerate(cameras)
    ]
    for photo in photos:
        services.index.add(photo, MOMENT)
    end = MOMENT + timedelta(seconds=2 * count)
    view = View(since=MOMENT, until=end)
    own = [*reversed(photos)][::2]
    of = {photo.name.camera for photo in own}
    assert services.index.query_some(view, of, 1000) == own
    assert services.index.query_some(view, of, 1) == own[:1]
    earlier = replace(view, until=end - timedelta(seconds=1))
    assert services.index.query_some(earlier, of, 1000) == own[1:]
    assert services.index.query_some(view, {f"{camera}-none"}, 1) == []


def test_a_store_that_answers_is_well(services: Services) -> None:
    """Before the first photo too."""
    services.blobs.check()
    services.index.check()
