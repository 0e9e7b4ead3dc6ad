"""The EXIF of a JPEG (CIPA DC-008), of which the orientation, the capture time and the place of the
thumbnail are read.

Cameras and programs write EXIF wrongly in many ways, and none of them makes a picture unreadable:
whatever is odd counts as absent. Nothing is raised.
"""

import re
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from function_app.media.errors import InvalidPhotoError, TruncatedError
from function_app.media.jpeg import APP1, Segment, header
from function_app.media.sources import ReadAt, bytes_source
from function_app.media.tiff import OFFSET_TYPES, Tag, TiffReader, byte_order

UPRIGHT = 1
SIGNATURE = b"Exif\0\0"
MAX_TAGS = 1_000  # in one directory

_ORIENTATION, _DATE_TIME, _EXIF, _GPS = 0x0112, 0x0132, 0x8769, 0x8825
_THUMBNAIL_OFFSET, _THUMBNAIL_SIZE = 0x0201, 0x0202  # JPEGInterchangeFormat and its length
_ORIGINAL, _OFFSET, _OFFSET_ORIGINAL, _SUBSECONDS = 0x9003, 0x9010, 0x9011, 0x9291
_GPS_TIME, _GPS_DATE = 7, 29
_INTEGERS = {1: "B", 3: "H", 4: "I"}  # BYTE, SHORT, LONG
_ASCII, _RATIONAL = 2, 5
_MAX_TEXT_BYTES = 64
_QUARTER_HOUR = timedelta(minutes=15)
_MAX_ZONE_HOURS = 14
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")

Tags = Mapping[int, Tag]


def orientation(jpeg: bytes, segments: Iterable[Segment] | None = None) -> int:
    """Return how the picture has to be turned, as EXIF numbers it: 1 to 8, 1 for upright.
    `segments` are those of its header, for a caller who has found them."""
    exif = Exif(bytes_source(tiff_in(jpeg, segments)))
    value = exif.integer(exif.first().get(_ORIENTATION))
    return value if value and 1 <= value <= 8 else UPRIGHT


def orientation_segment(orientation: int) -> bytes:
    """Return an APP1 segment whose EXIF states this orientation alone; no bytes for upright."""
    if orientation == UPRIGHT:
        return b""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    content = SIGNATURE + tiff
    return struct.pack(">BBH", 0xFF, APP1, 2 + len(content)) + content


def thumbnail(jpeg: bytes, segments: Iterable[Segment]) -> range | None:
    """Return where in the file the thumbnail's bytes are, if there are any and they lie within the
    EXIF segment, which is one of `segments`. They may be anything."""
    tiff = _place_in(jpeg, segments)
    exif = Exif(bytes_source(jpeg[tiff.start : tiff.stop]))
    tags = exif.second()
    offset = exif.integer(tags.get(_THUMBNAIL_OFFSET))
    size = exif.integer(tags.get(_THUMBNAIL_SIZE))
    if not offset or not size or offset + size > len(tiff):
        return None
    return tiff[offset : offset + size]


def capture_time(jpeg: bytes) -> datetime | None:
    """Return when the picture was taken, in UTC; None if EXIF does not state it.

    A time without a zone counts as UTC, unless GPS states the time as well, which shows the zone.
    """
    exif = Exif(bytes_source(tiff_in(jpeg)))
    first = exif.first()
    tags = exif.directory(first.get(_EXIF))
    original = exif.text(tags.get(_ORIGINAL))
    local = _time(original or exif.text(first.get(_DATE_TIME)), exif.text(tags.get(_SUBSECONDS)))
    if local is None:
        return None
    zone = _zone(exif.text(tags.get(_OFFSET_ORIGINAL if original else _OFFSET)))
    if zone is None:
        gps = exif.gps_time(exif.directory(first.get(_GPS)))
        zone = _zone_by_gps(local, gps) if gps else timedelta(0)
    try:
        return (local - zone).replace(tzinfo=UTC)
    except OverflowError:  # in the first or the last hours of the calendar
        return None


