"""The check of a JPEG: its segments, its frame header, its scan and its end."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from function_app.media.jpeg import redact
from photo_wire.media import Media
from tests.support.pictures import jpeg, jpeg_with_thumbnail


def reject(odd: bytes, why: str) -> None:
    """Check that this is rejected, and that Pillow does not read it either."""
    with pytest.raises(NotAPhotoError, match=why):
        inspect(odd)
    with pytest.raises(OSError, match="image"):
        Image.open(BytesIO(odd)).load()


class TestJpeg:
    def test_bytes_after_the_end_are_allowed(self) -> None:
        """Cameras append previews and notes."""
        assert inspect(jpeg() + b"behind the end \xff\xd8") is Media.JPEG

    @pytest.mark.parametrize(
        "junk", [b"\0", b"\xff\0", b"junk", b"\xff\xff\xff", b"\xff\0\xff\0ab"]
    )
    def test_bytes_that_are_no_marker_are_skipped(self, junk: bytes) -> None:
        """Between any two segments, as every viewer skips them. A truncated file is detected."""
        data = jpeg()
        for marker in (b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
            at = data.index(marker)
            odd = data[:at] + junk + data[at:]
            assert inspect(odd) is Media.JPEG
            with pytest.raises(TruncatedError):
                inspect(odd[:-1])

    @pytest.mark.parametrize("junk", [b"\0", bytes(16), b"\xff\xff\0"])
    def test_bytes_may_follow_the_beginning(self, junk: bytes) -> None:
        """Before the first segment. What is shown is without them."""
        odd = jpeg()[:2] + junk + jpeg()[2:]
        assert inspect(odd) is Media.JPEG
        assert redact(odd) == redact(jpeg())
        with pytest.raises(TruncatedError):
            inspect(odd[:-1])

    @pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE])
    @pytest.mark.parametrize("length", [0, 1])
    def test_a_segment_without_content_may_be_too_short(self, marker: int, length: int) -> None:
        """That of an application, or a comment: libjpeg, and so every viewer, reads on. It is shown
        without its metadata, too."""
        data = jpeg()
        for before in (b"\xff\xdb", b"\xff\xc0", b"\xff\xda"):
            at = data.index(before)
            odd = data[:at] + bytes((0xFF, marker, 0, length)) + data[at:]
            assert inspect(odd) is Media.JPEG
            for picture in (odd, redact(odd)):
                Image.open(BytesIO(picture)).load()

    @given(st.sampled_from([jpeg(), jpeg(progressive=True)]), st.data())
    def test_damage_inside_a_scan_is_accepted(self, data: bytes, draw: st.DataObject) -> None:
        """Viewers show the rest. A truncated file is still detected."""
        at = draw.draw(st.integers(data.rindex(b"\xff\xda") + 14, len(data) - 8))
        noise = draw.draw(
            st.binary(min_size=1, max_size=6).filter(lambda some: b"\xd9" not in some)
        )
        damaged = data[:at] + noise + data[at + len(noise) :]
        assert inspect(damaged) is Media.JPEG
        with pytest.raises(TruncatedError):
            inspect(damaged[:-1])

    def test_the_end_of_a_thumbnail_is_not_that_of_the_picture(self) -> None:
        """The end marker inside EXIF does not complete a truncated picture."""
        data = jpeg_with_thumbnail()
        inner_end = data.index(b"\xff\xd9") + 2
        assert inner_end < len(data)
        for length in (inner_end, len(data) - 1):
            with pytest.raises(TruncatedError):
                inspect(data[:length])

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9",
            b"\xff\xd8\xff\xda\0\x02\xff\xd9",
            b"\xff\xd8\xff\xc0\0\x02\xff\xda\0\x02\xff\xd9",
            b"\xff\xd8\xff\xdb\0\0\xff\xd9",
            b"\xff\xd8\xff\xe0\0\x02ab\xff\xd9",
            b"\xff\xd8\xff\xff\xd8\xff\xd9",
        ],
        ids=["empty", "no scan", "no frame", "short frame", "no length", "no marker", "twice"],
    )
    def test_markers_alone_are_rejected(self, data: bytes) -> None:
        """A JPEG needs a frame header and a scan, in this order."""
        with pytest.raises(NotAPhotoError):
            inspect(data)

    @pytest.mark.parametrize(
        ("at", "changed"),
        [
            (1, b"\xc5"),
            (1, b"\xcb"),
            (3, b"\x10"),
            (3, b"\x12"),
            (5, b"\0\0"),
            (7, b"\0\0"),
            (9, b"\0"),
            (9, b"\2"),
            (9, b"\xff"),
            (11, b"\x20"),
            (11, b"\x05"),
            (14, b"\x51"),
        ],
    )
    def test_a_frame_that_no_viewer_shows_is_rejected(self, at: int, changed: bytes) -> None:
        """Of another kind, a wrong length, no size, or wrong components."""
        data = jpeg()
        frame = data.index(b"\xff\xc0") + at
        odd = data[:frame] + changed + data[frame + len(changed) :]
        reject(odd, "JPEG")

    @pytest.mark.parametrize(
        "table",
        [
            b"\xff\xdd\0\2",
            b"\xff\xdd\0\6\0\0\0\0",
            b"\xff\xdb\0\x43\x09" + bytes(64),
            b"\xff\xc4\0\x13\x04" + bytes(16),
            b"\xff\xc4\0\x13\x20" + bytes(16),
            b"\xff\xc4\0\x13\0\1" + bytes(15),
            b"\xff\xc4\0\x15\0" + bytes(18),
        ],
    )
    def test_a_table_at_which_decoders_stop_is_rejected(self, table: bytes) -> None:
        """Of a wrong length, or with a number of which there are none."""
        data = jpeg()
        odd = data[:2] + table + data[2:]
        reject(odd, "damaged")

    @pytest.mark.parametrize(
        "table",
        [
            b"\xff\xdd\0\4\0\0",
            b"\xff\xdb\0\2",
            b"\xff\xc4\0\2",
            b"\xff\xc4\0\x24\x13" + bytes(16) + b"\3" + bytes(16),
        ],
    )
    def test_a_table_without_content_is_accepted(self, table: bytes) -> None:
        data = jpeg()
        odd = data[:2] + table + data[2:]
        assert inspect(odd) is Media.JPEG
        Image.open(BytesIO(odd)).load()

    @pytest.mark.parametrize(
        "padding",
        [
            b"\xff",
            b"\xff\xe1\0\2",
            b"\xff\xc4\0\x13" + bytes(17),
            b"\xff\xd0",
            b"\xff\0",
            b"\0",
        ],
        ids=repr,
    )
    def test_hostile_padding_is_rejected(self, padding: bytes) -> None:
        """Millions of fill bytes, segments or markers; the time limit of the suite is the check."""
        head = jpeg()[: jpeg().index(b"\xff\xda") + 14]
        for begin in (b"\xff\xd8", head):
            with pytest.raises((NotAPhotoError, TruncatedError)):
                inspect(begin + padding * ((16 << 20) // len(padding)))
