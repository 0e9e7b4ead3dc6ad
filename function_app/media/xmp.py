"""The XMP of a JPEG (Adobe, XMP Specification, part 3, 1.1.3): its capture time and its place.

Programs that process photos write them there alone.

Only these values are looked for, whether they are attributes or elements, and no XML is parsed:
anyone who may upload writes it. Whatever is odd counts as absent. Nothing is raised.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from function_app.media.errors import InvalidPhotoError
from function_app.media.exif import time_in
from function_app.media.jpeg import APP1, Segment, header

_SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"
# The last one was called xap once.
_TIMES = (
    "exif:DateTimeOriginal",
    "photoshop:DateCreated",
    "exif:DateTimeDigitized",
    "x[am]p:CreateDate",
)
_PLACE = ("exif:GPSLatitude", "exif:GPSLongitude")
_DEGREES = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}))?([NSEW])", re.A)


def capture_time(jpeg: bytes) -> datetime | None:
    """Return when the picture was taken, in UTC. A time without a zone counts as UTC."""
    packet = _packet(jpeg, header(jpeg))
    times = (time_in(_value(packet, name)) for name in _TIMES)
    return next((time for time in times if time), None)


def place(jpeg: bytes, segments: Iterable[Segment]) -> tuple[float, float] | None:
    """Return degrees north and east; `segments` are those of the JPEG's header."""
    packet = _packet(jpeg, segments)
    north, east = (_degrees(_value(packet, name)) for name in _PLACE)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return north, east


def _packet(jpeg: bytes, segments: Iterable[Segment]) -> str:
    """Return the XMP of the first segment that has some; an empty text if there is none."""
    with suppress(InvalidPhotoError):
        for segment in segments:
            if segment.marker == APP1 and jpeg.startswith(_SIGNATURE, segment.content):
                content = jpeg[segment.content + len(_SIGNATURE) : segment.end]
                return content.decode("utf-8", "replace")
    return ""


def _value(packet: str, name: str) -> str:
    """Return the value of an attribute, or the content of an element. `name` is a regular
    expression."""
    match = re.search(rf"""\b{name}(?:\s*=\s*["']|>)\s*([^<"']{{1,64}})""", packet)
    return match[1] if match else ""


def _degrees(text: str) -> float | None:
    """Return the degrees in a text such as 52,31.2N or 52,31,12N; south and west are negative."""
    match = _DEGREES.match(text)
    if match is None:
        return None
    degrees = int(match[1]) + float(match[2]) / 60 + int(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees
