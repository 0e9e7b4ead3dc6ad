"""Times and places in the XMP of a JPEG."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media import jpeg as jpeg_segments
from function_app.media import xmp
from function_app.media.redaction import redact
from function_app.media.technical import read_technical_data
from photo_wire.media import Media
from photo_wire.moment import parse_time
from tests.support.pictures import jpeg


def with_xmp(packet: bytes) -> bytes:
    """Return a JPEG with this in its XMP."""
    content = b"http://ns.adobe.com/xap/1.0/\0" + packet
    segment = struct.pack(">2sH", b"\xff\xe1", 2 + len(content)) + content
    return jpeg()[:2] + segment + jpeg()[2:]


TEXTS = [
    ("2026-11-20T14:01:34+02:00", "2026-11-20T12:01:34Z"),
    ("2026-11-20T12:01:34.567Z", "2026-11-20T12:01:34.567Z"),
    ("2026-11-20T12:01", "2026-11-20T12:01:00Z"),
    ("2026-11-20", None),
    ("", None),
]


@pytest.mark.parametrize("form", ['<rdf:Description {}="{}"/>', "<r {} = '{}'/>", "<{}>{}</x>"])
@pytest.mark.parametrize(
    "name", ["exif:DateTimeOriginal", "photoshop:DateCreated", "xap:CreateDate"]
)
@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_time_is_an_attribute_or_an_element(
    form: str, name: str, text: str, expected: str | None
) -> None:
    photo = with_xmp(form.format(name, text).encode())
    assert xmp.capture_time(photo) == (parse_time(expected) if expected else None)


def test_the_time_of_the_picture_is_the_first() -> None:
    """Not that at which a program stored it."""
    packet = b'xmp:CreateDate="2027-01-01T00:00:00Z" exif:DateTimeOriginal="2026-11-20T12:01:34Z"'
    assert xmp.capture_time(with_xmp(packet)) == parse_time("2026-11-20T12:01:34Z")


@pytest.mark.parametrize(
    ("north", "east", "expected"),
    [
        ("52,31.2N", "13,24.3E", (52.52, 13.405)),
        ("33,30,0S", "70,45,36W", (-33.5, -70.76)),
        ("91,0.0N", "13,24.3E", None),
        ("52.52", "13,24.3E", None),
        ("", "13,24.3E", None),
    ],
)
def test_a_place_is_shown(north: str, east: str, expected: tuple[float, float] | None) -> None:
    """As that of EXIF is. Shared links have neither."""
    photo = with_xmp(f'exif:GPSLatitude="{north}" exif:GPSLongitude="{east}"'.encode())
    place = read_technical_data(io.BytesIO(photo), len(photo), Media.JPEG).place
    assert place == (pytest.approx(expected) if expected else None)
    assert b"GPS" not in redact(photo, Media.JPEG)


@given(st.binary(max_size=80), st.sampled_from([b'exif:GPSLatitude="', b"<xmp:CreateDate>", b""]))
def test_damaged_xmp_raises_nothing(noise: bytes, before: bytes) -> None:
    photo = with_xmp(before + noise)
    assert xmp.place(photo, jpeg_segments.header(photo)) is None
    xmp.capture_time(photo[: len(noise)])


def test_hostile_xmp_is_read_quickly() -> None:
    """The time limit of the suite is the check."""
    for noise in (b"exif:GPSLatitude", b"exif:DateTimeOriginal  ", b"xmp:CreateDate>", b" "):
        assert xmp.capture_time(with_xmp(noise * (65_000 // len(noise)))) is None
