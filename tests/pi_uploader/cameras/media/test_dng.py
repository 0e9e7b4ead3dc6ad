"""A DNG with a preview: raw converters and the backend read both pictures."""

import io
import struct

import pytest
import rawpy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.media.dng import preview
from function_app.media.inspection import inspect
from photo_wire.media import Media
from pi_uploader.cameras.media.dng import add_preview, preview_in
from tests.support.pictures import dng, pi_dng

SIZE = (480, 360)
SMALL = io.BytesIO()
Image.new("RGB", SIZE, "teal").save(SMALL, "JPEG")
JPEG = SMALL.getvalue()


def with_preview(raw: bytes) -> bytes:
    file = io.BytesIO(raw)
    add_preview(file, JPEG, SIZE)
    return file.getvalue()


@pytest.mark.parametrize(("size", "bits"), [((640, 480), 12), ((640, 480), 16), ((641, 481), 16)])
def test_a_raw_converter_develops_the_same_picture(size: tuple[int, int], bits: int) -> None:
    """Every byte of the DNG stays in its place; the converter also finds the preview."""
    bare = pi_dng(1, size, bits)
    whole = with_preview(bare)
    assert (whole[:4], whole[8 : len(bare)]) == (bare[:4], bare[8:])
    with rawpy.imread(io.BytesIO(bare)) as before, rawpy.imread(io.BytesIO(whole)) as after:
        assert (before.raw_image == after.raw_image).all()
        assert (before.postprocess() == after.postprocess()).all()
        small = after.extract_thumb()
    shown = Image.open(io.BytesIO(bytes(small.data)))  # with some Exif of the converter's
    assert small.format is rawpy.ThumbFormat.JPEG
    assert shown.tobytes() == Image.open(io.BytesIO(JPEG)).tobytes()


@pytest.mark.parametrize("size", [(32, 24), (33, 25)])
def test_the_backend_accepts_it_and_finds_the_preview(size: tuple[int, int]) -> None:
    """After an even or an odd number of bytes: IFDs begin at even offsets."""
    bare = pi_dng(2, size, bits=12)
    whole = with_preview(bare)
    assert inspect(whole) is Media.DNG
    assert preview(io.BytesIO(whole)) == (JPEG, 1)
    assert (preview_in(whole), preview_in(bare)) == (JPEG, None)
    (first,) = struct.unpack_from("<I", whole, 4)
    assert first == len(bare) + len(bare) % 2


@given(st.integers(0, 999), st.binary(max_size=12))
def test_another_layout_is_rejected_unchanged(at: int, noise: bytes) -> None:
    """With the documented errors; unless the damaged DNG can still be read."""
    bare = pi_dng(3)
    for raw in (bare[:at], bare[:at] + noise + bare[at + len(noise) :], noise):
        file = io.BytesIO(raw)
        try:
            add_preview(file, JPEG, SIZE)
        except (ValueError, struct.error):
            assert file.getvalue() == raw
        else:
            assert preview(io.BytesIO(file.getvalue()))[0] == JPEG
    (count,) = struct.unpack_from("<H", bare, 8)
    chained = bare[: 10 + 12 * count] + b"\x10\0\0\0" + bare[14 + 12 * count :]
    for raw in (dng(4), with_preview(bare), dng(5, order=">"), chained):
        with pytest.raises((ValueError, struct.error)):
            with_preview(raw)
