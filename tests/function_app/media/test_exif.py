"""When a phone's photo was taken, by its EXIF, and how it is turned."""

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.exif import capture_time, orientation, orientation_segment
from photo_wire.moment import parse_time
from tests.support.pictures import Tags, jpeg, jpeg_with_exif

ORIGINAL, OFFSET, SUBSECONDS, GPS_DATE, GPS_TIME = 0x9003, 0x9011, 0x9291, 29, 7


@pytest.mark.parametrize(
    ("exif", "gps", "first", "expected"),
    [
        ({ORIGINAL: "2026:11:20 14:01:34"}, {}, {}, "2026-11-20T14:01:34Z"),
        ({ORIGINAL: "2026:11:20 14:01:34", OFFSET: "+02:00"}, {}, {}, "2026-11-20T12:01:34Z"),
        ({ORIGINAL: "2026:11:20 14:01:34", OFFSET: "-05:30"}, {}, {}, "2026-11-20T19:31:34Z"),
        ({ORIGINAL: "2026:11:20 14:01:34", SUBSECONDS: "56"}, {}, {}, "2026-11-20T14:01:34.56Z"),
        ({}, {}, {0x0132: "2026:11:20 14:01:34"}, "2026-11-20T14:01:34Z"),
        (
            {ORIGINAL: "2026:11:20 14:01:34"},
            {GPS_DATE: "2026:11:20", GPS_TIME: (11.0, 58.0, 3.0)},
            {},
            "2026-11-20T12:01:34Z",
        ),
        (
            {ORIGINAL: "2026:11:20 14:01:34"},
            {GPS_DATE: "20261120", GPS_TIME: (11.0, 58.0, 3.0)},
            {},
            "2026-11-20T12:01:34Z",
        ),
        (
            {ORIGINAL: "2026:11:20 14:01:34", OFFSET: "Z"},
            {GPS_DATE: "2026:11:20", GPS_TIME: (11.0, 58.0, 3.0)},
            {},
            "2026-11-20T14:01:34Z",
        ),
        ({ORIGINAL: "0000:00:00 00:00:00"}, {}, {}, None),
        ({ORIGINAL: "    :  :     :  :  "}, {}, {}, None),
        ({ORIGINAL: "0001:01:01 00:00:00", OFFSET: "+14:00"}, {}, {}, None),
        ({}, {}, {}, None),
    ],
)
def test_capture_time(exif: Tags, gps: Tags, first: Tags, expected: str | None) -> None:
    """The zone is in its own tag or follows from GPS's time; without both, the time is UTC."""
    assert capture_time(jpeg_with_exif(exif, gps, first)) == (
        parse_time(expected) if expected else None
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T14:01", "2026-11-20T14:01:00Z"),
        ("2026-11-20T14:01:34.5Z", "2026-11-20T14:01:34.5Z"),
        ("2026:11:20 14:01:34+02:00", "2026-11-20T12:01:34Z"),
        ("2026:11:20 14:01:34-0530", "2026-11-20T19:31:34Z"),
        ("2026/11/20 14:01:34", "2026-11-20T14:01:34Z"),
        ("2026.11.20  14:01:34", "2026-11-20T14:01:34Z"),
        ("2026: 1: 9  4: 1:34", "2026-01-09T04:01:34Z"),
        ("2026:11:20 14:01:34".ljust(100), "2026-11-20T14:01:34Z"),
        ("2026.11.20 14.01.34", "2026-11-20T14:01:34Z"),
        ("2026_11_20 14_01_34", "2026-11-20T14:01:34Z"),
        ("2026-11-20 14-01-34,5 -0530", "2026-11-20T19:31:34.5Z"),
        ("2026:11:20, 14:01+02:00", "2026-11-20T12:01:00Z"),
        ('"2026:11:20\t14:01:34"', "2026-11-20T14:01:34Z"),
        ("2026\u5e7411\u670820\u65e5 14:01:34", "2026-11-20T14:01:34Z"),
        ("1795183294567", None),
        ("\u0662\u0660\u0662\u0666:11:20 14:01:34", None),
        ("20.11.2026 14:01:34", None),
    ],
)
def test_times_are_read_as_programs_write_them(text: str, expected: str | None) -> None:
    """With other separators, without seconds, with the zone. Pillow writes the text as it is."""
    found = capture_time(jpeg_with_exif({ORIGINAL: text.encode()}))
    assert found == (parse_time(expected) if expected else None)


@pytest.mark.parametrize("original", ["", "0000:00:00 00:00:00", "    :  :     :  :  "])
def test_another_time_counts_if_the_first_is_none(original: str) -> None:
    """When the picture was made digital, or else when it was changed, each with its zone."""
    changed: Tags = {0x0132: "2026:11:20 14:01:34"}
    exif: Tags = {ORIGINAL: original, 0x9010: "+01:00", 0x9290: "25"}
    found = capture_time(jpeg_with_exif(exif, first=changed))
    assert found == parse_time("2026-11-20T13:01:34.25Z")
    exif |= {0x9004: "2026:11:19 14:01:34", 0x9012: "+0200", 0x9292: "5"}
    found = capture_time(jpeg_with_exif(exif, first=changed))
    assert found == parse_time("2026-11-19T12:01:34.5Z")


