"""The preview in a JPEG: what is used of what anybody may write there."""

import io
import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.media import exif, jpeg
from function_app.media.previews import MAX_BYTES, MAX_SIDE, MIN_SIDE, Preview, find, shown
from tests.support.pictures import (
    LOCATION,
    jpeg_with_exif,
    jpeg_with_preview,
    jpeg_with_thumbnail,
    many_scans,
)
from tests.support.pictures import jpeg as picture

PHOTO = picture(1600, 1200, seed=1, quality=20)
SMALL = picture(480, 360, seed=2, quality=50)
GOOD = jpeg_with_preview(SMALL, PHOTO)


def preview_of(photo: bytes) -> bytes:
    """Return the thumbnail that the photo contains; no bytes if it has none that is used."""
    preview = find(photo)
    if preview is None:
        return b""
    return shown(photo[preview.offset : preview.offset + preview.size], preview)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_preview_is_found_and_shown_without_metadata(order: str) -> None:
    """Its own metadata may say where its photo was taken. Only the orientation is kept."""
    file, written = io.BytesIO(), Image.Exif()
    written[0x010E], written[0x0112] = LOCATION.decode(), 3
    small = Image.open(io.BytesIO(SMALL)).resize((360, 480))
    small.save(file, "JPEG", comment=LOCATION, exif=written)
    body = preview_of(jpeg_with_preview(file.getvalue(), picture(120, 160), order, orientation=6))
    opened = Image.open(io.BytesIO(body))
    opened.load()
    assert (opened.size, dict(opened.getexif())) == ((360, 480), {0x0112: 6})
    assert LOCATION not in body


def test_an_upright_preview_is_shown_as_it_is() -> None:
    assert preview_of(GOOD) == SMALL
    assert find(GOOD) == Preview(2 + 4 + 6 + 56, len(SMALL), exif.UPRIGHT)


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_preview_is_turned_as_its_photo_is(turned: int) -> None:
    """Its pixels are in the order of the photo's."""
    body = preview_of(jpeg_with_preview(SMALL, PHOTO, orientation=turned))
    assert exif.orientation(body) == turned


def test_the_header_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes of fill bytes make a walk slow."""
    walked: list[int] = []
    header = jpeg.header

    def counted(data: bytes) -> Iterator[jpeg.Segment]:
        walked.append(len(data))
        return header(data)

    for module in (jpeg, exif):
        monkeypatch.setattr(module, "header", counted)
    filled = GOOD[:2] + b"\xff" * 1000 + GOOD[2:]
    assert find(filled)
    assert walked.count(len(filled)) == 1


@pytest.mark.parametrize("photo", [PHOTO, jpeg_with_exif({}), jpeg_with_thumbnail(), b"\xff\xd8"])
def test_a_photo_without_a_usable_preview_has_none(photo: bytes) -> None:
    """Cameras' own are too small for a list."""
    assert find(photo) is None


@pytest.mark.parametrize(
    ("size", "is_used"),
    [
        ((MIN_SIDE - 1, 239), False),
        ((MIN_SIDE, 240), True),
        ((MAX_SIDE, 480), True),
        ((MAX_SIDE + 4, 483), False),
        ((480, 350), True),
        ((480, 340), False),  # of another shape, so of another picture
        ((360, 480), False),
    ],
)
def test_the_size_and_the_shape_are_those_of_a_preview(
    size: tuple[int, int], is_used: bool
) -> None:
    small = picture(*size, quality=40)
    assert bool(preview_of(jpeg_with_preview(small, PHOTO))) is is_used


def test_a_panorama_has_one() -> None:
    """Its shorter side has few pixels, which are rounded."""
    assert preview_of(jpeg_with_preview(picture(480, 48), picture(3001, 297)))


def test_grey_is_used_and_other_coding_is_not() -> None:
    """Progressive, CMYK, twelve bits, arithmetic coding: a preview of the device has none of them,
    and their decoders are slow or rare."""
    grey, progressive, cmyk = io.BytesIO(), io.BytesIO(), io.BytesIO()
    small = Image.open(io.BytesIO(SMALL))
    small.convert("L").save(grey, "JPEG")
    small.save(progressive, "JPEG", progressive=True)
    small.convert("CMYK").save(cmyk, "JPEG")
    frame = SMALL.index(b"\xff\xc0")
    arithmetic = SMALL[: frame + 1] + b"\xc9" + SMALL[frame + 2 :]
    twelve_bits = SMALL[: frame + 4] + b"\x0c" + SMALL[frame + 5 :]
    assert preview_of(jpeg_with_preview(grey.getvalue(), PHOTO))
    for other in (progressive.getvalue(), cmyk.getvalue(), arithmetic, twelve_bits):
        assert find(jpeg_with_preview(other, PHOTO)) is None


