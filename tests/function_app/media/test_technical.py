"""What a photo's file says of itself, and that nothing odd in it is an error."""

import io
import math
import random
import struct
import subprocess
from pathlib import Path

import pytest
from PIL.TiffImagePlugin import IFDRational

from function_app.media.redaction import redact
from function_app.media.technical import TechnicalData, read_technical_data
from photo_wire.media import Media
from tests.support.pictures import Tags, box, dng, jpeg, jpeg_with_exif, located_jpeg, mp4, pi_dng


def read(content: bytes, media: Media = Media.JPEG) -> TechnicalData:
    return read_technical_data(io.BytesIO(content), len(content), media)


def test_the_exif_of_a_jpeg() -> None:
    fractions = {
        0x829A: IFDRational(1, 120),
        0x829D: IFDRational(28, 10),
        0x920A: IFDRational(474, 100),
    }
    found = read(
        jpeg_with_exif(
            {**fractions, 0x8827: 400, 0xA434: "wide"},
            {1: "S", 2: (33.0, 30.0, 0.0), 3: "W", 4: (70.0, 45.0, 36.0)},
            {0x010F: "Raspberry Pi", 0x0110: "imx708", 0x0131: "<b>&", 0x0112: 6},
        )
    )
    assert found.values == {
        "maker": "Raspberry Pi",
        "model": "imx708",
        "software": "<b>&",
        "lens": "wide",
        "exposure": "1/120 s",
        "aperture": "f/2.8",
        "iso": "400",
        "focal_length": "4.74 mm",
    }
    assert found.place == pytest.approx((-33.5, -70.76))
    assert (found.width, found.height) == (48, 64)  # it lies on its side


@pytest.mark.parametrize(
    ("north", "latitude", "expected"),
    [
        ("N", (52.52,), 52.52),
        ("n", (52.0, 31.2), 52.52),
        ("South", (52.0, 31.0, 12.0), -52.52),
        ("N", (52.0, 31.0, 12.0, 9.0), 52.52),
        ("", (52.0, 31.0, 12.0), None),
        ("E", (52.0, 31.0, 12.0), None),
        ("N", (152.0, 31.0, 12.0), None),
    ],
)
def test_places_are_read_as_programs_write_them(
    north: str, latitude: tuple[float, ...], expected: float | None
) -> None:
    """Without seconds or minutes, or with more numbers, with other words for the direction. What is
    not plain is none."""
    place = read(jpeg_with_exif({}, {1: north, 2: latitude, 3: "E", 4: (13.0, 24.0, 18.0)})).place
    assert place == (pytest.approx((expected, 13.405)) if expected else None)


