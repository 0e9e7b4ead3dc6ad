"""EXIF for a JPEG that has none: when, by which camera and why it was taken.

Exif 3.0 (CIPA DC-008): a TIFF header, two image file directories (IFDs) of tags and their values,
in an APP1 segment right after the JPEG's first marker.
"""

import struct
from collections.abc import Mapping
from datetime import datetime

from photo_wire import __version__
from pi_uploader.cameras.camera import CaptureContext

IMAGE_DESCRIPTION, MODEL, SOFTWARE, DATE_TIME, EXIF_IFD = 0x010E, 0x0110, 0x0131, 0x0132, 0x8769
DATE_TIME_ORIGINAL, OFFSET_TIME_ORIGINAL, SUBSEC_TIME_ORIGINAL = 0x9003, 0x9011, 0x9291
_ASCII, _LONG = 2, 4
_HEADER = b"MM\x00\x2a\x00\x00\x00\x08"  # big-endian TIFF, the first IFD at offset 8
_ENTRY_SIZE, _NEXT_IFD_SIZE = 12, 4  # bytes


def with_exif(jpeg: bytes, context: CaptureContext) -> bytes:
    """Return the JPEG with an Exif segment. What does not begin as a JPEG is returned unchanged."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    content = b"Exif\x00\x00" + _tiff(image_tags(context), photo_tags(context.taken_at))
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(content) + 2) + content + jpeg[2:]


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