def test_a_bomb_is_no_preview() -> None:
    """A few bytes that state a huge size, or repeat a scan until it costs minutes."""
    scan = SMALL.index(b"\xff\xda")
    repeated = SMALL[:-2] + SMALL[scan : scan + 300] * 100 + jpeg.END_OF_IMAGE
    second_frame = many_scans(3, (60_000, 45_000))
    nested = SMALL[:-2] + second_frame[2:]
    for bomb in (many_scans(100), many_scans(100, (480, 360)), repeated, nested, second_frame):
        assert find(jpeg_with_preview(bomb[:60_000], PHOTO)) is None


def test_a_cut_preview_is_none() -> None:
    """A browser would show grey for the rest."""
    for end in (0, 1, 3, 100, len(SMALL) // 2, len(SMALL) - 1):
        assert find(jpeg_with_preview(SMALL[:end], PHOTO)) is None


def test_only_the_picture_of_a_polyglot_is_shown() -> None:
    """The same bytes may be a page, an archive or a program as well; what makes them so is in
    segments that no decoder needs, or after the end."""
    script = b"<script>alert(1)</script>PK\3\4"
    comment = struct.pack(">2sH", b"\xff\xfe", len(script) + 2) + script
    made = SMALL[:2] + comment + comment + SMALL[2:] + script * 3
    assert preview_of(jpeg_with_preview(made, PHOTO)) == SMALL


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset": 0},
        {"offset": 2**32 - 1},
        {"offset": 100_000},
        {"offset": 57},
        {"size": 0},
        {"size": 2**32 - 1},
        {"size": len(SMALL) + 1},
        {"size": MAX_BYTES + 1},
        {"next": 0},
        {"next": 8},  # the first directory again
        {"next": 2**32 - 1},
        {"next": 60},
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_points_elsewhere_is_none(wrong: dict[str, int], order: str) -> None:
    """Outside the segment, or to itself."""
    assert find(jpeg_with_preview(SMALL, PHOTO, order, **wrong)) is None


@pytest.mark.parametrize("follower", [8, 26, 2**32 - 1])
def test_no_third_directory_is_read(follower: int) -> None:
    """So a ring of directories costs nothing."""
    assert preview_of(jpeg_with_preview(SMALL, PHOTO, follower=follower)) == SMALL


def test_a_directory_of_too_many_tags_is_none() -> None:
    many = bytearray(GOOD)
    at = many.index(struct.pack("<HHH", 2, 0x0201, 4))
    struct.pack_into("<H", many, at, 65_535)
    assert find(bytes(many)) is None


@given(st.integers(0, 700), st.binary(min_size=1, max_size=12))
def test_whatever_is_damaged_only_bytes_of_the_photo_are_shown(at: int, noise: bytes) -> None:
    """Each segment and the scan are in the photo; the rest is the orientation."""
    photo = GOOD[:at] + noise + GOOD[at + len(noise) :]
    check_is_of(preview_of(photo), photo)


@given(st.binary(max_size=200), st.integers(0, 80), st.integers(0, 200))
def test_any_bytes_may_be_in_its_place(noise: bytes, offset: int, size: int) -> None:
    photo = jpeg_with_preview(noise + SMALL, PHOTO, offset=offset, size=size)
    check_is_of(preview_of(photo), photo)


def check_is_of(body: bytes, photo: bytes) -> None:
    if not body:
        return
    assert len(body) <= MAX_BYTES + 100
    turned = exif.orientation_segment(exif.orientation(body))
    segments = list(jpeg.header(body))
    for one in segments:
        part = body[one.start : one.end]
        assert part == turned or part in photo
    assert body[segments[-1].end : -2] in photo
    gaps = [after.start - before.end for before, after in pairwise(segments)]
    assert set(gaps) <= {0}
