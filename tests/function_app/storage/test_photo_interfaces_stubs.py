"""Stubs, triggers without motion in the picture: in views and counts of their own, in every
store."""

import random
from dataclasses import replace
from datetime import timedelta

from function_app.services import Services
from function_app.storage.models import LastSeen, Photo, State
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import View
from photo_wire.motion import Box, Motion
from tests.support.api import MOMENT
from tests.support.samples import BODY, photo_of


def stub_of(camera: str, minutes: int) -> Photo:
    """Return a stub of this camera that was taken so many minutes after MOMENT."""
    taken = photo_of(camera, MOMENT + timedelta(minutes=minutes), f"{minutes:08x}")
    return replace(taken, motion=Motion())


def test_a_photo_with_a_box_or_of_an_older_device_is_no_stub(
    services: Services, camera: str
) -> None:
    seen = replace(photo_of(camera), motion=Motion(Box(0.1, 0.2, 0.3, 0.4)))
    unknown = photo_of(camera, MOMENT + timedelta(minutes=1))
    stub = stub_of(camera, 2)
    for photo in (seen, unknown, stub):
        services.index.add(photo, MOMENT)
    assert [one.is_stub for one in (seen, unknown, stub)] == [False, False, True]
    for oldest_first in (False, True):
        photos, stubs = (View(camera, None, None, oldest_first, kind) for kind in (False, True))
        assert {*services.index.query(photos, 10)} == {seen, unknown}
        assert services.index.query(stubs, 10) == [stub]
        assert [one.name for one in services.index.query_times(stubs, 10)] == [stub.name]


def test_ten_photos_among_thousands_of_stubs_are_one_page(empty: Services) -> None:
    """The page has the photos, and the position of none of the stubs between them."""
    photos = [photo_of("gate", MOMENT + timedelta(minutes=20 * n), f"{n:08x}") for n in range(3)]
    for photo in photos:
        empty.index.add(photo, MOMENT)
    for minutes in range(41):
        empty.index.add(stub_of("gate", minutes + 1000), MOMENT)
    assert empty.index.query(View(), 2) == photos[:0:-1]
    assert len(empty.index.query(View(stubs=True), 30)) == 30


def test_a_stub_is_a_photo_like_any_other_by_its_id(services: Services, camera: str) -> None:
    stub = stub_of(camera, 0)
    assert services.index.add(stub, MOMENT) is None
    assert services.index.add(stub, MOMENT) == stub
    assert services.index.get(stub.name) == stub
    [(position, arrival)] = services.index.list_arrivals(camera, MOMENT + timedelta(days=1), 9)
    assert (services.index.position(stub.name), arrival) == (position, stub)
    assert list(services.index.list_orphans(camera)) == []
    services.index.remove(stub, State.DELETED)
    assert services.index.get(stub.name) is None
    assert services.index.state(stub.name) is State.DELETED


def test_stubs_are_counted_beside_photos(empty: Services) -> None:
    """Their bytes are among all bytes; none is a photo that ever came."""
    photo, *stubs = photo_of("gate"), *(stub_of("gate", minutes) for minutes in (1, 2))
    for one in (photo, *stubs):
        empty.index.add(one, MOMENT)
    counts = empty.index.count_photos(MOMENT)["gate"]
    assert (counts.total, counts.received) == (Count(1, 3 * len(BODY), 2), 1)
    empty.index.count_photos(MOMENT + timedelta(hours=1))  # now the counts are saved
    empty.index.remove(stubs[0], State.DELETED)
    counts = empty.index.count_photos(MOMENT + timedelta(hours=2))["gate"]
    assert (counts.total, counts.received) == (Count(1, 2 * len(BODY), 1), 1)


