"""A DNG's preview: a small JPEG beside the raw picture, in its own image file directory (IFD).

picamera2's DNGs (PiDNG) have one IFD, of the raw picture, and no preview, so that browsers and file
managers cannot show them. See TIFF 6.0, section 2, and DNG 1.7, chapter 2: previews are in the
first IFD's SubIFDs.
"""

import struct
from typing import Any, BinaryIO

_SUB_IFDS = 330
_SHORT, _LONG = 3, 4
_BITS_PER_SAMPLE = struct.pack("<3H", 8, 8, 8)  # of a preview's three colours


def add_preview(raw: BinaryIO, jpeg: bytes, size: tuple[int, int]) -> None:
    """Add this colour JPEG of `size` pixels to the DNG `raw` as its preview. It is appended; of the
    bytes before it, only the offset of the first IFD changes.

    Raises ValueError or struct.error, and changes nothing, if the DNG is not laid out as PiDNG's.
    """
    magic, first = _read(raw, 0, "<4sI")
    (count,) = _read(raw, first, "<H")
    *entries, next_ifd = _read(raw, first + 2, "<" + "12s" * count + "I")
    if magic != b"II*\0" or next_ifd or any(_tag(entry) == _SUB_IFDS for entry in entries):
        raise ValueError("the DNG is not built as the Pi's camera builds them")
    # With one more entry the first IFD does not fit in its place: a copy is appended, and the
    # preview after it, so that a reader finds both together.
    end = raw.seek(0, 2)
    offset = end + end % 2  # IFDs begin at even offsets
    preview_offset = offset + _ifd_size(count + 1)
    copy = _ifd([*entries, _entry(_SUB_IFDS, _LONG, preview_offset)])
    raw.write(bytes(offset - end) + copy + _preview(preview_offset, jpeg, size))
    raw.seek(4)
    raw.write(struct.pack("<I", offset))


def preview_in(raw: bytes) -> bytes | None:
    """Return the preview that `add_preview` has added: the last JPEG of a DNG, at its end. None if
    there is none."""
    start = raw.rfind(b"\xff\xd8\xff")
    return raw[start:] if start >= 0 and raw.endswith(b"\xff\xd9") else None


def _preview(offset: int, jpeg: bytes, size: tuple[int, int]) -> bytes:
    """Return the IFD that describes the JPEG, to be written at `offset`, followed by the JPEG."""
    width, height = size
    entries = [
        _entry(254, _LONG, 1),  # NewSubfileType: a preview
        _entry(256, _LONG, width),
        _entry(257, _LONG, height),
        _entry(259, _SHORT, 7),  # Compression: JPEG
        _entry(262, _SHORT, 6),  # PhotometricInterpretation: YCbCr
        _entry(277, _SHORT, 3),  # SamplesPerPixel
        _entry(278, _LONG, height),  # RowsPerStrip, of its one strip
        _entry(279, _LONG, len(jpeg)),  # StripByteCounts
        _entry(50970, _LONG, 2),  # PreviewColorSpace: sRGB
    ]
    bits_offset = offset + _ifd_size(len(entries) + 2)
    entries.append(struct.pack("<HHII", 258, _SHORT, 3, bits_offset))
    entries.append(_entry(273, _LONG, bits_offset + len(_BITS_PER_SAMPLE)))  # StripOffsets
    return _ifd(entries) + _BITS_PER_SAMPLE + jpeg


def _read(raw: BinaryIO, offset: int, layout: str) -> tuple[Any, ...]:
    raw.seek(offset)
    return struct.unpack(layout, raw.read(struct.calcsize(layout)))


def _entry(tag: int, kind: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, 1, value)  # also right for a SHORT: little-endian


def _tag(entry: bytes) -> int:
    return int.from_bytes(entry[:2], "little")


def _ifd_size(entries: int) -> int:
    return 2 + 12 * entries + 4


def _ifd(entries: list[bytes]) -> bytes:
    ordered = sorted(entries, key=_tag)
    return struct.pack("<H", len(entries)) + b"".join(ordered) + bytes(4)  # no next IFD