class Exif:
    """The TIFF inside EXIF, or that of a DNG. Everything that lies outside of it is absent."""

    def __init__(self, read: ReadAt) -> None:
        order = byte_order(read(0, 2))
        self._read = read if order else bytes_source(b"")
        self._tiff = TiffReader(self._read, order or "<")

    def first(self) -> Tags:
        """Return the tags of the first directory."""
        try:
            return self._tags(self._tiff.first_directory())
        except TruncatedError:
            return {}

    def second(self) -> Tags:
        """Return the tags of the directory that follows the first one. No later one is read."""
        try:
            first = self._tiff.directory(self._tiff.first_directory(), MAX_TAGS)
        except TruncatedError:
            return {}
        return self._tags(first.next_at or 0) if first.count <= MAX_TAGS else {}

    def directory(self, pointer: Tag | None) -> Tags:
        """Return the tags of the directory to which a tag points."""
        return self._tags(self.integer(pointer) or 0)

    def directories(self, pointers: Tag | None, max_count: int) -> list[Tags]:
        """Return the tags of the directories to which a tag points, of `max_count` at most."""
        letter = OFFSET_TYPES.get(pointers.type) if pointers else None
        if pointers is None or letter is None:
            return []
        try:
            return [self._tags(at) for at in self._tiff.values(pointers, letter, max_count)]
        except TruncatedError:
            return []

    def integer(self, tag: Tag | None) -> int | None:
        """Return the value of a tag with one integer."""
        letter = _INTEGERS.get(tag.type) if tag else None
        if tag is None or letter is None or tag.value_count != 1:
            return None
        return self._tiff.values(tag, letter, 1)[0]

    def text(self, tag: Tag | None) -> str:
        """Return the value of a tag with a short text."""
        if tag is None or tag.type != _ASCII or tag.value_count > _MAX_TEXT_BYTES:
            return ""
        raw = self._read(self._tiff.values_at(tag), tag.value_count)
        return raw.partition(b"\0")[0].decode("ascii", "replace").strip()

    def fractions(self, tag: Tag | None, count: int) -> tuple[float, ...] | None:
        """Return the values of a tag with `count` unsigned fractions."""
        if tag is None or (tag.type, tag.value_count) != (_RATIONAL, count):
            return None
        at = self._tiff.values_at(tag)
        if at == 0:
            return None
        try:
            numbers = self._tiff.numbers("I", at, 2 * count)
            return tuple(
                above / below for above, below in zip(numbers[::2], numbers[1::2], strict=True)
            )
        except (TruncatedError, ZeroDivisionError):
            return None

    def gps_time(self, gps: Tags) -> datetime | None:
        """Return GPS's date and time: in UTC, though without a zone."""
        day = _time(self.text(gps.get(_GPS_DATE)) + " 00:00:00", "")
        of_day = self.fractions(gps.get(_GPS_TIME), 3)
        if day is None or of_day is None:
            return None
        hours, minutes, seconds = of_day
        if not (hours < 24 and minutes < 60 and seconds < 61):
            return None
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def _tags(self, at: int) -> Tags:
        if at == 0:
            return {}
        try:
            directory = self._tiff.directory(at, MAX_TAGS)
        except TruncatedError:
            return {}
        return dict(directory.tags) if directory.count <= MAX_TAGS else {}


def tiff_in(jpeg: bytes, segments: Iterable[Segment] | None = None) -> bytes:
    """Return the TIFF of a JPEG's first EXIF segment; no bytes if it has none."""
    place = _place_in(jpeg, header(jpeg) if segments is None else segments)
    return jpeg[place.start : place.stop]


def _place_in(jpeg: bytes, segments: Iterable[Segment]) -> range:
    """Return where in the file the TIFF of the first EXIF segment is; an empty range if there is
    none."""
    try:
        for segment in segments:
            if segment.marker == APP1 and jpeg.startswith(SIGNATURE, segment.content):
                return range(segment.content + len(SIGNATURE), segment.end)
    except InvalidPhotoError:
        pass
    return range(0)


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
    """Return how far the zone is ahead of UTC. GPS's time is that of the last fix, so it is near
    the true one, and no zone is finer than a quarter of an hour."""
    zone = round((local - gps) / _QUARTER_HOUR) * _QUARTER_HOUR
    return zone if abs(zone) <= timedelta(hours=_MAX_ZONE_HOURS) else timedelta(0)


def _zone(text: str) -> timedelta | None:
    match = _ZONE.fullmatch(text)
    if match is None or not match[0].isascii():
        return None
    hours, minutes = int(match[2]), int(match[3])
    if hours > _MAX_ZONE_HOURS or minutes > 59:
        return None
    size = timedelta(hours=hours, minutes=minutes)
    return -size if match[1] == "-" else size
