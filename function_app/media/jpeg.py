"""JPEG (ITU-T T.81, annex B): its segments, found as libjpeg finds them.

Where a marker is expected, libjpeg skips bytes that are not one, and so do all viewers built on
it. Nothing is decoded here.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from function_app.media.errors import InvalidPhotoError, NotAPhotoError, TruncatedError

START_OF_IMAGE, END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
MAX_SEGMENTS = 10_000  # 32 MB of EXIF and colour profiles are about 500; more is an attack

EOI, SOS = 0xD9, 0xDA
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_DHT, _DQT, _DRI = 0xC4, 0xDB, 0xDD  # Huffman codes, quantization, and how far restarts are apart
STANDALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and the restart markers have no parameters
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; those are tables, or reserved
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# Pictures in several resolutions, and arithmetic coding without loss: no viewer shows these.
_NOT_SHOWN = {0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}

# What a decoder needs to show the picture in its colours: frames, scans, the tables of both, and
# the application segments that begin with these signatures.
_PICTURE = FRAMES | STANDALONE | {_DHT, 0xCC, _DQT, 0xDC, _DRI, SOS}
_COLOURS = {APP0: b"JFIF\0", APP2: b"ICC_PROFILE\0", APP14: b"Adobe"}
# Of these, the bytes that a decoder reads: of a shorter one none, and Pillow stops at it. A longer
# JFIF has a thumbnail of its own.
_JFIF_BYTES, _ICC_BYTES, _ADOBE_BYTES = 14, 14, 12
_APPLICATION = range(0xE0, 0xF0)
_SKIPPED = {*_APPLICATION, 0xFE}  # and comments: their length is all that a decoder looks at

_RESTART_BYTES = 2
_TABLES = 4  # of each kind that a decoder keeps, by their number
_CODE_LENGTHS, _MAX_CODES = 16, 256  # of a table of Huffman codes
_MAX_CHECKED_TABLES = 8  # of a segment
_FRAME_BYTES, _COMPONENT_BYTES = 6, 3  # of a frame header: before its components, and of each
_MAX_SAMPLING = 4  # samples of a component across and down
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
            _check_frame(data, segment)
            has_frame = True
        elif not _is_table_right(data, segment):
            raise NotAPhotoError(f"is not a JPEG: the table at byte {segment.start} is damaged")
        end = segment.end
    if not has_frame:
        raise NotAPhotoError("is not a JPEG: a scan comes before the frame header")
    if data.find(END_OF_IMAGE, end) < 0:
        raise TruncatedError("is a JPEG that ends before its picture does")


def _check_frame(data: bytes, frame: Segment) -> None:
    """Return if there is a decoder that reads this frame header. Raises NotAPhotoError."""
    if frame.marker in _NOT_SHOWN:
        raise NotAPhotoError("is a JPEG of a kind that no viewer shows")
    parameters = data[frame.content : frame.end]
    components = parameters[_FRAME_BYTES:]
    is_right = len(parameters) > _FRAME_BYTES and (
        len(components) == _COMPONENT_BYTES * parameters[_FRAME_BYTES - 1]
    )
    if not is_right:
        raise NotAPhotoError("is not a JPEG: its frame header has a wrong length")
    if 0 in frame_size(data, frame):
        raise NotAPhotoError("is a JPEG without a width or a height")
    factors = {half for both in components[1::_COMPONENT_BYTES] for half in divmod(both, 16)}
    if not factors <= {*range(1, _MAX_SAMPLING + 1)}:
        raise NotAPhotoError("is not a JPEG: its frame header has wrong sampling factors")


def _is_table_right(data: bytes, segment: Segment) -> bool:
    """Return False for a table at which all decoders stop, whether the picture needs it or not."""
    at, end = segment.content, segment.end
    if segment.marker == _DRI:
        return end - at == _RESTART_BYTES
    if segment.marker == _DQT:
        return at == end or data[at] % 16 < _TABLES
    if segment.marker == _DHT:
        return _are_codes_right(data[at:end])
    return True


def _are_codes_right(tables: bytes) -> bool:
    """Return whether tables of Huffman codes (B.2.4.2) are of known numbers, and whole."""
    at = 0
    for _ in range(_MAX_CHECKED_TABLES):
        if at == len(tables):
            return True
        kind, number = divmod(tables[at], 16)
        codes = sum(tables[at + 1 : at + 1 + _CODE_LENGTHS])
        at += 1 + _CODE_LENGTHS + codes
        if kind > 1 or number >= _TABLES or codes > _MAX_CODES or at > len(tables):
            return False
    return True


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
    raise _too_many_segments()


def _too_many_segments() -> NotAPhotoError:
    return NotAPhotoError("is not a JPEG: it has more segments than a photo can have")


def redact(data: bytes, exif: bytes = b"") -> bytes:
    """Return the same picture, not encoded again, with its colour profile and without metadata.

    Which segments a maker uses for what is not known, so all are removed but those that a decoder
    needs. What follows the picture (other pictures, a clip) is removed as well. `exif` is a segment
    to insert. Raises NotAPhotoError and TruncatedError if there is no scan.
    """
    segments = list(header(data))
    # Restart markers before the scan mean nothing, and Pillow stops at the other one.
    kept = [one for one in segments if one.marker not in STANDALONE and _is_needed(data, one)]
    parts = [START_OF_IMAGE]
    parts += [_needed_bytes(data, one) for one in kept if one.marker == APP0]  # JFIF comes first
    parts.append(exif)
    parts += [_needed_bytes(data, one) for one in kept if one.marker != APP0]
    parts += _scans(data, segments[-1].end)
    return b"".join([*parts, END_OF_IMAGE])


def count_markers(data: bytes, max_count: int) -> int:
    """Return how many segments a JPEG has at most; `max_count` for more."""
    return sum(1 for _ in islice(_IN_SCAN.finditer(data), max_count))


def blank_metadata(data: bytes) -> bytes:
    """Return a JPEG of the same length. Its metadata and what follows it are overwritten with
    zeros, and so is everything from the first bytes on that are not a JPEG's."""
    blanked = bytearray(data)
    at = len(START_OF_IMAGE)
    try:
        for segment in header(data):
            blanked[at : segment.start] = bytes(segment.start - at)
            _blank(blanked, data, segment)
            at = segment.end
        for segment in _segments_in_scans(data, at):
            if segment.marker == EOI:
                blanked[segment.start : segment.end] = END_OF_IMAGE
                blanked[segment.end :] = bytes(len(data) - segment.end)
            elif segment.marker:
                _blank(blanked, data, segment)
            at = segment.end
    except InvalidPhotoError:
        blanked[at:] = bytes(len(data) - at)
    return bytes(blanked)


