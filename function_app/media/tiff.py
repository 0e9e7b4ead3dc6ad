"""The directories of a TIFF (TIFF 6.0, section 2), and where what they hold is."""

import struct
from collections.abc import Iterator, Sequence

MAX_DIRECTORIES = 64
MAX_TAGS = 1_000  # in one directory
MAX_INTEGERS = 100_000  # of one tag
SUB_DIRECTORIES = 330  # directories of other pictures

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {3: "H", 4: "I", 13: "I"}
_ENTRY = 12  # bytes


class Directory:
    """The directory at `at`. What lies outside of the file is absent. `kinds` has the kind of each
    tag's values."""

    def __init__(self, data: bytes, order: str, at: int) -> None:
        self.at = at
        self.kinds: dict[int, int] = {}
        self._data, self._order = data, order
        self._tags: dict[int, tuple[int, int, int]] = {}  # entry, where its values begin and end
        if at + 2 > len(data):
            self._end = at
            return
        (count,) = struct.unpack_from(order + "H", data, at)
        self._end = min(at + 2 + _ENTRY * min(count, MAX_TAGS), len(data))
        for entry in range(at + 2, self._end - _ENTRY + 1, _ENTRY):
            self._read(entry)

    def span(self, tag: int) -> tuple[int, int]:
        """Return where the tag's values begin and end; twice the same if there are none."""
        _, start, end = self._tags.get(tag, (0, 0, 0))
        return start, end

    def is_inline(self, tag: int) -> bool:
        """Whether the values of a tag that is there are in its entry."""
        entry, start, _ = self._tags[tag]
        return start == entry + 8

    def entry(self, tag: int) -> bytes:
        """Return the entry of a tag that is there."""
        at, _, _ = self._tags[tag]
        return self._data[at : at + _ENTRY]

    def pack(self, entries: Sequence[bytes]) -> bytes:
        """Return the directory with these entries alone; the next one follows as before."""
        head = struct.pack(self._order + "H", len(entries))
        return head + b"".join(entries) + struct.pack(self._order + "I", self.following)

    def integers(self, tag: int) -> list[int]:
        """Return the tag's values, if they are whole numbers; the first MAX_INTEGERS of them."""
        kind = self.kinds.get(tag, 0)
        letter = _INTEGERS.get(kind)
        if letter is None:
            return []
        start, end = self.span(tag)
        count = min((end - start) // _SIZES[kind], MAX_INTEGERS)
        return list(struct.unpack_from(f"{self._order}{count}{letter}", self._data, start))

    @property
    def following(self) -> int:
        """Where the next directory is; 0 if there is none."""
        if self._end + 4 > len(self._data):
            return 0
        return int(struct.unpack_from(self._order + "I", self._data, self._end)[0])

    def _read(self, entry: int) -> None:
        number, kind, count = struct.unpack_from(self._order + "HHI", self._data, entry)
        size = _SIZES.get(kind, 1) * count
        start = entry + 8
        if size > 4:
            (start,) = struct.unpack_from(self._order + "I", self._data, start)
        if start + size <= len(self._data):
            self.kinds[number] = kind
            self._tags[number] = (entry, start, start + size)


def directories(data: bytes) -> Iterator[Directory]:
    """Yield the directories of a TIFF with pictures, also those within others, up to
    MAX_DIRECTORIES."""
    order = "<" if data[:2] == b"II" else ">"
    waiting, seen = list(struct.unpack_from(order + "I", data, 4)), {0}
    while waiting and len(seen) <= MAX_DIRECTORIES:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        directory = Directory(data, order, at)
        yield directory
        waiting.append(directory.following)
        waiting += directory.integers(SUB_DIRECTORIES)[:MAX_DIRECTORIES]
