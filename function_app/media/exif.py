"""The EXIF of a JPEG (CIPA DC-008) or a DNG, of which the orientation, the capture time and the
place of the thumbnail are read.

Cameras and programs write EXIF wrongly in many ways, and none of them makes a picture unreadable:
whatever is odd counts as absent. Nothing is raised.
"""

import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice

from function_app.media.errors import InvalidPhotoError, TruncatedError
from function_app.media.jpeg import APP1, Segment, header
from function_app.media.sources import ReadAt, bytes_source
from function_app.media.tiff import OFFSET_TYPES, Tag, TiffReader, byte_order

UPRIGHT = 1
SIGNATURE = b"Exif\0\0"
# Programs write it in other cases, and with another byte at its end.
_SIGNATURE = re.compile(rb"exif\0.", re.I | re.S)
MAX_TAGS = 1_000  # in one directory
_MAX_EXIF_SEGMENTS = 16  # a megabyte

_ORIENTATION, _DATE_TIME, _EXIF, _GPS = 0x0112, 0x0132, 0x8769, 0x8825
_THUMBNAIL_OFFSET, _THUMBNAIL_SIZE = 0x0201, 0x0202  # JPEGInterchangeFormat and its length
# The tags of a time, of its zone and of its fraction of a second: when the picture was taken, when
# it was made digital, and when it was changed.
_ORIGINAL, _DIGITIZED = (0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292)
_CHANGED = (_DATE_TIME, 0x9010, 0x9290)
_GPS_TIME, _GPS_DATE = 7, 29
_INTEGERS = {1: "B", **OFFSET_TYPES}  # BYTE, and the others
_TEXTS = {1, 2, 7, 129}  # BYTE, ASCII, UNDEFINED, UTF-8: programs take any for a text
_RATIONALS = {5: "I", 10: "i"}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_MAX_TEXT_BYTES = 64
_QUARTER_HOUR = timedelta(minutes=15)
_MAX_ZONE_HOURS = 14
# Programs write it within quotes, with other separators, and without seconds.
_TIME = re.compile(
    r"[^\d-]{0,3}(\d{4})\D{0,3}(\d\d?)\D{0,3}(\d\d?)\D{1,5}(\d\d?)(?P<colon>[:._-]) ?(\d\d?)"
    r"(?:(?P=colon) ?(\d\d?)(?:[.,](?P<fraction>\d+))?)? ?(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.A,
)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)?", re.A)

Tags = Mapping[int, Tag]


def orientation(jpeg: bytes, segments: Iterable[Segment] | None = None) -> int:
    """Return how the picture has to be turned, as EXIF numbers it: 1 to 8, 1 for upright.
    `segments` are those of its header, for a caller who has found them."""
    place = _place_in(jpeg, header(jpeg) if segments is None else segments)
    exif = Exif(bytes_source(jpeg[place.start : place.stop]))
    value = exif.integer(exif.first.get(_ORIENTATION))
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


def capture_time(photo: bytes) -> datetime | None:
    """Return when the picture of a JPEG or a DNG was taken, in UTC; None if EXIF does not state it.

    A time without a zone counts as UTC, unless GPS states the time as well, which shows the zone.
    """
    times = (_capture_time(Exif(bytes_source(tiff))) for tiff in tiffs_in(photo))
    return next((time for time in times if time), None)


class Exif:
    """The TIFF inside EXIF, or that of a DNG. Everything that lies outside of it is absent."""

    def __init__(self, read: ReadAt) -> None:
        order = byte_order(read(0, 2))
        self._read = read if order else bytes_source(b"")
        self._tiff = TiffReader(self._read, order or "<")

    @cached_property
    def first(self) -> Tags:
        """The tags of the first directory."""
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

    def all(self) -> Tags:
        """Return the tags of EXIF's own directory, and those of the first one that it does not
        have: cameras write any tag into either (TIFF/EP: all into the first one)."""
        return {**self.first, **self._directory(self.first.get(_EXIF))}

    def gps(self) -> Tags:
        """Return the tags of the place."""
        return self._directory(self.first.get(_GPS))

    def _directory(self, pointer: Tag | None) -> Tags:
        """Return the tags of the (first) directory to which a tag points."""
        return next(iter(self.directories(pointer, 1)), {})

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
        """Return the value of a tag with a short text, which may be padded."""
        if tag is None or tag.type not in _TEXTS:
            return ""
        size = min(tag.value_count, _MAX_TEXT_BYTES)
        raw = self._read(self._tiff.values_at(tag), size)
        text = raw.partition(b"\0")[0].decode("ascii", "replace").strip()
        is_long = tag.value_count > _MAX_TEXT_BYTES and len(text) == _MAX_TEXT_BYTES
        is_cut = len(raw) < size and b"\0" not in raw  # it would end outside of the TIFF
        return "" if is_long or is_cut else text

    def fractions(self, tag: Tag | None, count: int) -> tuple[float, ...] | None:
        """Return the first `count` values of a tag with fractions, or other numbers."""
        if tag is None or tag.value_count < count:
            return None
        try:
            values = self._numbers(tag, count)
        except (TruncatedError, ZeroDivisionError):
            return None
        return values if values and all(map(math.isfinite, values)) else None

    def _numbers(self, tag: Tag, count: int) -> tuple[float, ...]:
        """Return the first `count` values of a tag; none if they are not numbers. Raises
        TruncatedError and ZeroDivisionError."""
        if letter := _NUMBERS.get(tag.type):
            return tuple(map(float, self._tiff.values(tag, letter, count)))
        letter, at = _RATIONALS.get(tag.type), self._tiff.values_at(tag)
        if letter is None or at == 0:
            return ()
        numbers = self._tiff.numbers(letter, at, 2 * count)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return tuple(above / below for above, below in pairs)

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


