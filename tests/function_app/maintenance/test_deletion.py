"""Deleting a photo: all of it, wherever the deletion is stopped, and out of the counts."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import View
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.interruptions import until_done
from tests.support.memory_store import memory_services
from tests.support.stored_photos import BODY, KEPT, NOW, is_consistent, stored


def test_a_photo_is_deleted_completely(own: Services) -> None:
    """Bytes, thumbnail and rows; another photo stays."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    own.thumbnails.write(gone, b"small")
    delete(gone, own)
    delete(gone, own)
    assert own.index.query(View("gate"), 10) == [stays]
    assert list(own.blobs.list_photos("gate")) == [stays]
    assert list(own.thumbnails.list_names("gate")) == []


@pytest.mark.parametrize("deleted_at", [None, NOW], ids=["by retention", "by a person"])
def test_an_interrupted_deletion_is_finished_by_the_next(
    own: Services, deleted_at: datetime | None
) -> None:
    """Wherever it was stopped, the photo is listed until all of it is deleted."""
    gone, stays = stored(own, "gate", 1), stored(own, "gate", 2)
    own.thumbnails.write(gone, b"small")

    def again(stopping: Services) -> None:
        photo = own.index.get(gone.name)
        if photo is None:
            assert is_consistent(own)
            return
        delete(photo, stopping, deleted_at)

    assert until_done(again, own) >= 3
    assert is_consistent(own)
    assert own.index.query(View(), 10) == [stays]


def test_the_counts_agree_with_the_stored_photos(own: Services) -> None:
    """By camera and day, including recent photos; after deletions, and when counted again."""
    photos = [stored(own, "gate", n / 2, f"{n:08x}") for n in reversed(range(6))][::-1]
    stored(own, "entry", 0)

    def counted() -> dict[str, Count]:
        return {camera: counts.total for camera, counts in own.index.count_photos(NOW).items()}

    expected = {"entry": Count(1, len(BODY)), "gate": Count(6, 6 * len(BODY))}
    assert counted() == expected
    assert counted() == expected
    days = own.index.count_photos(NOW)["gate"].days
    assert {day: count.photos for day, count in days.items()} == {
        photos[0].name.captured_at.date(): 1,
        photos[1].name.captured_at.date(): 2,
        photos[3].name.captured_at.date(): 2,
        photos[5].name.captured_at.date(): 1,
    }
    delete(photos[0], own)
    delete(photos[3], own)
    expected["gate"] = Count(4, 4 * len(BODY))
    assert counted() == expected
    own.index.invalidate_counts("gate", NOW)
    assert counted() == expected


@given(
    st.lists(st.tuples(st.sampled_from("cdt"), st.integers(0, 30), st.integers(0, 9)), max_size=30)
)
def test_the_counts_are_right_after_any_uploads_and_deletions(
    story: list[tuple[str, int, int]],
) -> None:
    """Photos are uploaded, deleted and counted in any order, as time passes."""
    backend, now, here = memory_services(KEPT), NOW, dict[int, Photo]()
    for number, (what, minutes, which) in enumerate(story):
        now += timedelta(minutes=minutes)
        if what == "c":
            name = name_of("gate", now - timedelta(days=which % 3), f"{number:08x}")
            here[number] = Photo(
                name, Media.JPEG, "ab" * 32, which + 1, name_of("x", now).captured_at
            )
            backend.index.add(here[number], now)
        elif what == "d" and here:
            delete(here.pop(list(here)[which % len(here)]), backend)
        else:
            total = sum((one.total for one in backend.index.count_photos(now).values()), Count())
            assert total == Count(len(here), sum(photo.size for photo in here.values()))
