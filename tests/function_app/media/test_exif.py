"""When a phone's photo was taken, by its EXIF, and how it is turned."""

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
