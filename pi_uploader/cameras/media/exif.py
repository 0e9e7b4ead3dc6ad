"""EXIF for a JPEG that has none: when, by which camera and why it was taken; and its preview.

Exif 3.0 (CIPA DC-008): a TIFF header, image file directories (IFDs) of tags and their values, in an
APP1 segment near the JPEG's first marker. The first IFD describes the photo and has the Exif IFD in
it; the one that follows it describes the preview ("thumbnail").
"""

import struct
from collections.abc import Mapping
from datetime import datetime

from photo_wire import __version__
from pi_uploader.cameras.camera import CaptureContext

IMAGE_DESCRIPTION, MODEL, SOFTWARE, DATE_TIME, EXIF_IFD = 0x010E, 0x0110, 0x0131, 0x0132, 0x8769
ORIENTATION = 0x0112
DATE_TIME_ORIGINAL, OFFSET_TIME_ORIGINAL, SUBSEC_TIME_ORIGINAL = 0x9003, 0x9011, 0x9291
_COMPRESSION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x0103, 0x011A, 0x011B, 0x0128
_PREVIEW_OFFSET, _PREVIEW_SIZE = 0x0201, 0x0202  # JPEGInterchangeFormat and its length
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5
_JPEG, _INCH = 6, 2
_SIGNATURE = b"Exif\x00\x00"
_APP1, _START_OF_SCAN = 0xE1, 0xDA
_MAX_SEGMENT = 0xFFFF  # bytes, its length included
_HEADER = b"MM\x00\x2a\x00\x00\x00\x08"  # big-endian TIFF, the first IFD at offset 8
_ENTRY_SIZE, _NEXT_IFD_SIZE = 12, 4  # bytes


def with_exif(jpeg: bytes, context: CaptureContext) -> bytes:
    """Return the JPEG with an Exif segment. What does not begin as a JPEG is returned unchanged."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    content = _SIGNATURE + _tiff(image_tags(context), photo_tags(context.taken_at))
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(content) + 2) + content + jpeg[2:]


def add_preview(jpeg: bytes, preview: bytes) -> bytes:
    """Return the JPEG, which has EXIF, with this small JPEG as its preview. Its pixels are in the
    order of the photo's, and so it has the photo's orientation.

    Raises ValueError or struct.error if the preview is empty or too large, or if the EXIF is
    missing, has a preview already, or is not well-formed.
    """
    start, end = _find_exif(jpeg)
    tiff = jpeg[start + 4 + len(_SIGNATURE) : end]
    order = "<" if tiff.startswith(b"II") else ">"
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    next_ifd = first + 2 + _ENTRY_SIZE * count
    if not preview or struct.unpack_from(f"{order}I", tiff, next_ifd) != (0,):
        raise ValueError("there is no preview to add, or the EXIF has one already")
    entries = [tiff[at : at + _ENTRY_SIZE] for at in range(first + 2, next_ifd, _ENTRY_SIZE)]
    orientation = [one for one in entries if struct.unpack_from(f"{order}H", one) == (ORIENTATION,)]
    grown = bytearray(tiff + b"\x00" * (len(tiff) % 2))  # IFDs begin at even offsets
    struct.pack_into(f"{order}I", grown, next_ifd, len(grown))
    grown += _preview_ifd(order, len(grown), len(preview), orientation[:1]) + preview
    content = _SIGNATURE + grown
    if len(content) + 2 > _MAX_SEGMENT:
        raise ValueError(f"a preview of {len(preview)} bytes is too large for EXIF")
    segment = struct.pack(">BBH", 0xFF, _APP1, len(content) + 2) + content
    return b"".join((jpeg[:start], segment, jpeg[end:]))


def _find_exif(jpeg: bytes) -> tuple[int, int]:
    """Return the offsets of the start and the end of the segment with EXIF. Raises ValueError or
    struct.error if there is none."""
    at = 2
    while True:
        marker, kind, size = struct.unpack_from(">BBH", jpeg, at)
        if marker != 0xFF or kind == _START_OF_SCAN or size < 2:
            raise ValueError("the JPEG has no EXIF")
        if kind == _APP1 and jpeg.startswith(_SIGNATURE, at + 4):
            return at, at + 2 + size
        at += 2 + size


def _preview_ifd(order: str, offset: int, size: int, orientation: list[bytes]) -> bytes:
    """Return the IFD, to be written at `offset`, of a preview of `size` bytes that follows it. It
    has the tags that Exif requires, and the entry with the photo's orientation if that has one."""
    count = 6 + len(orientation)
    resolution_offset = offset + 2 + _ENTRY_SIZE * count + _NEXT_IFD_SIZE
    resolution = struct.pack(f"{order}II", 72, 1)  # dots per inch: Exif's value for an unknown one
    short, long = f"{order}HHIHxx", f"{order}HHII"
    entries = [
        struct.pack(short, _COMPRESSION, _SHORT, 1, _JPEG),
        *orientation,
        struct.pack(long, _X_RESOLUTION, _RATIONAL, 1, resolution_offset),
        struct.pack(long, _Y_RESOLUTION, _RATIONAL, 1, resolution_offset),
        struct.pack(short, _RESOLUTION_UNIT, _SHORT, 1, _INCH),
        struct.pack(long, _PREVIEW_OFFSET, _LONG, 1, resolution_offset + len(resolution)),
        struct.pack(long, _PREVIEW_SIZE, _LONG, 1, size),
    ]
    ifd = struct.pack(f"{order}H", count) + b"".join(entries) + bytes(_NEXT_IFD_SIZE)
    return ifd + resolution


