"""The preview of a DNG: a JPEG beside the sensor's raw picture, in a directory of its own.

TIFF 6.0, section 2; DNG 1.7, chapter 2. The bytes come from outside: whatever they are, the answer
comes after a few short reads.
"""

import struct
from typing import Any, BinaryIO

MAX_DIRECTORIES = 16
MAX_TAGS = 200  # in one directory; a DNG's first one has about 60
MAX_BYTES = 16_000_000  # of a preview
MAX_TIFF_PIXELS = 4_000_000  # a TIFF is not decoded to a fraction of its size

_KIND, _COMPRESSION, _AT, _ORIENTATION, _SIZE, _WITHIN = 254, 259, 273, 274, 279, 330
_WIDTH, _HEIGHT, _PHOTOMETRIC = 256, 257, 262
_PLAIN = (0, 1, 2)  # grey, its values either way round; red, green and blue
_PREVIEWS = (1, 0x10001)  # a smaller picture, and one of another rendering
_JPEG = 7
_WHOLE_NUMBERS = {3: "H", 4: "I", 13: "I"}


def preview(raw: BinaryIO) -> tuple[bytes, int]:
    """The first preview that is a JPEG, undecoded, and how it is to be turned, as Exif numbers it
    (1 for upright). Nothing and 1 if there is none, or if the file is no TIFF."""
    raw.seek(0)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(raw.read(4))
    if order is None:
        return b"", 1
    seen: set[int] = set()
    turned = None
    try:
        waiting = list(_unpack(raw, order + "I", 4))
        while waiting and len(seen) < MAX_DIRECTORIES:
            at = waiting.pop(0)
            if at == 0 or at in seen:  # none follows, or they form a ring
                continue
            seen.add(at)
            tags, following = _directory(raw, order, at)
            turned = turned or tags.get(_ORIENTATION, [1])[0]  # the first one's is that of all
            if jpeg := _jpeg(raw, tags):
                return jpeg, turned
            waiting += [*tags.get(_WITHIN, []), following]
    except struct.error:  # it ends before it should
        pass
    return b"", 1


def has_small_picture(raw: BinaryIO) -> bool:
    """Whether the first directory says of its picture that it is in plain colours or grey, not
    compressed, and small."""
    raw.seek(0)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(raw.read(4))
    if order is None:
        return False
    try:
        tags, _ = _directory(raw, order, *_unpack(raw, order + "I", 4))
    except struct.error:
        return False
    (colours,), (compression,) = tags.get(_PHOTOMETRIC, [-1]), tags.get(_COMPRESSION, [1])
    (width,), (height,) = tags.get(_WIDTH, [0]), tags.get(_HEIGHT, [0])
    return colours in _PLAIN and compression == 1 and 0 < width * height <= MAX_TIFF_PIXELS


def _jpeg(raw: BinaryIO, tags: dict[int, list[int]]) -> bytes:
    """The picture of a directory, if it is a preview, a JPEG, and in one piece."""
    kind, compression, at, size = (
        tags.get(tag, [0])[0] for tag in (_KIND, _COMPRESSION, _AT, _SIZE)
    )
    if kind not in _PREVIEWS or compression != _JPEG or size > MAX_BYTES:
        return b""
    raw.seek(at)
    return raw.read(size)


def _directory(raw: BinaryIO, order: str, at: int) -> tuple[dict[int, list[int]], int]:
    """The tags that hold one whole number, those of the directories within it, and where the next
    directory is."""
    (count,) = _unpack(raw, order + "H", at)
    if count > MAX_TAGS:
        return {}, 0
    *entries, following = _unpack(raw, order + count * "HHI4s" + "I", at + 2)
    tags = {}
    for tag, kind, values, held in zip(*[iter(entries)] * 4, strict=True):
        if kind not in _WHOLE_NUMBERS:
            continue
        layout = f"{order}{values}{_WHOLE_NUMBERS[kind]}"
        if values == 1:
            tags[tag] = list(struct.unpack_from(layout, held))
        elif tag == _WITHIN and 1 < values <= MAX_DIRECTORIES:
            tags[tag] = list(_unpack(raw, layout, *struct.unpack(order + "I", held)))
    return tags, following


def _unpack(raw: BinaryIO, layout: str, at: int) -> tuple[Any, ...]:
    raw.seek(at)
    return struct.unpack(layout, raw.read(struct.calcsize(layout)))
