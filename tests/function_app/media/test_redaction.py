"""What a shared link tells nobody: where a photo was taken, and what else was written about it."""

import io
import struct

import pytest
import rawpy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.media.errors import NotRedactableError
from function_app.media.inspection import inspect
from function_app.media.redaction import redact
from photo_wire.media import Media
from tests.support.pictures import (
    LOCATION,
    box,
    dng,
    dng_with_preview,
    jpeg,
    located_jpeg,
    pi_dng,
)


def located_dng() -> bytes:
    """A DNG with the place in GPS's directory, in XMP and in private data."""
    raw = bytearray(dng(5))
    at = len(raw)
    raw += struct.pack("<HHHII", 1, 29, 2, len(LOCATION), at + 18) + bytes(4) + LOCATION
    for replaced, tag, kind, count, where in (
        (271, 700, 1, len(LOCATION), at + 18),
        (50778, 34853, 4, 1, at),
        (50708, 50740, 1, len(LOCATION), at + 18),
    ):
        entry = next(
            place for place in range(10, 10 + 12 * 19, 12)
            if struct.unpack_from("<H", raw, place) == (replaced,)
        )  # fmt: skip
        struct.pack_into("<HHII", raw, entry, tag, kind, count, where)
    return bytes(raw)


def located_mp4() -> bytes:
    """A clip with the place in user data, in metadata of each level, and in a track of its own."""

    def track(kind: bytes, more: bytes = b"") -> bytes:
        handler = box(b"hdlr", bytes(8) + kind + bytes(12))
        return box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", handler) + more)

    place = box(b"\xa9xyz", LOCATION)
    moov = box(b"mvhd", bytes(100)) + track(b"vide", box(b"udta", place)) + box(b"udta", place)
    moov += track(b"meta", box(b"stbl", LOCATION)) + box(b"meta", bytes(4) + LOCATION)
    whole = box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", moov)
    return whole + box(b"uuid", bytes(16) + LOCATION) + box(b"mdat", bytes(500))


LOCATED = {
    "jpeg": (located_jpeg(), Media.JPEG),
    "progressive": (located_jpeg(progressive=True), Media.JPEG),
    "dng": (located_dng(), Media.DNG),
    "mp4": (located_mp4(), Media.MP4),
}


def without_location(photo: bytes, media: Media) -> bytes:
    """Return what redaction makes of a photo with a location: one without, of the same media, and
    as long unless it is a JPEG; to redact it again changes nothing."""
    assert LOCATION in photo
    assert inspect(photo) is media
    bare = redact(photo, media)
    assert LOCATION not in bare
    assert inspect(bare) is media
    assert media is Media.JPEG or len(bare) == len(photo)
    assert redact(bare, media) == bare
    return bare


@pytest.mark.parametrize("kind", LOCATED)
def test_the_location_is_removed(kind: str) -> None:
    """The result is a photo; a DNG or a clip keeps its length."""
    without_location(*LOCATED[kind])


@pytest.mark.parametrize("progressive", [False, True])
def test_the_picture_of_a_jpeg_is_unchanged(progressive: bool) -> None:
    """Every pixel, the colour profile and the orientation; no other metadata is left."""
    photo = located_jpeg(progressive=progressive, icc_profile=b"a profile")
    before, after = (Image.open(io.BytesIO(one)) for one in (photo, redact(photo, Media.JPEG)))
    assert before.tobytes() == after.tobytes()
    assert after.info["icc_profile"] == b"a profile"
    assert dict(after.getexif()) == {0x0112: 6}
    assert "comment" not in after.info


def test_the_colours_of_a_cmyk_jpeg_are_unchanged() -> None:
    """Adobe's segment defines the meaning of the four colours."""
    file = io.BytesIO()
    Image.open(io.BytesIO(jpeg())).convert("CMYK").save(file, "JPEG")
    bare = redact(file.getvalue(), Media.JPEG)
    assert Image.open(io.BytesIO(bare)).tobytes() == Image.open(file).tobytes()


@pytest.mark.parametrize("photo", [located_dng(), pi_dng(3), dng(4, ">")])
def test_a_raw_converter_reads_the_same_pixels(photo: bytes) -> None:
    pixels = []
    for one in (photo, redact(photo, Media.DNG)):
        with rawpy.imread(io.BytesIO(one)) as raw:
            pixels.append(raw.raw_image.tobytes())
    assert pixels[0] == pixels[1]


