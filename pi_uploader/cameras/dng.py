"""A DNG's preview: a small JPEG in a directory of its own, beside the sensor's raw picture.

picamera2's DNGs (PiDNG) have one directory, of the raw picture, and no preview: no browser and no
file manager shows anything of them. TIFF 6.0, section 2; DNG 1.7, chapter 2, which has previews in
the first directory's SubIFDs.
"""

import struct
from typing import Any, BinaryIO

_WITHIN = 330  # SubIFDs: where the directories within this one are
_SHORT, _LONG = 3, 4
_BITS = struct.pack("<3H", 8, 8, 8)  # of each of a preview's colours


def add_preview(raw: BinaryIO, jpeg: bytes, size: tuple[int, int]) -> None:
    """Give the DNG `raw` this JPEG, of `size` pixels in colour, as its preview. It is appended; of
    what is there, only the number that says where the first directory is changes.

    Raises ValueError or struct.error, and changes nothing, if the DNG is not built as PiDNG's are.
    """
    mark, first = _read(raw, 0, "<4sI")
    (count,) = _read(raw, first, "<H")
    *entries, following = _read(raw, first + 2, "<" + "12s" * count + "I")
    if mark != b"II*\0" or following or any(_tag(entry) == _WITHIN for entry in entries):
        raise ValueError("the DNG is not built as the Pi's camera builds them")
    # With one entry more the first directory does not fit where it is: a copy goes to the end, and
    # the preview right behind it, so that a reader finds both at once.
    end = raw.seek(0, 2)
    at = end + end % 2  # directories begin at even bytes
    preview_at = at + _length(count + 1)
    copy = _directory([*entries, _entry(_WITHIN, _LONG, preview_at)])
    raw.write(bytes(at - end) + copy + _preview(preview_at, jpeg, size))
    raw.seek(4)
    raw.write(struct.pack("<I", at))


def _preview(at: int, jpeg: bytes, size: tuple[int, int]) -> bytes:
    """The directory that describes the JPEG, for the place `at`, and the JPEG behind it."""
    width, height = size
    entries = [
        _entry(254, _LONG, 1),  # a preview
        _entry(256, _LONG, width),
        _entry(257, _LONG, height),
        _entry(259, _SHORT, 7),  # a JPEG
        _entry(262, _SHORT, 6),  # in YCbCr
        _entry(277, _SHORT, 3),  # three colours
        _entry(278, _LONG, height),  # rows in its one strip
        _entry(279, _LONG, len(jpeg)),
        _entry(50970, _LONG, 2),  # sRGB
    ]
    bits_at = at + _length(len(entries) + 2)
    entries.append(struct.pack("<HHII", 258, _SHORT, 3, bits_at))
    entries.append(_entry(273, _LONG, bits_at + len(_BITS)))  # where the strip is
    return _directory(entries) + _BITS + jpeg


def _read(raw: BinaryIO, at: int, layout: str) -> tuple[Any, ...]:
    raw.seek(at)
    return struct.unpack(layout, raw.read(struct.calcsize(layout)))


def _entry(tag: int, kind: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, 1, value)  # a SHORT's bytes come first in it, too


def _tag(entry: bytes) -> int:
    return int.from_bytes(entry[:2], "little")


def _length(entries: int) -> int:
    return 2 + 12 * entries + 4


def _directory(entries: list[bytes]) -> bytes:
    ordered = sorted(entries, key=lambda entry: _tag(entry))
    return struct.pack("<H", len(entries)) + b"".join(ordered) + bytes(4)  # none follows
