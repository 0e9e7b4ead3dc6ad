"""The preview inside a JPEG (docs/decisions/0061-a-jpeg-carries-its-preview.md)."""

import struct

_EXIF, _JPEG_START = b"Exif\0\0", b"\xff\xd8\xff"
_OFFSET, _LENGTH = 0x0201, 0x0202  # JPEGInterchangeFormat and ...Length of IFD1; EXIF 2.32, 4.6.3
_MAX_ENTRIES = 200
_SEGMENTS_BEFORE_PICTURE = range(0xE0, 0xF0)  # APP0 to APP15


def preview_in(jpeg: bytes) -> bytes | None:
    """Return the preview that a JPEG, or the first part of one, contains; None if it has none. A
    preview has less than 64 KB, since an EXIF segment has no more."""
    try:
        tiff = _exif_of(jpeg)
        return _thumbnail_of(tiff) if tiff else None
    except (struct.error, IndexError):  # damaged
        return None


def _exif_of(jpeg: bytes) -> bytes | None:
    """Return the TIFF structure in a JPEG's EXIF segment."""
    if not jpeg.startswith(_JPEG_START):
        return None
    at = 2
    while jpeg[at] == 0xFF and jpeg[at + 1] in _SEGMENTS_BEFORE_PICTURE:
        (size,) = struct.unpack_from(">H", jpeg, at + 2)
        if jpeg[at + 4 : at + 10] == _EXIF:
            return jpeg[at + 10 : at + 2 + size]
        at += 2 + size
    return None


def _thumbnail_of(tiff: bytes) -> bytes | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    (second,) = struct.unpack_from(f"{order}I", tiff, first + 2 + 12 * count)
    if not second:
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, second)
    values: dict[int, int] = {}
    for number in range(min(count, _MAX_ENTRIES)):
        tag, _, _, value = struct.unpack_from(f"{order}HHII", tiff, second + 2 + 12 * number)
        values[tag] = value
    start, size = values.get(_OFFSET, 0), values.get(_LENGTH, 0)
    picture = tiff[start : start + size]
    return picture if picture.startswith(_JPEG_START) and len(picture) == size else None
