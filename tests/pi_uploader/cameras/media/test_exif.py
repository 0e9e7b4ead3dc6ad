"""EXIF: what is not a JPEG stays as it is, and a preview joins what is there."""

import struct
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.media.exif import add_preview, with_exif
from tests.support.pictures import jpeg, jpeg_with_exif, jpeg_with_preview

MOMENT = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
CONTEXT = CaptureContext("garden", Trigger.MOTION, MOMENT)
PHOTO = with_exif(jpeg(), CONTEXT)
SMALL = jpeg(480, 360, quality=50)


def test_what_is_not_a_jpeg_stays_unchanged() -> None:
    assert with_exif(b"\x00\x01", CONTEXT) == b"\x00\x01"


def test_a_preview_has_the_tags_that_exif_requires() -> None:
    """Compression, resolution and its unit, offset and length (CIPA DC-008, table 23)."""
    exif = Image.open(BytesIO(add_preview(PHOTO, SMALL))).getexif()
    tags = dict(exif.get_ifd(ExifTags.IFD.IFD1))
    assert tags.pop(0x0201)
    assert tags == {0x0103: 6, 0x011A: 72, 0x011B: 72, 0x0128: 2, 0x0202: len(SMALL)}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_preview_has_the_orientation_of_its_photo(order: str) -> None:
    """In both byte orders. Here another program wrote the EXIF, and its second directory is
    empty."""
    photo = jpeg_with_preview(b"", jpeg(), order, orientation=6, next=0)
    exif = Image.open(BytesIO(add_preview(photo, SMALL))).getexif()
    assert exif.get_ifd(ExifTags.IFD.IFD1)[0x0112] == exif[0x0112] == 6


def test_a_second_preview_is_not_added() -> None:
    with pytest.raises(ValueError, match="has one already"):
        add_preview(add_preview(PHOTO, SMALL), SMALL)


@pytest.mark.parametrize("size", [0, 65_400, 100_000])
def test_a_preview_of_no_bytes_or_too_many_is_rejected(size: int) -> None:
    """A segment has 64 KB."""
    with pytest.raises(ValueError, match="preview"):
        add_preview(PHOTO, bytes(size))


FIRST_OF_EXIF = 24  # after JFIF's segment, the marker and the length


@given(st.integers(0, 200), st.binary(min_size=1, max_size=9))
def test_damaged_exif_raises_an_error_that_is_named(at: int, noise: bytes) -> None:
    """Or it is not damaged where it matters, and the picture is unchanged."""
    photo = jpeg_with_exif({}, first={0x010E: "gate"})
    damaged = photo[:at] + noise + photo[at + len(noise) :]
    try:
        with_preview = add_preview(damaged, SMALL)
    except (ValueError, struct.error):
        return
    if at >= FIRST_OF_EXIF:  # else the segment may have another length, and reach into the picture
        assert with_preview.endswith(damaged[-400:])
