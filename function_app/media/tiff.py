"""TIFF 6.0 (section 2): the structure of a DNG, and of EXIF inside a JPEG.

A TIFF consists of directories of tags. The reader reads what it is asked for and nothing else, so
it works on bytes in memory and on a stored file alike. The caller bounds how much it asks for.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from function_app.media.errors import TruncatedError
from function_app.media.sources import ReadAt

# SHORT, LONG, SLONG, IFD: offsets, sizes and other integers. Offsets are not negative.
OFFSET_TYPES = {3: "H", 4: "I", 9: "I", 13: "I"}
ENTRY_BYTES = 12  # of a tag in its directory

_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


class Tag(NamedTuple):
    """`value_count` values of one `type`. Its entry in the directory begins at `entry_at` and ends
    with `field`: four bytes that hold the values, if these fit, or else their offset."""

    type: int
    value_count: int
    field: bytes
    entry_at: int

    @property
    def size(self) -> int:
        """The length of all values, in bytes."""
        return _TYPE_BYTES.get(self.type, 1) * self.value_count

    @property
    def is_inline(self) -> bool:
        return self.size <= len(self.field)


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory at the offset `at`. `count` is how many tags it states; `tags` are those that
    were read, by number. `next_at` is the offset of the next directory, 0 for none; None if it is
    outside the file."""

    at: int
    count: int
    tags: Sequence[tuple[int, Tag]]
    next_at: int | None

    @property
    def end(self) -> int:
        """The offset after the last tag that the directory states."""
        return self.at + 2 + ENTRY_BYTES * self.count


class TiffReader:
    """Reads a TIFF with `read`. `byte_order` is that of `struct`: "<" or ">"."""

    def __init__(self, read: ReadAt, byte_order: str) -> None:
        self._read, self.byte_order = read, byte_order

    def first_directory(self) -> int:
        """Return the offset of the first directory. Raises TruncatedError."""
        return self.numbers("I", 4, 1)[0]

    def directory(self, at: int, max_tags: int) -> Directory:
        """Return the directory at `at` with its tags: those that are in the file, up to `max_tags`.

        Raises TruncatedError if there is not even a directory's first byte.
        """
        (count,) = self.numbers("H", at, 1)
        size, start = ENTRY_BYTES * min(count, max_tags), at + 2
        data = self._read(start, size + 4)
        whole = min(size, len(data) // ENTRY_BYTES * ENTRY_BYTES)
        entries = struct.iter_unpack(self.byte_order + "HHI4s", data[:whole])
        tags = [
            (number, Tag(kind, values, field, entry_at))
            for (number, kind, values, field), entry_at in zip(
                entries, range(start, start + whole, ENTRY_BYTES), strict=True
            )
        ]
        is_whole = len(data) == size + 4
        next_at = struct.unpack_from(self.byte_order + "I", data, size)[0] if is_whole else None
        return Directory(at, count, tags, next_at)

    def values_at(self, tag: Tag) -> int:
        """Return the offset of the tag's values, which may be outside the file."""
        if tag.is_inline:
            return tag.entry_at + ENTRY_BYTES - len(tag.field)
        return int(struct.unpack(self.byte_order + "I", tag.field)[0])

    def values(self, tag: Tag, letter: str, max_count: int) -> tuple[int, ...]:
        """Return the first values of a tag, up to `max_count`, as `struct` reads them by `letter`.

        Raises TruncatedError if they are outside the file.
        """
        count = min(tag.value_count, max_count)
        if tag.is_inline:
            return struct.unpack_from(f"{self.byte_order}{count}{letter}", tag.field)
        return self.numbers(letter, self.values_at(tag), count)

    def numbers(self, letter: str, at: int, count: int) -> tuple[int, ...]:
        """Return `count` numbers from the offset `at` on. Raises TruncatedError."""
        layout = struct.Struct(f"{self.byte_order}{count}{letter}")
        data = self._read(at, layout.size)
        if len(data) < layout.size:
            # A client sees this text of a DNG alone.
            raise TruncatedError(f"is a DNG that ends before byte {at + layout.size}")
        return layout.unpack(data)


def byte_order(tiff: bytes) -> str:
    """Return the byte order that a TIFF begins with; an empty text if it is not a TIFF."""
    return _BYTE_ORDERS.get(tiff[:2], "")


def pack_directory(byte_order: str, entries: Sequence[bytes], next_at: int) -> bytes:
    """Return a directory with these entries, and the offset of the next directory (0 for none)."""
    count = struct.pack(byte_order + "H", len(entries))
    return count + b"".join(entries) + struct.pack(byte_order + "I", next_at)