def clip(moov: bytes = b"", track: bytes = b"", top: bytes = b"", name: bytes = b"") -> bytes:
    """A clip with more in its description, in its track, or at its top."""
    handler = box(b"hdlr", bytes(8) + b"vide" + bytes(12) + name)
    video = box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", handler + track))
    whole = box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", box(b"mvhd", bytes(100)) + video + moov)
    return whole + box(b"mdat", bytes(200)) + top


@pytest.mark.parametrize(
    "photo",
    [
        clip(moov=box(b"gps ", LOCATION)),  # dashboard cameras
        clip(moov=box(b"XMP_", LOCATION)),
        clip(moov=box(b"free", LOCATION)),
        clip(moov=struct.pack(">I4s", 9999, b"cut ") + LOCATION),  # no box, in the description
        clip(track=box(b"udta", LOCATION)),
        clip(track=box(b"minf", box(b"meta", LOCATION))),
        clip(top=box(b"free", LOCATION)),
        clip(top=box(b"skip", LOCATION)),
        clip(top=box(b"emsg", LOCATION)),
        clip(top=box(b"sefd", LOCATION)),  # Samsung's
        clip(top=b"no box, behind the last one: " + LOCATION),
        clip(name=LOCATION),
    ],
)
def test_a_clip_keeps_only_what_a_player_needs(photo: bytes) -> None:
    """Whatever the box is called, and wherever it is."""
    without_location(photo, Media.MP4)


