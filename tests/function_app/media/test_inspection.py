"""The bytes alone say what kind of photo they are, and whether they are all there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from photo_wire.media import Media
from tests.support.pictures import dng, jpeg, jpeg_with_thumbnail, mp4

WHOLE = {
    "baseline": (jpeg(), Media.JPEG),
    "progressive": (jpeg(progressive=True), Media.JPEG),
    "restart markers": (jpeg(restart_marker_blocks=2), Media.JPEG),
    "thumbnail": (jpeg_with_thumbnail(), Media.JPEG),
    "intel": (dng(), Media.DNG),
    "motorola": (dng(order=">"), Media.DNG),
    "movie": (mp4(), Media.MP4),
}
PICTURES = [data for data, _ in WHOLE.values()]


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_photo_is_known(kind: str) -> None:
    """Whichever way cameras write it."""
    data, media = WHOLE[kind]
    assert inspect(data) is media


def test_a_camera_s_own_size_is_known() -> None:
    """A picture as large as the first seed's."""
    assert inspect(jpeg(4608, 2592)) is Media.JPEG


@given(st.sampled_from(PICTURES), st.data())
def test_no_beginning_of_a_photo_is_one(data: bytes, draw: st.DataObject) -> None:
    """Wherever a transfer or a crash cuts it off."""
    length = draw.draw(st.integers(0, len(data) - 1))
    with pytest.raises((TruncatedError, NotAPhotoError)):
        inspect(data[:length])


@pytest.mark.parametrize("kind", WHOLE)
def test_a_photo_cut_in_half_is_called_cut_short(kind: str) -> None:
    """The sender learns that the rest is missing, not that this is no photo."""
    data, _ = WHOLE[kind]
    with pytest.raises(TruncatedError):
        inspect(data[: len(data) // 2])


@given(st.binary(max_size=2000))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    """A kind or a refusal; nothing else is ever raised."""
    try:
        inspect(data)
    except (TruncatedError, NotAPhotoError):
        return


@given(st.sampled_from(PICTURES), st.data())
def test_any_damaged_photo_gets_an_answer(data: bytes, draw: st.DataObject) -> None:
    """Also where a structure begins right and turns wrong further on."""
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 8))):
        damaged[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        inspect(bytes(damaged))
    except (TruncatedError, NotAPhotoError):
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<!doctype html><title>Sign in</title>",
        b"GIF89a" + bytes(100),
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(100),
        bytes(40 << 20),
    ],
    ids=["nothing", "png", "html", "gif", "webp", "40 MB of zeros"],
)
def test_other_things_are_no_photos(data: bytes) -> None:
    """Whatever the client called them."""
    with pytest.raises(NotAPhotoError):
        inspect(data)