def _blank(blanked: bytearray, data: bytes, segment: Segment) -> None:
    """Overwrite what no decoder reads of a segment."""
    start = _end_of_needed(segment) if _is_needed(data, segment) else segment.content
    blanked[start : segment.end] = bytes(segment.end - start)


def _needed_bytes(data: bytes, segment: Segment) -> bytes:
    """Return a segment without the bytes that no decoder reads."""
    end = _end_of_needed(segment)
    if end == segment.end:
        return data[segment.start : segment.end]
    length = (2 + end - segment.content).to_bytes(2, "big")
    return bytes((0xFF, segment.marker)) + length + data[segment.content : end]


def _end_of_needed(segment: Segment) -> int:
    """Return where the bytes end that a decoder reads of a segment."""
    end = segment.content + _ADOBE_BYTES if segment.marker == APP14 else segment.end
    return min(end, segment.end)


def max_scans(data: bytes) -> int:
    """Return how many scans a redacted JPEG has at most."""
    return data.count(bytes((0xFF, SOS)))


def _scans(data: bytes, at: int) -> Iterator[bytes]:
    """Yield the compressed data from `at` on, with the tables between scans."""
    for segment in _segments_in_scans(data, at):
        yield data[at : segment.start]
        if segment.marker == EOI:
            return
        if segment.marker == 0 or _is_needed(data, segment):
            yield _needed_bytes(data, segment)
        at = segment.end
    yield data[at:]


def _segments_in_scans(data: bytes, at: int) -> Iterator[Segment]:
    """Yield the segments in the compressed data from `at` on, up to the end of the image. In
    damaged data, bytes that look like a marker and are none have the marker 0."""
    for _ in range(MAX_SEGMENTS):
        marker = next_marker(data, at)
        if marker < 0:
            return
        try:
            segment = segment_at(data, marker)
        except InvalidPhotoError:
            segment = Segment(0, marker, marker + 2, marker + 2)
        if END_OF_IMAGE in data[segment.start : segment.end]:
            # In damaged data a segment may seem to extend beyond the end of the image.
            segment = Segment(EOI, marker, marker + 2, marker + 2)
        yield segment
        if segment.marker == EOI:
            return
        at = segment.end
    raise _too_many_segments()


def _is_needed(data: bytes, segment: Segment) -> bool:
    """Return whether a decoder needs the segment."""
    if segment.marker not in _APPLICATION:
        return segment.marker in _PICTURE
    signature, size = _COLOURS.get(segment.marker), segment.end - segment.content
    if signature is None or not data.startswith(signature, segment.content):
        return False
    if segment.marker == APP0:
        return size == _JFIF_BYTES
    return size >= (_ADOBE_BYTES if segment.marker == APP14 else _ICC_BYTES)