def tagged_dng(tag: int, kind: int, size: int = 1, directory: int | None = None) -> bytes:
    """A DNG with one more tag, or one more in another directory to which a tag points."""
    raw = bytearray(dng(5))
    (first,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, first)
    entries = [bytes(raw[at : at + 12]) for at in range(first + 2, first + 2 + 12 * count, 12)]
    at = len(raw)
    raw += LOCATION.ljust(24, b" ")
    entry = struct.pack("<HHII", tag, kind, 24 // size, at)
    if directory is not None:
        entry, at = struct.pack("<HHII", directory, 4, 1, len(raw)), len(raw)
        raw += struct.pack("<HHHIII", 1, tag, kind, 24 // size, at - 24, 0)
    entries = sorted([*entries, entry], key=lambda one: struct.unpack_from("<H", one))
    struct.pack_into("<I", raw, 4, len(raw))
    return bytes(raw + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4))


@pytest.mark.parametrize(
    "photo",
    [
        tagged_dng(270, 2),  # description
        tagged_dng(315, 2),  # artist
        tagged_dng(33432, 2),  # copyright
        tagged_dng(33550, 12, 8),  # GeoTIFF: numbers that are a place
        tagged_dng(33723, 4, 4),  # IPTC, as numbers
        tagged_dng(40092, 1),  # Windows' comment
        tagged_dng(50735, 2),  # the camera's serial number
        tagged_dng(50827, 1),  # the original file's name
        tagged_dng(50828, 7),  # the original file
        tagged_dng(60000, 7),  # some program's
        tagged_dng(34853, 2),  # GPS, but no pointer
        tagged_dng(42032, 2, directory=34665),  # the owner, in EXIF
        tagged_dng(42033, 2, directory=34665),
        tagged_dng(37510, 7, directory=34665),
        tagged_dng(2, 5, 8, directory=34853),
        dng(5) + LOCATION,
        pi_dng(3) + LOCATION,
    ],
)
def test_a_dng_keeps_only_what_a_converter_needs(photo: bytes) -> None:
    """Whatever the tag, and bytes that no tag points at. Converters read the same pixels."""
    bare = without_location(photo, Media.DNG)
    with rawpy.imread(io.BytesIO(photo)) as before, rawpy.imread(io.BytesIO(bare)) as after:
        assert before.raw_image.tobytes() == after.raw_image.tobytes()
        assert before.camera_whitebalance == after.camera_whitebalance


@pytest.mark.parametrize("marker", [0xDE, 0xDF, 0xE4, 0xFE])
def test_a_jpeg_keeps_only_what_a_decoder_needs(marker: int) -> None:
    plain = jpeg(seed=3)
    segment = struct.pack(">BBH", 0xFF, marker, len(LOCATION) + 2) + LOCATION
    photo = plain[:2] + segment + plain[2:-2] + segment + plain[-2:]
    assert LOCATION not in redact(photo, Media.JPEG)


@pytest.mark.parametrize(("marker", "content"), [
    (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (0xEE, b"Adobe\0\x64\0\0\0\0\1"),
])  # fmt: skip
def test_what_follows_in_a_needed_segment_is_removed(marker: int, content: bytes) -> None:
    """No decoder reads it. The colours stay."""
    plain = jpeg(seed=3)
    noted = struct.pack(">BBH", 0xFF, marker, len(content + LOCATION) + 2) + content + LOCATION
    photo = plain[:2] + noted + plain[20:]
    bare = redact(photo, Media.JPEG)
    assert LOCATION not in bare
    assert LOCATION not in redact(dng_with_preview(photo), Media.DNG)
    pixels = (Image.open(io.BytesIO(one)).tobytes() for one in (photo, bare, plain))
    assert len(set(pixels)) == 1


@pytest.mark.parametrize(
    "odd",
    [b"\xff\x01", b"\xff\xd0", b"\xff\xe0\0\x08JFIF\0\1", b"\xff\xee\0\x07Adobe",
     b"\xff\xe2\0\x0eICC_PROFILE\0", b"\xff\xe2\0\x0fICC_PROFILE\0\1"],
)  # fmt: skip
def test_odd_segments_are_left_out(odd: bytes) -> None:
    """Those that have no effect on the picture, at which some programs stop."""
    plain = jpeg(seed=3)
    assert redact(plain[:20] + odd + plain[20:], Media.JPEG) == redact(plain, Media.JPEG)


def in_strips(preview: bytes) -> bytes:
    """A DNG with this preview in three strips."""
    raw = bytearray(dng_with_preview(preview))
    third = len(preview) // 3
    at, sizes = len(raw), (third, third, len(preview) - 2 * third)
    raw += struct.pack("<6I", 200, 200 + third, 200 + 2 * third, *sizes)
    for entry, tag, where in ((10 + 12 * 2, 273, at), (10 + 12 * 3, 279, at + 12)):
        struct.pack_into("<HHII", raw, entry, tag, 4, 3, where)
    return bytes(raw)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + LOCATION
COMPRESSION = struct.pack("<HHI", 259, 3, 1)


@pytest.mark.parametrize(
    "photo",
    [
        dng_with_preview(located_jpeg()),
        dng_with_preview(located_jpeg(progressive=True)),  # in the middle of its scans
        dng_with_preview(jpeg() + located_jpeg()),  # a second picture
        dng_with_preview(b"\xff\xd8" + LOCATION + b"\xff\xd9"),
        dng_with_preview(PNG),
        dng_with_preview(b"\0" + located_jpeg()),  # its offset is wrong
        dng_with_preview(located_jpeg()).replace(COMPRESSION + b"\7", COMPRESSION + b"\1"),
        in_strips(located_jpeg()),
        in_strips(jpeg() + LOCATION),
    ],
)
def test_previews_have_no_metadata(photo: bytes) -> None:
    """Whatever they are said to be, and wherever it is."""
    without_location(photo, Media.DNG)


def test_damage_in_a_scan_does_not_keep_what_follows_the_picture() -> None:
    """Bytes that look like a segment may seem to extend over the end into appended data."""
    for marker in (0xDB, 0xE1):
        damage = struct.pack(">BBH", 0xFF, marker, 8)
        photo = jpeg(seed=3)[:-2] + damage + b"\xff\xd9" + bytes(8) + LOCATION + b"\xff\xd9"
        assert inspect(photo) is Media.JPEG
        assert LOCATION not in redact(photo, Media.JPEG)


@given(st.sampled_from(sorted(LOCATED)), st.data())
def test_a_damaged_photo_raises_nothing_else(kind: str, draw: st.DataObject) -> None:
    """It is redacted or rejected."""
    photo, media = LOCATED[kind]
    damaged = bytearray(photo)
    for _ in range(draw.draw(st.integers(1, 8))):
        damaged[draw.draw(st.integers(0, len(photo) - 1))] = draw.draw(st.integers(0, 255))
    try:
        redact(bytes(damaged), media)
    except NotRedactableError:
        return


def test_a_picture_that_seems_to_extend_over_a_preview_does_not_show_its_metadata() -> None:
    """The raw picture states more rows than it has, and the preview follows it."""
    raw = bytearray(pi_dng(3))
    preview = located_jpeg()
    for replaced, entry in (
        (323, (323, 3, 1, 24 + len(preview) // 64)),
        (325, (325, 4, 1, 32 * 2 * (24 + len(preview) // 64))),
        (34855, (330, 4, 1, len(raw) + len(preview))),
    ):
        (at,) = [
            at
            for at in range(10, 10 + 12 * 32, 12)
            if struct.unpack_from("<H", raw, at) == (replaced,)
        ]
        struct.pack_into("<HHII", raw, at, *entry)
    tags = ((254, 4, 1, 1), (259, 3, 1, 7), (273, 4, 1, len(raw)), (279, 4, 1, len(preview)))
    directory = struct.pack("<H", 4) + b"".join(struct.pack("<HHII", *one) for one in tags)
    photo = bytes(raw) + preview + directory + bytes(4)
    assert inspect(photo) is Media.DNG
    assert LOCATION in photo
    assert LOCATION not in redact(photo, Media.DNG)


def test_overlapping_pieces_are_rejected_early() -> None:
    """50,000 strips of a JPEG that are the whole file each: 200 GB."""
    count = 50_000
    preview = jpeg().ljust(4 << 20, b"\0")
    raw = bytearray(dng_with_preview(preview))
    for entry, tag, value in ((10 + 12 * 2, 273, 201), (10 + 12 * 3, 279, len(preview))):
        struct.pack_into("<HHII", raw, entry, tag, 4, count, len(raw))
        raw += struct.pack("<I", value) * count
    assert inspect(bytes(raw)) is Media.DNG
    with pytest.raises(NotRedactableError):
        redact(bytes(raw), Media.DNG)


def test_many_segments_are_rejected_early() -> None:
    """Of all JPEGs in a DNG together, each of which has no more than a photo may have."""
    strip = b"\xff\xd8" + b"\xff\xfe\0\2" * 5_000
    for count in (2, 50):
        raw = bytearray(dng_with_preview(strip * count))
        for number, (tag, values) in enumerate(
            [
                (273, [200 + len(strip) * place for place in range(count)]),
                (279, [len(strip)] * count),
            ]
        ):
            struct.pack_into("<HHII", raw, 10 + 12 * (2 + number), tag, 4, count, len(raw))
            raw += struct.pack(f"<{count}I", *values)
        if count == 2:
            assert len(redact(bytes(raw), Media.DNG)) == len(raw)
        else:
            with pytest.raises(NotRedactableError, match="more parts"):
                redact(bytes(raw), Media.DNG)


def test_many_strips_without_content_are_rejected_early() -> None:
    """Of directories that the check does not see: each follows the one before it."""
    strips, count = 40_000, 3
    table = 8 + 30 * count  # of zeros, for all of them
    chain = b""
    for number in range(1, count + 1):
        entries = [struct.pack("<HHII", tag, 4, strips, table) for tag in (273, 279)]
        chain += struct.pack("<H", 2) + b"".join(entries) + struct.pack("<I", 8 + 30 * number)
    photo = b"II*\0" + struct.pack("<I", 8) + chain + bytes(10 * 4 * strips)
    with pytest.raises(NotRedactableError, match="more parts"):
        redact(photo, Media.DNG)


@pytest.mark.parametrize("media", [Media.DNG, Media.MP4])
def test_a_hostile_photo_is_rejected_early(media: Media) -> None:
    """Too many boxes; directories whose tags all point at the whole file."""
    if media is Media.MP4:
        photo = box(b"moov", 20_000 * box(b"trak", b""))
    else:
        size = 8 << 20
        one = struct.pack("<HHHII", 1, 347, 7, size, 0)
        chain = b"".join(one + struct.pack("<I", 8 + 18 * (n + 1)) for n in range(64))
        photo = (b"II*\0" + struct.pack("<I", 8) + chain).ljust(size, b"\0")
    with pytest.raises(NotRedactableError):
        redact(photo, media)
