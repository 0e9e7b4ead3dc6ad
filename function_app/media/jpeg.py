"""JPEG (ITU-T T.81, annex B): its segments, found as libjpeg finds them.

Where a marker is expected, libjpeg skips bytes that are not one, and so do all viewers built on
it. Nothing is decoded here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from function_app.media.errors import InvalidPhotoError, NotAPhotoError, TruncatedError

SIGNATURE = b"\xff\xd8\xff"
END_OF_IMAGE = b"\xff\xd9"
MAX_SEGMENTS = 10_000  # 32 MB of EXIF and colour profiles are about 500; more is an attack

EOI, SOS = 0xD9, 0xDA
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
STANDALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and the restart markers have no parameters
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; those are tables, or reserved
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}

# What a decoder needs to show the picture in its colours: frames, scans, the tables of both, and
# the application segments that begin with these signatures.
_PICTURE = FRAMES | STANDALONE | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, SOS}
_COLOURS = {APP0: b"JFIF\0", APP2: b"ICC_PROFILE\0", APP14: b"Adobe"}
_APPLICATION = range(0xE0, 0xF0)
_SKIPPED = {*_APPLICATION, 0xFE}  # and comments: their length is all that a decoder looks at

_MIN_FRAME_BYTES = 9  # precision, height, width, and one component of three bytes
_KNOWN = {*range(0xC0, 0xD0), *range(0xD9, 0xE0), *range(0xE0, 0xF0), 0xFE, *STANDALONE} - {0xC8}
_MARKER = re.compile(rb"\xff[\x01-\xfe]")  # after any fill bytes, which are 0xFF as well
_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # no stuffed zero, no restart, no fill byte


class Segment(NamedTuple):
    """The bytes from `start` (the 0xFF of its marker) to `end`. The parameters begin at `content`.
    The compressed data of a scan follow after the `end` of its SOS."""

    marker: int
    start: int
    content: int
    end: int


def check(data: bytes) -> None:
    """Return if `data` has a frame header, a scan and the end of the image, in this order.

    Segments before the scan are skipped by their length, so the end of a thumbnail inside EXIF does
    not count. After it the end of the image is searched for: compressed data cannot contain that
    marker (B.1.1.5), and where they are damaged, viewers show the rest. Bytes after the end are
    allowed, because cameras append to it. Raises NotAPhotoError and TruncatedError.
    """
    has_frame, end = False, 0
    for segment in header(data):
        if segment.marker in FRAMES:
            if segment.end - segment.content < _MIN_FRAME_BYTES:
                raise NotAPhotoError("is not a JPEG: its frame header is too short")
            has_frame = True
        end = segment.end
    if not has_frame:
        raise NotAPhotoError("is not a JPEG: a scan comes before the frame header")
    if data.find(END_OF_IMAGE, end) < 0:
        raise TruncatedError("is a JPEG that ends before its picture does")


def header(data: bytes) -> Iterator[Segment]:
    """Yield the segments before the compressed data: the last one is the first SOS.

    Raises NotAPhotoError and TruncatedError.
    """
    for segment in _segments(data, 2):
        if segment.marker == EOI:
            raise NotAPhotoError("is a JPEG without a picture in it")
        yield segment
        if segment.marker == SOS:
            return


def frame_size(data: bytes, frame: Segment) -> tuple[int, int]:
    """Return the width and height, in pixels, that a frame header (SOF) states."""
    at = frame.content + 1  # after the precision
    height, width = data[at : at + 2], data[at + 2 : at + 4]
    return int.from_bytes(width, "big"), int.from_bytes(height, "big")


def next_marker(data: bytes, at: int) -> int:
    """Return the position of the marker after the compressed data at `at`; -1 if there is none."""
    marker = _IN_SCAN.search(data, at)
    return -1 if marker is None else marker.start()


def segment_at(data: bytes, start: int) -> Segment:
    """Return the segment whose marker is at `start`. Raises NotAPhotoError and TruncatedError."""
    marker, content = data[start + 1], start + 2
    if marker in STANDALONE or marker == EOI:
        return Segment(marker, start, content, content)
    if marker not in _KNOWN:
        raise NotAPhotoError(f"is not a JPEG: there is no marker at byte {start}")
    length = int.from_bytes(data[content : content + 2], "big")
    if content + 2 > len(data) or content + length > len(data):
        raise TruncatedError("is a JPEG that ends inside a segment")
    if length < 2:  # less than the length itself takes
        if marker not in _SKIPPED:
            raise NotAPhotoError(f"is not a JPEG: the segment at byte {content} has no length")
        length = 2  # libjpeg skips nothing then
    return Segment(marker, start, content + 2, content + length)


def _segments(data: bytes, at: int) -> Iterator[Segment]:
    for _ in range(MAX_SEGMENTS):
        match = _MARKER.search(data, at)
        if match is None:
            raise TruncatedError("is a JPEG that ends before its picture does")
        segment = segment_at(data, match.start())
        yield segment
        at = segment.end
    raise NotAPhotoError("is not a JPEG: it has more segments than a photo can have")


def redact(data: bytes, exif: bytes = b"") -> bytes:
    """Return the same picture, not encoded again, with its colour profile and without metadata.

    Which segments a maker uses for what is not known, so all are removed but those that a decoder
    needs. What follows the picture (other pictures, a clip) is removed as well. `exif` is a segment
    to insert. Raises NotAPhotoError and TruncatedError if there is no scan.
    """
    segments = list(header(data))
    kept = [segment for segment in segments if _is_needed(data, segment)]
    parts = [b"\xff\xd8"]
    parts += [data[one.start : one.end] for one in kept if one.marker == APP0]  # JFIF comes first
    parts.append(exif)
    parts += [data[one.start : one.end] for one in kept if one.marker != APP0]
    parts += _scans(data, segments[-1].end)
    return b"".join([*parts, END_OF_IMAGE])


def blank_metadata(data: bytes) -> bytes:
    """Return a JPEG of the same length, its metadata overwritten with zeros up to the first bytes
    that are not a JPEG's."""
    blanked = bytearray(data)
    with suppress(InvalidPhotoError):
        for segment in header(data):
            if not _is_needed(data, segment):
                blanked[segment.content : segment.end] = bytes(segment.end - segment.content)
    return bytes(blanked)


def max_scans(data: bytes) -> int:
    """Return how many scans a redacted JPEG has at most."""
    return data.count(bytes((0xFF, SOS)))


def _scans(data: bytes, at: int) -> Iterator[bytes]:
    """Yield the compressed data from `at` on, with the tables between scans. In damaged data, bytes
    that look like a marker and are none stay where they are."""
    for _ in range(MAX_SEGMENTS):
        marker = next_marker(data, at)
        if marker < 0:
            yield data[at:]
            return
        yield data[at:marker]
        try:
            segment = segment_at(data, marker)
        except InvalidPhotoError:
            segment = Segment(0, marker, marker + 2, marker + 2)
        if segment.marker == EOI or END_OF_IMAGE in data[segment.start : segment.end]:
            return  # in damaged data a segment may seem to extend beyond the end of the image
        if segment.marker == 0 or _is_needed(data, segment):
            yield data[segment.start : segment.end]
        at = segment.end


def _is_needed(data: bytes, segment: Segment) -> bool:
    """Return whether a decoder needs the segment."""
    if segment.marker in _APPLICATION:
        signature = _COLOURS.get(segment.marker)
        return signature is not None and data.startswith(signature, segment.content)
    return segment.marker in _PICTURE
