"""What exists under the name of each photo, joined from three lists."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.maintenance.stored_parts import StoredParts, merge_join
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.stored_photos import NOW

OF_ONE = st.tuples(
    st.lists(st.sampled_from([Media.JPEG, Media.MP4]), unique=True), st.booleans(), st.booleans()
).filter(any)


def photo_of(minute: int, media: Media = Media.JPEG) -> Photo:
    name = name_of("gate", NOW + timedelta(minutes=minute // 2), f"{minute % 2:08x}")
    return Photo(name, media, "ab" * 32, 1, NOW)


JPEG, CLIP = photo_of(0), photo_of(0, Media.MP4)
TRASHED = replace(JPEG, deleted_at=NOW, is_trashed=True)
TOMBSTONE = replace(JPEG, deleted_at=NOW)


@given(st.dictionaries(st.integers(0, 7), OF_ONE))
def test_each_photo_comes_once_with_all_of_its_parts(
    photos: dict[int, tuple[list[Media], bool, bool]],
) -> None:
    """The oldest first, and two of one moment by their ids."""
    expected = [
        StoredParts(
            photo_of(minute).name,
            tuple(photo_of(minute, media) for media in formats),
            photo_of(minute) if has_row else None,
            has_thumbnail,
        )
        for minute, (formats, has_row, has_thumbnail) in sorted(photos.items())
    ]
    blobs = (blob for parts in expected for blob in parts.blobs)
    rows = (parts.row for parts in expected if parts.row)
    thumbnails = (parts.name for parts in expected if parts.has_thumbnail)
    assert list(merge_join(blobs, rows, thumbnails)) == expected


@pytest.mark.parametrize(
    ("row", "photo", "others"), [(None, JPEG, [CLIP]), (JPEG, JPEG, [CLIP]), (CLIP, CLIP, [JPEG])]
)
def test_of_two_formats_the_indexed_one_is_the_photo(
    row: Photo | None, photo: Photo, others: list[Photo]
) -> None:
    parts = StoredParts(JPEG.name, (JPEG, CLIP), row)
    assert (parts.photo, parts.others, parts.is_indexed) == (photo, others, row is not None)


@pytest.mark.parametrize(("blob", "is_in_trash"), [(TRASHED, True), (TOMBSTONE, False)])
def test_a_deleted_photo_is_no_stored_one(blob: Photo, is_in_trash: bool) -> None:
    """Its row still has a blob, and the photo of another format is stored."""
    parts = StoredParts(JPEG.name, (blob, CLIP), JPEG)
    assert (parts.deleted, parts.is_in_trash) == ([blob], is_in_trash)
    assert (parts.photo, parts.is_indexed, parts.row_has_blob) == (CLIP, False, True)


def test_a_row_without_its_blob() -> None:
    assert not StoredParts(JPEG.name, (CLIP,), JPEG).row_has_blob
    assert not StoredParts(JPEG.name, row=JPEG).row_has_blob
