"""The segments of a JPEG (ITU-T T.81, annex B), found as libjpeg finds them.

libjpeg passes over bytes that are no marker where it expects one, and so do all viewers built on
it. Nothing is decoded here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SEGMENTS = 10_000  # 32 MB of EXIF and colour profiles are about 500; more is an attack

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
STANDALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and the restart markers have no parameters
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; those are tables, or reserved
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}

_KNOWN = {*range(0xC0, 0xD0), *range(0xD9, 0xE0), *range(0xE0, 0xF0), 0xFE, *STANDALONE} - {0xC8}
_MARKER = re.compile(rb"\xff[\x01-\xfe]")  # behind any fill bytes, which are 0xFF, too
_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # no stuffed zero, no restart, no fill byte


class MalformedError(ValueError):
    """The bytes are no JPEG. The text continues "The body ..."."""


class TruncatedError(ValueError):
    """The bytes are a JPEG whose end is missing. The text continues "The body ..."."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`data[start:end]`, from the 0xFF of its marker to behind its parameters; they begin at
    `content`. A scan's compressed data follow behind `end` of its SOS."""

    marker: int
    start: int
    content: int
    end: int


def header(data: bytes) -> Iterator[Segment]:
    """Yield the segments before the compressed data: the last one is the first SOS.

    Raises MalformedError and TruncatedError.
    """
    for segment in _segments(data, 2):
        if segment.marker == EOI:
            raise MalformedError("is a JPEG without a picture in it")
        yield segment
        if segment.marker == SOS:
            return


def frame_size(data: bytes, frame: Segment) -> tuple[int, int]:
    """Return the width and height, in pixels, that a frame header (SOF) states."""
    height, width = data[frame.content + 1 : frame.content + 3], data[frame.content + 3 :]
    return int.from_bytes(width[:2], "big"), int.from_bytes(height, "big")


def next_marker(data: bytes, at: int) -> int:
    """Return where the marker behind the compressed data at `at` begins; -1 if there is none."""
    marker = _IN_SCAN.search(data, at)
    return -1 if marker is None else marker.start()


def segment_at(data: bytes, start: int) -> Segment:
    """Return the segment whose marker is at `start`. Raises MalformedError and TruncatedError."""
    marker, content = data[start + 1], start + 2
    if marker in STANDALONE or marker == EOI:
        return Segment(marker, start, content, content)
    if marker not in _KNOWN:
        raise MalformedError(f"is not a JPEG: there is no marker at byte {start}")
    length = int.from_bytes(data[content : content + 2], "big")
    if content + 2 > len(data) or content + length > len(data):
        raise TruncatedError("is a JPEG that ends inside a segment")
    if length < 2:
        raise MalformedError(f"is not a JPEG: the segment at byte {content} has no length")
    return Segment(marker, start, content + 2, content + length)


def _segments(data: bytes, at: int) -> Iterator[Segment]:
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None:
            raise TruncatedError("is a JPEG that ends before its picture does")
        segment = segment_at(data, found.start())
        yield segment
        at = segment.end
    raise MalformedError("is not a JPEG: it has more segments than a photo can have")
