"""The photos beside a photo, in the order of the list."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.browse.neighbours import MAX_TIES, Neighbours, find_neighbours
from function_app.storage.models import Photo, State
from function_app.storage.row_keys import View
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.support.api import MOMENT
from tests.support.memory_store import MemoryIndex


class CountedIndex(MemoryIndex):
    """`requests` counts what would be requests to the table."""

    requests = 0

    def get(self, name: PhotoName) -> Photo | None:
        self.requests += 1
        return super().get(name)

    def query(self, view: View, count: int, after: PhotoName | None = None) -> list[Photo]:
        self.requests += 1
        return super().query(view, count, after)


def index_of(times: list[int]) -> CountedIndex:
    """Return an index of photos of two cameras in turns, taken at these milliseconds."""
    index = CountedIndex()
    for number, time in enumerate(times):
        camera = ("gate", "entry")[number % 2]
        name = new_name(camera, MOMENT + timedelta(milliseconds=time), f"{number * 7919:08x}")
        photo = Photo(name, Media.JPEG, "ab" * 32, 100, MOMENT)
        index.add(photo, MOMENT)
    return index


def names(found: Neighbours) -> tuple[Any, ...]:
    return tuple(one.name if one else None for one in found)


def triples(index: MemoryIndex, camera: str | None) -> Iterator[tuple[Any, ...]]:
    listed = [one.name for one in index.query(View(camera), 1000)]
    yield from zip([None, *listed], listed, [*listed[1:], None], strict=False)


@pytest.mark.parametrize("camera", [None, "gate", "entry"])
@pytest.mark.parametrize(
    "times",
    [[0], [0, 1, 2, 3, 4], [0, 0, 0, 1, 1, 2, 2, 2, 2], [5] * (MAX_TIES // 2), [0, 86_400_000]],
)
def test_each_photo_stands_between_those_of_the_list(times: list[int], camera: str | None) -> None:
    """Photos of one millisecond, too; by two requests to the table."""
    index = index_of(times)
    for newer, name, older in triples(index, camera):
        index.requests = 0
        assert names(find_neighbours(index, name, camera)) == (name, newer, older)
        assert index.requests <= 2


def test_more_photos_of_a_millisecond_than_are_read_at_once() -> None:
    """A photo far down among them is found, with the next older one."""
    index = index_of([-1, *[0] * (3 * MAX_TIES)])
    for _, name, older in triples(index, None):
        found = find_neighbours(index, name, None)
        assert (names(found)[0], names(found)[2]) == (name, older)


@pytest.mark.parametrize("camera", [None, "gate", "entry"])
@pytest.mark.parametrize("times", [[0], [0, 1, 2, 3, 4], [0, 0, 0, 1, 1, 2, 2, 2, 2]])
def test_a_photo_that_is_gone_had_its_place_between_those_of_the_list(
    times: list[int], camera: str | None
) -> None:
    """They are those that it had before; by two requests to the table, too."""
    for newer, name, older in triples(index_of(times), camera):
        index = index_of(times)
        photo = index.get(name)
        assert photo
        index.remove(photo, State.DELETED)
        index.requests = 0
        assert names(find_neighbours(index, name, camera)) == (None, newer, older)
        assert index.requests <= 2


def test_an_empty_list_has_no_neighbours() -> None:
    name = new_name("gate", MOMENT)
    assert names(find_neighbours(CountedIndex(), name, None)) == (None, None, None)


def test_the_last_millisecond_of_the_calendar_has_none_after_it() -> None:
    """A clock may be wrong by any number of years."""
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, UTC)
    index = CountedIndex()
    photos = [
        Photo(new_name("gate", at, tag), Media.JPEG, "ab" * 32, 100, MOMENT)
        for at, tag in ((MOMENT, "0" * 8), (last, "1" * 8), (last, "2" * 8))
    ]
    for photo in photos:
        index.add(photo, MOMENT)
    found = [find_neighbours(index, photo.name, None) for photo in photos]
    assert [one.photo for one in found] == photos
    assert sorted(names(one)[1] is None for one in found) == [False, False, True]
    assert found[0].newer in photos[1:]