def _capture_time(exif: Exif) -> datetime | None:
    tags = exif.all()
    for time, offset, subseconds in (_ORIGINAL, _DIGITIZED, _CHANGED):
        text = exif.text(tags.get(time))
        local = _time(text, exif.text(tags.get(subseconds)))
        if local is None:
            continue
        zone = _zone_in(text)
        if zone is None:
            zone = _zone(exif.text(tags.get(offset)))
        if zone is None:
            gps = exif.gps_time(exif.gps())
            zone = _zone_by_gps(local, gps) if gps else timedelta(0)
        return _in_utc(local, zone)
    return None


def time_in(text: str) -> datetime | None:
    """Return the moment that a text states, in UTC; None if it states none. A time without a zone
    counts as UTC."""
    local = _time(text, "")
    return _in_utc(local, _zone_in(text) or timedelta(0)) if local else None


def _in_utc(local: datetime, zone: timedelta) -> datetime | None:
    try:
        return (local - zone).replace(tzinfo=UTC)
    except OverflowError:  # in the first or the last hours of the calendar
        return None


def tiffs_in(photo: bytes, segments: Iterable[Segment] | None = None) -> list[bytes]:
    """Return the TIFFs in the EXIF of a JPEG, most often one; a DNG itself. A TIFF of more than a
    segment holds goes on in the next one."""
    if byte_order(photo):
        return [photo]
    tiffs: list[bytes] = []
    places = _places_in(photo, header(photo) if segments is None else segments)
    for place in islice(places, _MAX_EXIF_SEGMENTS):
        part = photo[place.start : place.stop]
        if byte_order(part):
            tiffs.append(part)
        elif tiffs:
            tiffs[-1] += part
    return tiffs


def _place_in(jpeg: bytes, segments: Iterable[Segment]) -> range:
    """Return where in the file the TIFF of the first EXIF segment that has one is; an empty range
    if there is none."""
    places = _places_in(jpeg, segments)
    return next((one for one in places if byte_order(jpeg[one.start : one.stop])), range(0))


def _places_in(jpeg: bytes, segments: Iterable[Segment]) -> Iterator[range]:
    """Yield where in the file the contents of the EXIF segments are."""
    with suppress(InvalidPhotoError):
        for segment in segments:
            if segment.marker == APP1 and _SIGNATURE.match(jpeg, segment.content):
                yield range(segment.content + len(SIGNATURE), segment.end)


def _time(text: str, subseconds: str) -> datetime | None:
    """Return a local time. Programs write EXIF's own form, that of ISO 8601, and some between."""
    match = _TIME.match(text)
    if match is None:
        return None
    fields = match.group(1, 2, 3, 4, 6, 7)
    stated = match["fraction"] or subseconds
    digits = stated[:3] if stated.isascii() and stated.isdigit() else "0"
    year, month, day, hour, minute, second = (int(one or 0) for one in fields)
    try:
        return datetime(year, month, day, hour, minute, second, int(digits.ljust(3, "0")) * 1000)
    except ValueError:  # 0000:00:00 00:00:00, as clocks that were never set write it
        return None


def _zone_in(text: str) -> timedelta | None:
    """Return the zone that a time itself states."""
    match = _TIME.match(text)
    return _zone(match["zone"] or "") if match else None


def _zone_by_gps(local: datetime, gps: datetime) -> timedelta:
    """Return how far the zone is ahead of UTC. GPS's time is that of the last fix, so it is near
    the true one, and no zone is finer than a quarter of an hour."""
    zone = round((local - gps) / _QUARTER_HOUR) * _QUARTER_HOUR
    return zone if abs(zone) <= timedelta(hours=_MAX_ZONE_HOURS) else timedelta(0)


def _zone(text: str) -> timedelta | None:
    if text == "Z":
        return timedelta(0)
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > _MAX_ZONE_HOURS or minutes > 59:
        return None
    size = timedelta(hours=hours, minutes=minutes)
    return -size if match[1] == "-" else size
