"""Which format the bytes have, and whether the photo is complete."""

import base64
import gzip

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
def test_a_whole_photo_is_recognized(kind: str) -> None:
    """In every way that cameras write it."""
    data, media = WHOLE[kind]
    assert inspect(data) is media


def test_a_photo_of_a_camera_s_size_is_recognized() -> None:
    """Of 12 megapixels, as the first client sent them."""
    assert inspect(jpeg(4608, 2592)) is Media.JPEG


@given(st.sampled_from(PICTURES), st.data())
def test_no_prefix_of_a_photo_is_accepted(data: bytes, draw: st.DataObject) -> None:
    """Whatever length a transfer or a crash leaves of it."""
    length = draw.draw(st.integers(0, len(data) - 1))
    with pytest.raises((TruncatedError, NotAPhotoError)):
        inspect(data[:length])


@pytest.mark.parametrize("kind", WHOLE)
def test_half_a_photo_is_truncated(kind: str) -> None:
    """The sender is told that the rest is missing, not that this is another format."""
    data, _ = WHOLE[kind]
    with pytest.raises(TruncatedError):
        inspect(data[: len(data) // 2])


@given(st.binary(max_size=2000))
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    """A format or one of the two errors."""
    try:
        inspect(data)
    except (TruncatedError, NotAPhotoError):
        return


@given(st.sampled_from(PICTURES), st.data())
def test_a_damaged_photo_raises_nothing_else(data: bytes, draw: st.DataObject) -> None:
    """Also if the damage is deep inside a correct structure."""
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 8))):
        damaged[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        inspect(bytes(damaged))
    except (TruncatedError, NotAPhotoError):
        return


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG"),
        (b"GIF89a" + bytes(40), "a GIF"),
        (b"RIFF\x40\0\0\0WEBPVP8 " + bytes(40), "a WebP"),
        (gzip.compress(jpeg()), "gzip"),
        (b"<!doctype html><title>Sign in</title>", "a page"),
        (b'{"error": "no picture"}', "JSON"),
        (base64.b64encode(jpeg()), "base64"),
        (b"data:image/jpeg;base64," + base64.b64encode(jpeg()), "a data URL"),
        (b"\x1aE\xdf\xa3" + bytes(40), "a Matroska"),
        (b"FLV\1\5" + bytes(40), "an FLV"),
        (b"BM" + bytes(60), "a BMP"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"II+\0\x08\0\0\0" + bytes(40), "a BigTIFF"),
        (b"PK\3\4" + bytes(40), "a ZIP"),
        (b"\0\0\0\1Bud1\0\0\x10\0" + bytes(40), ".DS_Store"),
    ],
)
def test_a_format_that_is_sent_by_mistake_is_named(data: bytes, name: str) -> None:
    """Such as a camera's page of errors."""
    with pytest.raises(NotAPhotoError, match=f"{name}.*none of JPEG, DNG and MP4"):
        inspect(data)


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
def test_other_formats_are_rejected(data: bytes) -> None:
    """Whatever the client called them."""
    with pytest.raises(NotAPhotoError):
        inspect(data)
