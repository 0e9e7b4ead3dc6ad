"""EXIF for a JPEG that has none: when, by which camera and why it was taken.

Exif 3.0 (CIPA DC-008): a TIFF header, two folders of tags and their values, in an APP1 segment
right after the JPEG's first marker.
"""

import struct
from collections.abc import Mapping
from datetime import datetime

from photo_wire import __version__
from pi_uploader.cameras.camera import CaptureContext

IMAGE_DESCRIPTION, MODEL, SOFTWARE, DATE_TIME, EXIF_FOLDER = 0x010E, 0x0110, 0x0131, 0x0132, 0x8769
DATE_TIME_ORIGINAL, OFFSET_TIME_ORIGINAL, SUBSEC_TIME_ORIGINAL = 0x9003, 0x9011, 0x9291
_ASCII, _LONG = 2, 4
_HEADER = b"MM\x00\x2a\x00\x00\x00\x08"  # big-endian TIFF, the first folder at offset 8
_ENTRY, _NEXT = 12, 4  # bytes


def with_exif(jpeg: bytes, occasion: CaptureContext) -> bytes:
    """The JPEG with an Exif segment. What does not begin as a JPEG comes back as it is."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    content = b"Exif\x00\x00" + _tiff(image_tags(occasion), photo_tags(occasion.taken_at))
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(content) + 2) + content + jpeg[2:]


def image_tags(occasion: CaptureContext) -> dict[int, str]:
    """What the file's first folder of tags says."""
    tags = {
        IMAGE_DESCRIPTION: occasion.description,
        MODEL: occasion.camera,
        SOFTWARE: f"Nightjar {__version__}",
    }
    if occasion.taken_at:
        tags[DATE_TIME] = f"{occasion.taken_at:%Y:%m:%d %H:%M:%S}"
    return tags


def photo_tags(taken_at: datetime | None) -> dict[int, str]:
    """What its Exif folder says."""
    if taken_at is None:
        return {}
    return {
        DATE_TIME_ORIGINAL: f"{taken_at:%Y:%m:%d %H:%M:%S}",
        OFFSET_TIME_ORIGINAL: "+00:00",
        SUBSEC_TIME_ORIGINAL: f"{taken_at.microsecond // 1000:03d}",
    }


def _tiff(image: Mapping[int, str], photo: Mapping[int, str]) -> bytes:
    after = len(_HEADER) + 2 + _ENTRY * (len(image) + 1) + _NEXT
    values = sum(len(_value(text)) for text in image.values() if len(_value(text)) > 4)
    pointer = {EXIF_FOLDER: after + values}
    first = _folder({**image, **pointer}, len(_HEADER))
    return _HEADER + first + _folder(dict(photo), pointer[EXIF_FOLDER])


def _folder(tags: Mapping[int, str | int], offset: int) -> bytes:
    """A folder of tags that lies at `offset`, its longer values behind it."""
    entries, values = b"", b""
    values_at = offset + 2 + _ENTRY * len(tags) + _NEXT
    for tag, what in sorted(tags.items()):
        if isinstance(what, int):
            entries += struct.pack(">HHII", tag, _LONG, 1, what)
            continue
        value = _value(what)
        entries += struct.pack(">HHI", tag, _ASCII, len(what) + 1)
        if len(value) > 4:
            entries += struct.pack(">I", values_at + len(values))
            values += value
        else:
            entries += value.ljust(4, b"\x00")
    return struct.pack(">H", len(tags)) + entries + struct.pack(">I", 0) + values


def _value(text: str) -> bytes:
    """ASCII, closed by a zero and filled up to an even number of bytes."""
    value = text.encode("ascii") + b"\x00"
    return value + b"\x00" * (len(value) % 2)
