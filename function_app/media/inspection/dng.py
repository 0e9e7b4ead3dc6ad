"""A DNG: a TIFF that says so, with every piece of its pictures inside the file.

TIFF 6.0, section 2; DNG 1.7, chapters 2 and 4. A sensor's raw picture is either in the first
directory or, with a preview there, in one of that one's sub-directories. Only what the pictures
need is checked: programs that edit a DNG leave EXIF, XMP and private data that lie elsewhere.
"""

import struct
from dataclasses import dataclass

from function_app.media.inspection.errors import CutShortError, NotAPhotoError

SIGNATURES = (b"II*\0", b"MM\0*")
MAX_DIRECTORIES = 32
MAX_TAGS = 1_000  # in one directory
MAX_PIECES = 100_000  # strips and tiles together

_DNG_VERSION = 50706
_SUB_DIRECTORIES = 330  # with pictures; what EXIF points at holds none
_PIECES = ((273, 279), (324, 325))  # offsets and byte counts: of strips, of tiles
_WHOLE_NUMBERS = {3: "H", 4: "I", 13: "I"}


@dataclass(frozen=True, slots=True)
class _Tag:
    kind: int
    count: int
    at: int  # where its entry's last four bytes are: its values, or where these are


def check(data: bytes) -> None:
    """Return if `data` is a DNG whose strips and tiles all lie inside it.

    Raises NotAPhotoError, for a TIFF that is no DNG too, and CutShortError.
    """
    order = "<" if data.startswith(b"II") else ">"
    (first,) = _numbers(data, order, "I", 4, 1)
    waiting, seen, pieces = [first], {first}, 0
    while waiting:
        at = waiting.pop()
        tags = _directory(data, order, at)
        if at == first and _DNG_VERSION not in tags:
            raise NotAPhotoError("is a TIFF but not a DNG: it has no DNGVersion")
        pieces += _check_pieces(data, order, tags)
        found = _values(data, order, tags.get(_SUB_DIRECTORIES), MAX_DIRECTORIES)
        waiting += set(found) - seen  # a directory may point back at one that was seen
        seen.update(found)
        if len(seen) > MAX_DIRECTORIES or pieces > MAX_PIECES:
            raise NotAPhotoError("is not a DNG: it has more parts than a photo can have")
    if pieces == 0:
        raise NotAPhotoError("is a DNG without a picture in it")


def _directory(data: bytes, order: str, at: int) -> dict[int, _Tag]:
    """The tags of the directory at `at`. Their values may lie anywhere."""
    (count,) = _numbers(data, order, "H", at, 1)
    if count > MAX_TAGS:
        raise NotAPhotoError(f"is not a DNG: it has a directory of {count} tags")
    _inside(data, at + 2, 12 * count)  # which directory comes next is not asked
    tags = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        number, kind, values = struct.unpack_from(order + "HHI", data, entry)
        tags[number] = _Tag(kind, values, entry + 8)
    return tags


def _check_pieces(data: bytes, order: str, tags: dict[int, _Tag]) -> int:
    """How many strips and tiles the directory has; each lies inside the file."""
    pieces = 0
    for offsets, counts in _PIECES:
        starts = _values(data, order, tags.get(offsets), MAX_PIECES)
        sizes = _values(data, order, tags.get(counts), MAX_PIECES)
        if len(starts) != len(sizes) or 0 in sizes:
            raise NotAPhotoError("is not a DNG: its strips or tiles have no sizes")
        for start, size in zip(starts, sizes, strict=True):
            _inside(data, start, size)
        pieces += len(starts)
    return pieces


def _values(data: bytes, order: str, tag: _Tag | None, most: int) -> tuple[int, ...]:
    """The whole numbers of a tag; none if the tag is absent."""
    if tag is None:
        return ()
    letter = _WHOLE_NUMBERS.get(tag.kind)
    if letter is None or tag.count > most:
        raise NotAPhotoError("is not a DNG: one of its tags has values that cannot be right")
    at = tag.at
    if struct.calcsize(order + letter) * tag.count > 4:
        (at,) = _numbers(data, order, "I", at, 1)
    return _numbers(data, order, letter, at, tag.count)


def _numbers(data: bytes, order: str, letter: str, at: int, count: int) -> tuple[int, ...]:
    layout = struct.Struct(f"{order}{count}{letter}")
    _inside(data, at, layout.size)
    return layout.unpack_from(data, at)


def _inside(data: bytes, at: int, size: int) -> None:
    if at + size > len(data):
        raise CutShortError(f"is a DNG that ends before byte {at + size}")