def test_a_stub_moves_among_the_photos_and_back(empty: Services) -> None:
    """In each view, among the arrivals and in the counts, whether these were saved or not."""
    index, stub, rest = empty.index, stub_of("gate", 0), stub_of("gate", 1)
    for one in (stub, rest):
        index.add(one, MOMENT)
    photo = replace(stub, motion=None)
    for hours, moved in enumerate((photo, photo, stub, photo), 1):
        index.update(moved)
        assert index.get(stub.name) == moved
        is_photo = not moved.is_stub
        assert index.query(View("gate"), 9) == [photo] * is_photo
        assert index.query(View(stubs=True, oldest_first=True), 9) == [stub, rest][is_photo:]
        now = MOMENT + timedelta(hours=hours)
        counts = index.count_photos(now)["gate"]
        assert counts.total == Count(is_photo, 2 * len(BODY), 2 - is_photo)
        assert {one for _, one in index.list_arrivals("gate", now, 9)} == {moved, rest}


def test_a_deletion_removes_what_a_stub_has_become(empty: Services) -> None:
    """Who deletes it read it before somebody corrected it."""
    stub = stub_of("gate", 0)
    empty.index.add(stub, MOMENT)
    empty.index.count_photos(MOMENT + timedelta(hours=1))
    empty.index.count_photos(MOMENT + timedelta(hours=1))
    empty.index.update(replace(stub, motion=None))
    empty.index.remove(stub, State.DELETED)
    for stubs in (False, True):
        assert empty.index.query(View(stubs=stubs), 9) == []
    counts = empty.index.count_photos(MOMENT + timedelta(hours=2))["gate"]
    assert counts.total == Count()
    assert list(empty.index.list_orphans("gate")) == []


def test_the_last_photo_stays_while_stubs_come(services: Services, camera: str) -> None:
    """The counting timer learns when the last one came, and what waits on the device."""
    first, later = stub_of(camera, 0), stub_of(camera, 2)
    photo = photo_of(camera, MOMENT + timedelta(minutes=1))
    services.index.add(first, MOMENT, 5)
    seen = services.index.last_seen(camera)
    assert seen == LastSeen(None, MOMENT, 5, MOMENT)
    at = MOMENT + timedelta(minutes=1)
    services.index.add(photo, at, 4)
    services.index.add(later, at + timedelta(minutes=1), 3)
    seen = services.index.cameras()[camera]
    assert (seen.last, seen.indexed_at, seen.waiting) == (photo.name, at, 3)
    assert seen.arrived_at == at + timedelta(minutes=1)


def test_a_late_photo_does_not_hide_that_a_stub_came(services: Services, camera: str) -> None:
    """Its request began before that of the stub, and ended after it."""
    at = MOMENT + timedelta(minutes=1)
    services.index.add(stub_of(camera, 0), at)
    services.index.add(photo_of(camera), MOMENT)
    seen = services.index.last_seen(camera)
    assert seen is not None
    assert (seen.last, seen.arrived_at) == (photo_of(camera).name, at)


def test_a_corrected_stub_is_the_last_photo_if_it_is(services: Services, camera: str) -> None:
    stub = replace(stub_of(camera, 0), received_at=MOMENT + timedelta(hours=1))
    services.index.add(stub, stub.received_at)
    services.index.update_last_seen(replace(stub, motion=None))
    seen = services.index.last_seen(camera)
    assert seen is not None
    assert seen.last == stub.name


def test_stubs_and_photos_are_counted_exactly_in_any_order(empty: Services) -> None:
    """Fifty changes, by a fixed seed, with counts between them."""
    chance, now = random.Random(17), MOMENT
    there: dict[int, Photo] = {}
    for _ in range(50):
        now += timedelta(minutes=chance.choice((0, 1, 10)))
        number = chance.randrange(8)
        one = there.get(number)
        if one is None:
            taken = stub_of("gate", number)
            there[number] = chance.choice((taken, replace(taken, motion=None)))
            empty.index.add(there[number], now)
        elif chance.random() < 0.5:
            there[number] = replace(one, motion=None if one.is_stub else Motion())
            empty.index.update(there[number])
        else:
            empty.index.remove(there.pop(number), State.EXPIRED)
        if chance.random() < 0.5:
            expected = sum(map(Count.of, there.values()), Count())
            assert empty.index.count_photos(now)["gate"].total == expected
