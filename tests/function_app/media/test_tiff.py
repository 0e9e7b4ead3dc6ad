"""The reader of TIFF directories, over bytes that end anywhere."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.errors import TruncatedError
from function_app.media.sources import bytes_source
from function_app.media.tiff import ENTRY_BYTES, Tag, TiffReader, byte_order, pack_directory

SHORT, LONG = 3, 4


def entry(order: str, number: int, kind: int, count: int, field: bytes) -> bytes:
    return struct.pack(order + "HHI4s", number, kind, count, field)


def tiff(order: str, *entries: bytes, next_at: int = 0, outside: bytes = b"") -> bytes:
    """A TIFF with one directory at byte 8, and these bytes after it."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + pack_directory(order, entries, next_at) + outside


def reader(data: bytes) -> TiffReader:
    return TiffReader(bytes_source(data), byte_order(data))


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_are_read_in_the_entry_and_outside_of_it(order: str) -> None:
    """In both byte orders."""
    outside_at = 8 + 2 + 2 * ENTRY_BYTES + 4
    data = tiff(
        order,
        entry(order, 259, SHORT, 2, struct.pack(order + "HH", 7, 9)),
        entry(order, 273, LONG, 3, struct.pack(order + "I", outside_at)),
        next_at=4711,
        outside=struct.pack(order + "3I", 1, 2, 3),
    )
    found = reader(data)
    directory = found.directory(found.first_directory(), max_tags=10)
    assert (directory.count, directory.next_at, directory.end) == (2, 4711, outside_at - 4)
    tags = dict(directory.tags)
    assert (tags[259].is_inline, found.values(tags[259], "H", 9)) == (True, (7, 9))
    assert (tags[273].is_inline, found.values(tags[273], "I", 9)) == (False, (1, 2, 3))
    assert found.values(tags[273], "I", 2) == (1, 2)
    assert found.values_at(tags[259]) == 8 + 2 + 8


def test_no_more_tags_are_read_than_asked_for() -> None:
    """Though the directory states more of them."""
    reads: list[int] = []
    data = b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(65_535 * ENTRY_BYTES)

    def read(at: int, size: int) -> bytes:
        reads.append(size)
        return data[at : at + size]

    directory = TiffReader(read, "<").directory(8, max_tags=3)
    assert (directory.count, len(directory.tags)) == (65_535, 3)
    assert sum(reads) == 2 + 3 * ENTRY_BYTES + 4


@given(st.integers(8, 100))
def test_a_truncated_directory_has_the_tags_that_are_left(length: int) -> None:
    """And no next one. Without its first two bytes there is none."""
    data = tiff("<", *[entry("<", n, SHORT, 1, bytes(4)) for n in range(5)])[:length]
    if length < 10:
        with pytest.raises(TruncatedError):
            reader(data).directory(8, max_tags=10)
        return
    directory = reader(data).directory(8, max_tags=10)
    assert len(directory.tags) == min((length - 10) // ENTRY_BYTES, 5)
    assert (directory.next_at is None) == (length < 10 + 5 * ENTRY_BYTES + 4)


def test_values_outside_of_the_file_are_truncated() -> None:
    tag = Tag(LONG, 2, struct.pack("<I", 90), entry_at=0)
    with pytest.raises(TruncatedError, match="ends before byte 98"):
        reader(b"II" + bytes(95)).values(tag, "I", 2)
    assert reader(b"II" + bytes(96)).values(tag, "I", 2) == (0, 0)