@pytest.mark.parametrize("tag", [ORIGINAL, 0x9004])
def test_a_time_may_be_in_the_first_directory(tag: int) -> None:
    """With its zone, as TIFF/EP has it. That of EXIF's own directory counts more."""
    offset = {ORIGINAL: OFFSET, 0x9004: 0x9012}[tag]
    first: Tags = {tag: "2026:11:20 14:01:34", offset: "+02:00"}
    assert capture_time(jpeg_with_exif({}, first=first)) == parse_time("2026-11-20T12:01:34Z")
    exif: Tags = {tag: "2026:11:19 14:01:34"}
    assert capture_time(jpeg_with_exif(exif, first=first)) == parse_time("2026-11-19T12:01:34Z")


def test_exif_may_be_in_several_segments() -> None:
    """A program added one that has no time, or the first one is continued in the next."""
    photo = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"})
    added = exif_segment(jpeg_with_exif({}, first={0x0112: 6}))
    assert capture_time(photo[:2] + added + photo[2:]) == parse_time("2026-11-20T14:01:34Z")
    whole = exif_segment(photo)
    rest = photo.replace(whole, b"")
    for at in range(12, len(whole) - 1):
        parts = [whole[10:at], whole[at:]]
        segments = b"".join(map(segment_of, parts))
        assert capture_time(rest[:2] + segments + rest[2:]) == parse_time("2026-11-20T14:01:34Z")
        if at <= whole.index(b":34\0") + 3:  # the beginning of a time is none
            assert capture_time(rest[:2] + segment_of(parts[0]) + rest[2:]) is None


def exif_segment(photo: bytes) -> bytes:
    """Return the first EXIF segment of a JPEG."""
    start = photo.index(b"Exif") - 4
    return photo[start : start + 2 + int.from_bytes(photo[start + 2 : start + 4], "big")]


def segment_of(tiff: bytes) -> bytes:
    return struct.pack(">HH6s", 0xFFE1, 8 + len(tiff), b"Exif\0\0") + tiff


def test_thousands_of_exif_segments_are_not_read() -> None:
    """Each with a thousand tags; the time limit of the suite is the check."""
    tags = b"".join(struct.pack(">HHII", 50000 + number, 3, 1, 0) for number in range(1_000))
    tiff = struct.pack(">2sHIH", b"MM", 42, 8, 1_000) + tags + bytes(4)
    assert capture_time(b"\xff\xd8" + segment_of(tiff) * 2_500 + jpeg()[2:]) is None


@pytest.mark.parametrize("signature", [b"Exif\0\xff", b"EXIF\0\0", b"exif\0\1"])
def test_signatures_of_many_programs_are_read(signature: bytes) -> None:
    """Also after a segment of the same name that is empty, or holds something else."""
    photo = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"}, first={0x0112: 6})
    photo = photo.replace(b"Exif\0\0", signature, 1)
    for other in (b"", b"\xff\xe1\0\x08Exif\0\0", b"\xff\xe1\0\x0cExif\0\0junk"):
        odd = photo[:2] + other + photo[2:]
        assert capture_time(odd) == parse_time("2026-11-20T14:01:34Z")
        assert orientation(odd) == 6


@pytest.mark.parametrize("kind", [1, 7, 129])
def test_a_text_of_another_type_is_read(kind: int) -> None:
    """Of bytes, undefined, or UTF-8 (EXIF 3.0)."""
    photo = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"})
    letter = ">" if b"Exif\0\0MM" in photo else "<"
    entry = struct.pack(letter + "HH", ORIGINAL, 2)
    assert photo.count(entry) == 1
    odd = photo.replace(entry, struct.pack(letter + "HH", ORIGINAL, kind))
    assert capture_time(odd) == parse_time("2026-11-20T14:01:34Z")


@given(st.integers(0, 400), st.binary(min_size=1, max_size=9))
def test_damaged_exif_never_raises(at: int, noise: bytes) -> None:
    """It has a value or none."""
    whole = jpeg_with_exif({ORIGINAL: "2026:11:20 14:01:34"}, {GPS_DATE: "2026:11:20"}, {0x0112: 6})
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    assert isinstance(capture_time(damaged), datetime | None)
    assert 1 <= orientation(damaged) <= 8


@pytest.mark.parametrize("turned", range(1, 9))
def test_an_orientation_is_read_as_it_is_written(turned: int) -> None:
    plain = jpeg()
    assert orientation(plain[:2] + orientation_segment(turned) + plain[2:]) == turned
    assert orientation(jpeg_with_exif({}, first={0x0112: turned})) == turned
