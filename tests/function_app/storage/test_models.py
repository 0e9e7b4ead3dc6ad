"""A stored photo is written as properties and read back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.previews import MAX_BYTES, Preview
from function_app.settings import MAX_PHOTO_MB_LIMIT
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import UNKNOWN, Photo, Sender, parse_photo
from photo_wire.media import Media
from tests.photo_wire import strategies
from tests.support.api import MOMENT
from tests.support.samples import SHA, photo_of

PREVIEWS = st.builds(
    Preview,
    offset=st.integers(0, MAX_PHOTO_MB_LIMIT << 20),
    size=st.integers(1, MAX_BYTES),
    orientation=st.integers(1, 8),
)
HEADERS = st.text(st.characters(min_codepoint=33, max_codepoint=126))
SENDERS = st.builds(
    Sender,
    device=st.none() | st.just("gate"),
    standing=st.sampled_from(("verified", UNKNOWN)),
    signature_input=HEADERS,
    signature=HEADERS,
)
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
    preview=st.none() | PREVIEWS,
    sender=st.none() | SENDERS,
    motion=st.none() | strategies.motions,
    labels=st.lists(strategies.labels, max_size=3, unique_by=lambda one: one.word).map(tuple),
).filter(lambda photo: not photo.preview or is_inside(photo.preview, photo.size))


def is_inside(preview: Preview, size: int) -> bool:
    return preview.offset + preview.size <= size


@given(PHOTOS)
def test_a_photo_survives_its_words(photo: Photo) -> None:
    """What is written as metadata and as a row is read back the same, and travels in a header."""
    properties = photo.to_properties()
    assert parse_photo(properties) == photo
    assert all(value.isascii() and value.isprintable() and value for value in properties.values())


@pytest.mark.parametrize(
    "text",
    ["", "1", "1 2", "1 2 0", "1 2 9", "1 0 1", "-1 2 1", "1 2 3 4", "1 2 \u0661", "x", "1 2 1\n"],
)
def test_a_wrong_place_of_a_preview_counts_as_none(text: str) -> None:
    """A thumbnail is then made of the photo."""
    photo = photo_of("gate")
    assert parse_photo({**photo.to_properties(), "preview": text}) == photo


@pytest.mark.parametrize("name", ["motion", "labels"])
def test_changed_motion_or_labels_count_as_none(name: str) -> None:
    """The photo can be shown without them."""
    photo = photo_of("gate")
    assert parse_photo({**photo.to_properties(), name: "<b>?"}) == photo


@given(PREVIEWS, st.integers(1, 1 << 20))
def test_a_preview_beyond_the_end_counts_as_none(preview: Preview, size: int) -> None:
    photo = replace(photo_of("gate"), size=size, preview=preview)
    read = parse_photo(photo.to_properties())
    assert read == (photo if is_inside(preview, size) else replace(photo, preview=None))


@pytest.mark.parametrize("word", ["id", "content_type", "sha256", "size", "received_at"])
def test_a_record_without_a_word_is_damaged(word: str) -> None:
    """Somebody else wrote or changed it: the word is missing, or is a date or a number."""
    properties: dict[str, object] = {**photo_of("camera").to_properties()}
    del properties[word]
    with pytest.raises(DamagedRecordError):
        parse_photo(properties)
    for value in (MOMENT, 1.5, None):
        with pytest.raises(DamagedRecordError):
            parse_photo({**properties, word: value})


def test_the_path_can_be_read() -> None:
    """Camera, day and id, as in Storage Explorer."""
    path = photo_of("front-door").path
    assert path == "front-door/2026/11/20/front-door-20261120T120134567Z-5f3a9c2e.jpg"
