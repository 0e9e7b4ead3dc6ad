"""What the description of a clip (`moov`) states: when and where it was recorded, and its size.

Phones write the place as a text of QuickTime's user data, as 3GPP's `loci`, or, iPhones, as an item
of Apple's metadata (QuickTime File Format, "Metadata"), with the time in its zone. Whatever is odd
counts as absent. Nothing is raised but what reading raises.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from function_app.media.exif import time_in
from function_app.media.mp4 import Box, BoxReader, TooManyBoxesError
from function_app.media.sources import ReadAt

_MAX_BOXES = 200
_MAX_KEYS, _MAX_TEXT_BYTES = 100, 256
_PARTS = (b"trak", b"udta")
_VERSION_BYTES = 4
_VALUE_HEADER_BYTES = 8  # of its type and its language

_EPOCH, _UNIX_EPOCH = datetime(1904, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
_TIME_LAYOUTS = {0: struct.Struct(">4xI"), 1: struct.Struct(">4xQ")}  # of `mvhd`, by its version

_TIME_KEY = b"com.apple.quicktime.creationdate"
_PLACE_KEY = b"com.apple.quicktime.location.ISO6709"
_DEGREES = re.compile(r"([+-]\d\d(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)", re.A)

Place = tuple[float, float]
"""Degrees north and east."""


class Movie:
    """The description of a clip of `size` bytes, of which `read` reads a few short parts."""

    def __init__(self, read: ReadAt, size: int) -> None:
        self._read = read
        self._boxes: list[Box] = []  # its own, and those of its tracks, user data and metadata
        self._metadata: list[Box] = []
        self._items: dict[bytes, bytes] = {}
        reader = BoxReader(read, _MAX_BOXES)
        with suppress(TooManyBoxesError):
            movie = next((box for box in reader.boxes(0, size) if box.kind == b"moov"), None)
            for part in reader.boxes(movie.content, movie.end) if movie else ():
                self._boxes.append(part)
                if part.kind == b"meta":
                    self._metadata = list(reader.boxes(self._after_version(part), part.end))
                elif part.kind in _PARTS:
                    self._boxes += reader.boxes(part.content, part.end)
            self._items = self._read_items(reader)

    def capture_time(self) -> datetime | None:
        """Return when the clip was recorded, in UTC, as Apple's metadata state it, or else `mvhd`
        (ISO/IEC 14496-12, 8.2.2). Cameras that count its seconds from 1970 are understood, too:
        counted from 1904 they would be before that."""
        if time := time_in(self._items.get(_TIME_KEY, b"").decode("ascii", "replace")):
            return time
        header = self._content(b"mvhd", _MAX_TEXT_BYTES)
        layout = _TIME_LAYOUTS.get(header[0]) if header else None
        if layout is None or len(header) < layout.size:
            return None
        (seconds,) = layout.unpack_from(header)
        try:
            since_1904 = _EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            return None
        if since_1904 >= _UNIX_EPOCH:
            return since_1904
        return _UNIX_EPOCH + timedelta(seconds=seconds) if seconds else None

    def place(self) -> Place | None:
        """Return where the clip was recorded."""
        places = [
            *_places_in_text(self._content(b"\xa9xyz", _MAX_TEXT_BYTES)[4:]),
            *_places_in_loci(self._content(b"loci", _MAX_TEXT_BYTES)),
            *_places_in_text(self._items.get(_PLACE_KEY, b"")),
        ]
        return next(filter(_is_on_earth, places), None)

    def picture_size(self) -> tuple[int, int]:
        """Return the width and height, in pixels, of the first track that states some: at the end
        of `tkhd` (ISO/IEC 14496-12, 8.3.2), in 65,536ths. Return 0 and 0 if none does."""
        for box in self._boxes:
            if box.kind == b"tkhd" and box.end - box.content >= 8:
                width, height = struct.unpack(">II", self._read(box.end - 8, 8))
                if width >> 16 and height >> 16:
                    return width >> 16, height >> 16
        return 0, 0

    def _content(self, kind: bytes, max_size: int) -> bytes:
        """Return the first bytes of the first box of this kind; none if there is none."""
        box = next((one for one in self._boxes if one.kind == kind), None)
        return self._read(box.content, min(box.end - box.content, max_size)) if box else b""

    def _after_version(self, metadata: Box) -> int:
        """Return where the boxes in `meta` begin. MP4's has a version, QuickTime's has none."""
        begins_with_box = self._read(metadata.content + 4, 4) == b"hdlr"
        return metadata.content + (0 if begins_with_box else _VERSION_BYTES)

    def _read_items(self, reader: BoxReader) -> dict[bytes, bytes]:
        """Return the first bytes of the items of Apple's metadata, by their keys: `ilst` has a box
        for each, whose kind is the number of the key in `keys`."""
        keys = list(self._keys())
        items: dict[bytes, bytes] = {}
        for box in self._metadata:
            for item in reader.boxes(box.content, box.end) if box.kind == b"ilst" else ():
                number = int.from_bytes(item.kind, "big")
                value = next(iter(reader.boxes(item.content, item.end)), None)
                if value and 1 <= number <= len(keys):
                    at = value.content + _VALUE_HEADER_BYTES
                    size = min(max(value.end - at, 0), _MAX_TEXT_BYTES)
                    items[keys[number - 1]] = self._read(at, size)
        return items

    def _keys(self) -> Iterator[bytes]:
        """Yield the keys of Apple's metadata: boxes, after a version and their number."""
        box = next((one for one in self._metadata if one.kind == b"keys"), None)
        if box:
            for key in BoxReader(self._read, _MAX_KEYS).boxes(box.content + 8, box.end):
                yield self._read(key.content, min(key.end - key.content, _MAX_TEXT_BYTES))


def _places_in_text(text: bytes) -> list[Place]:
    """Return the place in a text, in degrees as phones write it, such as +52.5200+013.4050/
    (ISO 6709)."""
    match = _DEGREES.match(text.decode("ascii", "replace"))
    return [(float(match[1]), float(match[2]))] if match else []


def _places_in_loci(content: bytes) -> list[Place]:
    """Return the place in `loci` (3GPP TS 26.244, 8.12), after its name and its role: longitude and
    latitude in 65,536ths of a degree."""
    after_name = content[6:].partition(b"\0")[2]
    if len(after_name) < 9:
        return []
    east, north = struct.unpack_from(">ii", after_name, 1)
    return [(north / 65536, east / 65536)]


def _is_on_earth(place: Place) -> bool:
    return abs(place[0]) <= 90 and abs(place[1]) <= 180
