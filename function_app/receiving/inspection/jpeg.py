"""A JPEG from its first marker to its last (ITU-T T.81, annex B)."""

import re

from function_app.receiving.inspection.verdict import CutShortError, NotAPhotoError

SIGNATURE = b"\xff\xd8\xff"
MOST_SEGMENTS = 10_000  # 32 MB of EXIF and colour profiles are about 500; more is an attack

_END = 0xD9
_SCAN = 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and the restart markers have no length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # those are tables, and one is reserved
_FILL = re.compile(rb"\xff+")
_MARKER = re.compile(
    rb"\xff[\x01-\xcf\xd8-\xfe]"
)  # in a scan: no stuffed zero, no restart, no fill


def check(data: bytes) -> None:
    """Return if `data` holds a frame header, a scan and the end of the image, in this order.

    Segments are skipped by their length, so that the end of a thumbnail inside EXIF does not count.
    Bytes after the end are allowed: cameras append to it. Raises NotAPhotoError and CutShortError.
    """
    at = 2
    has_frame = has_scan = False
    for _ in range(MOST_SEGMENTS):
        marker, at = _marker(data, at)
        if marker in _STANDALONE:
            continue
        if marker == _END:
            if not has_scan:
                raise NotAPhotoError("is a JPEG without a picture in it")
            return
        end = _segment_end(data, at)
        if marker in _FRAMES:
            if end - at < 11:  # length, precision, height, width, and one component of three bytes
                raise NotAPhotoError("is not a JPEG: its frame header is too short")
            has_frame = True
        if marker == _SCAN:
            if not has_frame:
                raise NotAPhotoError("is not a JPEG: a scan comes before the frame header")
            has_scan = True
            end = _scan_end(data, end)
        at = end
    raise NotAPhotoError("is not a JPEG: it has more segments than a photo can have")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, behind any fill bytes, and where its segment begins."""
    if at < len(data) and data[at] != 0xFF:
        raise NotAPhotoError(f"is not a JPEG: there is no marker at byte {at}")
    fill = _FILL.match(data, at)
    at = fill.end() if fill else at
    if at >= len(data):
        raise CutShortError("is a JPEG that ends before its picture does")
    if data[at] in (0x00, 0xD8):
        raise NotAPhotoError(f"is not a JPEG: there is no marker at byte {at}")
    return data[at], at + 1


def _segment_end(data: bytes, at: int) -> int:
    length = int.from_bytes(data[at : at + 2], "big")
    if at + 2 > len(data) or at + length > len(data):
        raise CutShortError("is a JPEG that ends inside a segment")
    if length < 2:
        raise NotAPhotoError(f"is not a JPEG: the segment at byte {at} has no length")
    return at + length


def _scan_end(data: bytes, at: int) -> int:
    marker = _MARKER.search(data, at)
    if marker is None:
        raise CutShortError("is a JPEG that ends before its picture does")
    return marker.start()
