"""What Nightjar reads of a JPEG's EXIF (CIPA DC-008): how it is turned, and when it was taken.

Cameras and programs write EXIF wrongly in many ways, and none of them makes a picture unreadable:
whatever is odd counts as absent. Nothing is raised.
"""

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from function_app.media.jpeg import APP1, MalformedError, TruncatedError, header

UPRIGHT = 1
SIGNATURE = b"Exif\0\0"
MAX_TAGS = 1_000  # in one directory

_ORIENTATION, _DATE_TIME, _EXIF, _GPS = 0x0112, 0x0132, 0x8769, 0x8825
_ORIGINAL, _OFFSET, _OFFSET_ORIGINAL, _SUBSECONDS = 0x9003, 0x9010, 0x9011, 0x9291
_GPS_TIME, _GPS_DATE = 7, 29
_INTEGERS = {1: "B", 3: "H", 4: "I"}
_ASCII, _RATIONAL = 2, 5
_NONE, _QUARTER = timedelta(0), timedelta(minutes=15)
_MAX_QUARTERS = 14 * 4
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class _Tag:
    kind: int
    count: int
    at: int  # where its values are, or where the place of its values is


def orientation(jpeg: bytes) -> int:
    """Return how the picture is to be turned, as EXIF numbers it: 1 to 8, 1 for upright."""
    tiff = _Tiff(_tiff(jpeg))
    turned = tiff.integer(tiff.first().get(_ORIENTATION))
    return turned if turned and 1 <= turned <= 8 else UPRIGHT


def capture_time(jpeg: bytes) -> datetime | None:
    """Return when the picture was taken, in UTC; None if EXIF does not say.

    A time without a zone counts as UTC, unless GPS tells the time, too, which shows the zone.
    """
    tiff = _Tiff(_tiff(jpeg))
    first = tiff.first()
    exif = tiff.directory(tiff.integer(first.get(_EXIF)))
    original = tiff.text(exif.get(_ORIGINAL))
    local = _time(original or tiff.text(first.get(_DATE_TIME)), tiff.text(exif.get(_SUBSECONDS)))
    if local is None:
        return None
    stated = _zone(tiff.text(exif.get(_OFFSET_ORIGINAL if original else _OFFSET)))
    gps = tiff.gps_time(tiff.directory(tiff.integer(first.get(_GPS))))
    ahead = _zone_by_gps(local, gps) if stated is None and gps else stated or _NONE
    try:
        return (local - ahead).replace(tzinfo=UTC)
    except OverflowError:  # in the first or the last hours of the calendar
        return None


def with_orientation(turned: int) -> bytes:
    """Return the APP1 segment of an EXIF that says only this."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)
    content = SIGNATURE + tiff
    return struct.pack(">BBH", 0xFF, APP1, 2 + len(content)) + content


class _Tiff:
    """EXIF's TIFF structure. What lies outside of it is absent."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = {b"II": "<", b"MM": ">"}.get(data[:2], "")

    def first(self) -> dict[int, _Tag]:
        return self.directory(self._number("I", 4)) if self._order else {}

    def directory(self, at: int | None) -> dict[int, _Tag]:
        count = self._number("H", at) if at else None
        if not at or not count or count > MAX_TAGS:
            return {}
        entries = range(at + 2, min(at + 2 + 12 * count, len(self._data) - 11), 12)
        found = (struct.unpack_from(self._order + "HHI", self._data, entry) for entry in entries)
        return {
            number: _Tag(kind, values, entry + 8)
            for entry, (number, kind, values) in zip(entries, found, strict=True)
        }

    def integer(self, tag: _Tag | None) -> int | None:
        letter = _INTEGERS.get(tag.kind) if tag else None
        return self._number(letter, tag.at) if tag and letter and tag.count == 1 else None

    def text(self, tag: _Tag | None) -> str:
        if tag is None or tag.kind != _ASCII or tag.count > 64:
            return ""
        at = tag.at if tag.count <= 4 else self._number("I", tag.at)
        raw = b"" if at is None else self._data[at : at + tag.count]
        return raw.partition(b"\0")[0].decode("ascii", "replace").strip()

    def gps_time(self, gps: dict[int, _Tag]) -> datetime | None:
        """GPS's date and time, in UTC, without saying so."""
        tag = gps.get(_GPS_TIME)
        if tag is None or (tag.kind, tag.count) != (_RATIONAL, 3):
            return None
        start = self._number("I", tag.at)
        numbers = [self._number("I", start + 4 * n) for n in range(6)] if start else []
        hours, minutes, seconds = (
            map(_ratio, numbers[::2], numbers[1::2]) if numbers else 3 * (None,)
        )
        day = _time(self.text(gps.get(_GPS_DATE)) + " 00:00:00", "")
        if day is None or hours is None or minutes is None or seconds is None:
            return None
        if not (hours < 24 and minutes < 60 and seconds < 61):
            return None
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def _number(self, letter: str, at: int | None) -> int | None:
        layout = struct.Struct(self._order + letter)
        if at is None or at + layout.size > len(self._data):
            return None
        return int(layout.unpack_from(self._data, at)[0])


def _ratio(over: int | None, under: int | None) -> float | None:
    return over / under if over is not None and under else None


def _tiff(jpeg: bytes) -> bytes:
    try:
        for segment in header(jpeg):
            if segment.marker == APP1 and jpeg.startswith(SIGNATURE, segment.content):
                return jpeg[segment.content + len(SIGNATURE) : segment.end]
    except (MalformedError, TruncatedError):
        pass
    return b""


def _time(text: str, subseconds: str) -> datetime | None:
    match = _TIME.match(text)
    if match is None or not match[0].isascii():
        return None
    year, month, day, hour, minute, second = match.groups()
    digits = subseconds[:3] if subseconds.isascii() and subseconds.isdigit() else ""
    try:
        return datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second}.{digits:0<3}")
    except ValueError:  # 0000:00:00 00:00:00, as clocks that were never set write it
        return None


def _zone_by_gps(local: datetime, gps: datetime) -> timedelta:
    """How far the zone is ahead of UTC. GPS's time is that of the last fix, so it is near the true
    one, and no zone is finer than a quarter of an hour."""
    quarters = round((local - gps) / _QUARTER)
    return quarters * _QUARTER if abs(quarters) <= _MAX_QUARTERS else _NONE


def _zone(text: str) -> timedelta | None:
    match = _ZONE.fullmatch(text)
    if match is None or not match[0].isascii() or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -size if match[1] == "-" else size