@pytest.mark.parametrize("text", [b"52.52", b"52 31 12", b"52 deg 31' 12.0\""])
def test_a_place_may_be_a_text(text: bytes) -> None:
    photo = jpeg_with_exif({}, {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    order = ">" if b"Exif\0\0MM" in photo else "<"
    tiff = photo.index(b"Exif\0\0") + 6
    entry = photo.index(struct.pack(order + "HHI", 2, 5, 3))
    (at,) = struct.unpack_from(order + "I", photo, entry + 8)
    odd = bytearray(photo)
    struct.pack_into(order + "HI", odd, entry + 2, 2, 24)
    odd[tiff + at : tiff + at + 24] = text.ljust(24, b"\0")
    assert read(bytes(odd)).place == pytest.approx((52.52, 13.405))


@pytest.mark.parametrize(("direction", "expected"), [("N", 52.52), ("S", -52.52)])
def test_a_sign_beside_a_direction_is_ignored(direction: str, expected: float) -> None:
    """As signed fractions that programs write wrongly."""
    photo = jpeg_with_exif({}, {1: direction, 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    order = ">" if b"Exif\0\0MM" in photo else "<"
    tiff = photo.index(b"Exif\0\0") + 6
    entry = photo.index(struct.pack(order + "HHI", 2, 5, 3))
    (at,) = struct.unpack_from(order + "I", photo, entry + 8)
    odd = bytearray(photo)
    struct.pack_into(order + "H", odd, entry + 2, 10)
    struct.pack_into(order + "6i", odd, tiff + at, -52, 1, -31, 1, -12, 1)
    assert read(bytes(odd)).place == pytest.approx((expected, 13.405))


def test_a_place_may_be_in_a_second_segment_of_exif() -> None:
    """Before which a program put its own."""
    photo = located_jpeg()
    first = jpeg_with_exif({}, first={0x0131: "editor"})
    start = first.index(b"Exif") - 4
    added = first[start : start + 2 + int.from_bytes(first[start + 2 : start + 4], "big")]
    found = read(photo[:2] + added + photo[2:])
    assert (found.values["software"], found.place) == ("editor", read(photo).place)
    assert found.place


@pytest.mark.parametrize(
    ("kind", "letter"), [(4, "I"), (8, "h"), (9, "i"), (10, "i"), (11, "f"), (12, "d")]
)
def test_a_place_may_be_in_numbers_of_any_type(kind: int, letter: str) -> None:
    """Also signed fractions. Numbers that are none are no place."""
    photo = jpeg_with_exif({}, {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    order = ">" if b"Exif\0\0MM" in photo else "<"
    tiff = photo.index(b"Exif\0\0") + 6
    entry = photo.index(struct.pack(order + "HHI", 2, 5, 3))
    (at,) = struct.unpack_from(order + "I", photo, entry + 8)
    values = [52, 1, 31, 1, 12, 1] if kind == 10 else [52, 31, 12]
    odd = bytearray(photo)
    struct.pack_into(order + "H", odd, entry + 2, kind)
    struct.pack_into(f"{order}{len(values)}{letter}", odd, tiff + at, *values)
    assert read(bytes(odd)).place == pytest.approx((52.52, 13.405))
    if letter in "fd":
        struct.pack_into(order + letter, odd, tiff + at, math.nan)
        assert read(bytes(odd)).place is None


def test_the_first_of_several_directories_counts() -> None:
    """A program states the places of two, of which one is none."""
    place: Tags = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    photo = bytearray(jpeg_with_exif({}, place, {0x010E: "two places"}))
    order = ">" if b"Exif\0\0MM" in photo else "<"
    table = photo.index(b"two places")
    entry = photo.index(struct.pack(order + "HHI", 0x8825, 4, 1))
    photo[table : table + 8] = photo[entry + 8 : entry + 12] + b"\xff\xff\xff\xff"
    at = table - photo.index(b"Exif\0\0") - 6
    struct.pack_into(order + "HHII", photo, entry, 0x8825, 4, 2, at)
    assert read(bytes(photo)).place == pytest.approx((52.52, 13.405))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_exposure_that_is_no_number_is_absent(value: float) -> None:
    photo = jpeg_with_exif({0x829A: IFDRational(1, 120)})
    order = ">" if b"Exif\0\0MM" in photo else "<"
    entry = struct.pack(order + "HHI", 0x829A, 5, 1)
    at = photo.index(entry)
    odd = photo[:at] + struct.pack(order + "HHIf", 0x829A, 11, 1, value) + photo[at + 12 :]
    assert "exposure" in read(photo).values
    assert "exposure" not in read(odd).values


def test_a_picture_on_its_side_has_the_size_in_which_it_is_shown() -> None:
    found = read(located_jpeg())
    assert (found.width, found.height) == (48, 80)
    assert found.place


def test_a_jpeg_may_have_a_long_header() -> None:
    """Such as the depths that a phone stores with a portrait. EXIF comes first, or last."""
    depths = b"\xff\xe1\xff\xffhttp://ns.adobe.com/xmp/extension/\0".ljust(65537, b"A") * 40
    photo = located_jpeg()
    whole = read(photo)
    assert read(photo[:2] + depths + photo[2:]) == whole
    tables = photo.index(b"\xff\xdb")
    assert read(photo[:tables] + depths + photo[tables:]) == whole


def test_a_plain_jpeg_has_its_size_alone() -> None:
    assert read(jpeg(640, 360)) == TechnicalData(640, 360)


def test_a_raw_picture_has_the_size_of_its_largest_picture() -> None:
    found = read(pi_dng(1, size=(640, 480)), Media.DNG)
    assert (found.width, found.height) == (640, 480)
    found = read(dng(size=(320, 240)), Media.DNG)
    assert (found.width, found.height) == (320, 240)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"+52.5200+013.4050/", (52.52, 13.405)),
        (b"-33.5000-070.7600+567.000/", (-33.5, -70.76)),
        (b"+52+013/", (52, 13)),
        (b"+99.0000+013.4050/", None),
        (b"+523112+0132418/", None),
        (b"somewhere", None),
        (b"", None),
    ],
)
def test_a_clip_states_a_place_as_phones_do(
    text: bytes, expected: tuple[float, float] | None
) -> None:
    """Which no shared link shows."""
    place = box(b"\xa9xyz", struct.pack(">HH", len(text), 0x15C7) + text)
    size = box(b"trak", box(b"tkhd", bytes(76) + struct.pack(">II", 64 << 16, 48 << 16)))
    clip = box(b"moov", size + box(b"udta", place)) + box(b"mdat", b"")
    assert read(clip, Media.MP4) == TechnicalData(64, 48, place=expected)
    assert redact(clip, Media.MP4).count(text or b"xyz") == 0


@pytest.mark.parametrize("suffix", ["mov", "mp4"])
def test_ffmpeg_writes_the_place_of_a_clip(tmp_path: Path, suffix: str) -> None:
    """As everybody reads it: QuickTime's and the one of 3GPP (`loci`)."""
    clip = tmp_path / f"clip.{suffix}"
    drawn = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1"]
    stated = ["-metadata", "location=+52.5200-013.4050/"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *drawn, *stated, clip], check=True)
    found = read(clip.read_bytes(), Media.MP4)
    assert (found.width, found.height) == (64, 48)
    assert found.place == pytest.approx((52.52, -13.405), abs=1e-4)


@pytest.mark.parametrize("content", [b"", bytes(15), bytes(7) + b"\0\x7f" + bytes(3) + b"\x7f"])
def test_a_place_of_a_clip_may_be_cut(content: bytes) -> None:
    clip = box(b"moov", box(b"udta", box(b"loci", content))) + box(b"mdat", b"")
    assert read(clip, Media.MP4) == TechnicalData()


def test_the_fragments_of_a_clip_are_not_read() -> None:
    """There are many; and of boxes in the description no more than of any clip."""
    size = box(b"trak", box(b"tkhd", bytes(76) + struct.pack(">II", 64 << 16, 48 << 16)))
    fragments = (box(b"moof", b"") + box(b"mdat", b"")) * 500
    for more in (b"", box(b"udta", box(b"free", b"") * 500)):
        assert read(box(b"moov", size + more) + fragments, Media.MP4) == TechnicalData(64, 48)


def test_a_clip_without_a_track_of_pictures_has_no_size() -> None:
    assert read(mp4(), Media.MP4) == TechnicalData()


@pytest.mark.parametrize("media", Media)
def test_damaged_files_raise_nothing(media: Media) -> None:
    """Each with bytes changed, and cut."""
    whole = {
        Media.JPEG: located_jpeg(),
        Media.DNG: dng(),
        Media.MP4: mp4(cover=jpeg()),
    }[media]
    source = random.Random(7)
    for _ in range(300):
        damaged = bytearray(whole[: source.randrange(len(whole))])
        for _ in range(source.randrange(8)):
            if damaged:
                damaged[source.randrange(min(len(damaged), 400))] = source.randrange(256)
        read(bytes(damaged), media)