def image_tags(context: CaptureContext) -> dict[int, str]:
    """Return the tags of the file's first IFD."""
    tags = {
        IMAGE_DESCRIPTION: context.description,
        MODEL: context.camera,
        SOFTWARE: f"Nightjar {__version__}",
    }
    if context.taken_at:
        tags[DATE_TIME] = f"{context.taken_at:%Y:%m:%d %H:%M:%S}"
    return tags


def photo_tags(taken_at: datetime | None) -> dict[int, str]:
    """Return the tags of its Exif IFD; none without a time, which is in UTC."""
    if taken_at is None:
        return {}
    return {
        DATE_TIME_ORIGINAL: f"{taken_at:%Y:%m:%d %H:%M:%S}",
        OFFSET_TIME_ORIGINAL: "+00:00",
        SUBSEC_TIME_ORIGINAL: f"{taken_at.microsecond // 1000:03d}",
    }


def _tiff(image: Mapping[int, str], photo: Mapping[int, str]) -> bytes:
    values_offset = len(_HEADER) + 2 + _ENTRY_SIZE * (len(image) + 1) + _NEXT_IFD_SIZE
    values_size = sum(len(_value(text)) for text in image.values() if len(_value(text)) > 4)
    exif_offset = values_offset + values_size
    first_ifd = _ifd({**image, EXIF_IFD: exif_offset}, len(_HEADER))
    return _HEADER + first_ifd + _ifd(dict(photo), exif_offset)


def _ifd(tags: Mapping[int, str | int], offset: int) -> bytes:
    """Return an IFD that lies at `offset`, followed by its values of more than four bytes."""
    entries, values = b"", b""
    values_offset = offset + 2 + _ENTRY_SIZE * len(tags) + _NEXT_IFD_SIZE
    for tag, content in sorted(tags.items()):
        if isinstance(content, int):
            entries += struct.pack(">HHII", tag, _LONG, 1, content)
            continue
        value = _value(content)
        entries += struct.pack(">HHI", tag, _ASCII, len(content) + 1)
        if len(value) > 4:
            entries += struct.pack(">I", values_offset + len(values))
            values += value
        else:
            entries += value.ljust(4, b"\x00")
    return struct.pack(">H", len(tags)) + entries + struct.pack(">I", 0) + values


def _value(text: str) -> bytes:
    """Return the text as ASCII, terminated by a zero and padded to an even number of bytes."""
    value = text.encode("ascii") + b"\x00"
    return value + b"\x00" * (len(value) % 2)
