"""The preview of a DNG."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.browse.thumbnails import CHUNK_SIZE
from function_app.media.dng import MAX_PREVIEW_DIRECTORIES, preview
from photo_wire.media import Media
from pi_uploader.cameras.media.dng import add_preview
from tests.support.pictures import dng, jpeg, pi_dng
from tests.support.thumbnails import RecordingBlobs, thumbnail, thumbnail_here

POSTER = jpeg(320, 180)


def with_preview(raw: bytes) -> bytes:
    file = io.BytesIO(raw)
    add_preview(file, POSTER, (320, 180))
    return file.getvalue()


PI_DNG = with_preview(pi_dng())


def tiff(directories: list[dict[int, int]], order: str = "<", is_within: bool = False) -> bytes:
    """A TIFF of directories with these numbers; the JPEG is that of the last one."""
    at, parts = 8, []
    for number, tags in enumerate(directories, 1):
        is_last = number == len(directories)
        end = at + 2 + 12 * (len(tags) + (2 if is_last else is_within)) + 4
        further = {273: end, 279: len(POSTER)} if is_last else {330: end} if is_within else {}
        entries = sorted((tags | further).items())
        parts.append(struct.pack(order + "H", len(entries)))
        parts += [struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in entries]
        parts.append(struct.pack(order + "I", 0 if is_last or is_within else end))
        at = end
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + b"".join(parts) + POSTER


class TestPreview:
    def test_little_of_a_raw_picture_is_read(self) -> None:
        """Its first directory, and the preview that the Pi appends after millions of bytes."""
        whole = with_preview(pi_dng(1, (1200, 900)))
        stored = RecordingBlobs(whole, Media.DNG)
        assert preview(stored.open()) == (POSTER, 1)
        assert [first for first, _ in stored.reads] == [0, len(pi_dng(1, (1200, 900)))]
        small = Image.open(io.BytesIO(thumbnail(stored.open(), Media.DNG)))
        assert (small.format, small.size) == ("JPEG", (320, 180))

    def test_a_raw_picture_without_a_preview_has_none(self) -> None:
        """The sensor's own picture is not a preview, even if it is compressed as a JPEG."""
        assert preview(io.BytesIO(pi_dng())) == (b"", 1)
        assert thumbnail(io.BytesIO(pi_dng()), Media.DNG) == b""
        assert preview(io.BytesIO(tiff([{254: 0, 259: 7}]))) == (b"", 1)

    @pytest.mark.slow
    def test_a_first_picture_in_plain_colours_serves_as_preview(self) -> None:
        """Its bytes may be anywhere, so the whole photo is fetched in one request."""
        stored = RecordingBlobs(dng(3, size=(1200, 900)), Media.DNG)
        small = Image.open(io.BytesIO(thumbnail(stored.open(), Media.DNG)))
        assert (small.format, small.size) == ("JPEG", (8, 6))
        assert len(stored.reads) <= 3

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("way", ["first", "within", "next"])
    def test_the_preview_is_found_in_every_place_that_cameras_use(
        self, order: str, way: str
    ) -> None:
        """In the first directory, in one within it, or in the next; and turned as the first one
        says."""
        first, small = {254: 0, 274: 6}, {254: 1, 259: 7}
        directories = [small | {274: 6}] if way == "first" else [first, small]
        raw = tiff(directories, order, is_within=way == "within")
        assert preview(io.BytesIO(raw)) == (POSTER, 6)
        assert Image.open(io.BytesIO(thumbnail(io.BytesIO(raw), Media.DNG))).size == (180, 320)

    @given(st.binary(max_size=200))
    def test_random_bytes_have_none(self, noise: bytes) -> None:
        assert thumbnail_here(noise, Media.DNG) == b""
        for mark in (b"II*\0", b"MM\0*"):
            assert thumbnail_here(mark + noise, Media.DNG) == b""

    @given(st.integers(0, 900), st.binary(min_size=1, max_size=24), st.booleans())
    def test_a_damaged_file_never_raises(self, at: int, noise: bytes, at_end: bool) -> None:
        """And never returns more bytes than there are."""
        at = len(PI_DNG) - len(POSTER) - 900 + at if at_end else at
        for damaged in (PI_DNG[:at], PI_DNG[:at] + noise + PI_DNG[at + len(noise) :]):
            assert len(preview(io.BytesIO(damaged))[0]) <= len(damaged)
            assert isinstance(thumbnail_here(damaged, Media.DNG), bytes)

    def test_reading_is_bounded(self) -> None:
        """Directories in a ring, long chains of them far apart, and directories of many tags."""
        ring = b"II*\0" + struct.pack("<IHI", 8, 0, 8)
        assert preview(io.BytesIO(ring)) == (b"", 1)
        gap = 2 * CHUNK_SIZE
        chain = b"".join(
            struct.pack("<HI", 0, gap * (number + 1)).ljust(gap, b"\0") for number in range(1, 40)
        )
        stored = RecordingBlobs(
            (b"II*\0" + struct.pack("<I", gap)).ljust(gap, b"\0") + chain, Media.DNG
        )
        assert preview(stored.open()) == (b"", 1)
        assert len(stored.reads) <= MAX_PREVIEW_DIRECTORIES + 1
        full = b"II*\0" + struct.pack("<IH", 8, 65535) + bytes(65535 * 12 + 4)
        stored = RecordingBlobs(full, Media.DNG)
        assert preview(stored.open()) == (b"", 1)
        assert len(stored.reads) == 1
        tags = [struct.pack("<HHII", 700 + n, 1, 9, n * gap % 5_000_000) for n in range(190)]
        scattered = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(tags) + bytes(5_000_000)
        stored = RecordingBlobs(scattered, Media.DNG)
        assert thumbnail(stored.open(), Media.DNG) == b""
        assert len(stored.reads) <= 3
        huge = tiff([{254: 1, 259: 7}]).replace(struct.pack("<I", len(POSTER)), b"\xff" * 4)
        assert preview(io.BytesIO(huge)) == (b"", 1)
