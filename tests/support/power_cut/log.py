"""The log of a disk's writes and flushes, and the disk as it may be after a power cut.

Standard library only: the disk itself runs in the system's Python.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_HEADER = struct.Struct("<cQI")  # kind, offset, length of the content that follows
_WRITE, _FLUSH = b"W", b"F"
BLOCK = 4096  # bytes that a disk writes as a whole, or not at all


class Model(Enum):
    """What a disk does with writes since its last flush."""

    ORDERED = "ordered"
    """It has no cache: all are there."""
    DROPALL = "dropall"
    """None is there."""
    RANDOM = "random"
    """Each block of them is there or not, by chance."""


@dataclass(frozen=True)
class Entry:
    """A write, or a flush where `content` is None. `end` is the length of the log with it."""

    offset: int
    content: bytes | None
    end: int


def packed_write(offset: int, content: bytes) -> bytes:
    return _HEADER.pack(_WRITE, offset, len(content)) + content


def packed_flush() -> bytes:
    return _HEADER.pack(_FLUSH, 0, 0)


def read_log(file: Path) -> list[Entry]:
    return list(_entries(file.read_bytes()))


def _entries(raw: bytes) -> Iterator[Entry]:
    position = 0
    while position < len(raw):
        kind, offset, length = _HEADER.unpack_from(raw, position)
        start, position = position + _HEADER.size, position + _HEADER.size + length
        yield Entry(offset, raw[start:position] if kind == _WRITE else None, position)


def after_cut(
    base: bytes, entries: list[Entry], end: int, model: Model, chance: random.Random
) -> bytearray:
    """The disk after a cut when the log had this length; `base` is what it was at first."""
    done = [entry for entry in entries if entry.end <= end]
    flushes = [number for number, entry in enumerate(done) if entry.content is None]
    durable = flushes[-1] if flushes else 0
    disk = bytearray(base)
    for number, entry in enumerate(done):
        for offset, block in _blocks(entry):
            if number < durable or model is Model.ORDERED or _is_lucky(model, chance):
                disk[offset : offset + len(block)] = block
    return disk


def _is_lucky(model: Model, chance: random.Random) -> bool:
    return model is Model.RANDOM and chance.random() < 0.5


def _blocks(entry: Entry) -> Iterator[tuple[int, bytes]]:
    content = entry.content or b""
    for start in range(0, len(content), BLOCK):
        yield entry.offset + start, content[start : start + BLOCK]
