"""What a format is read from: bytes in memory, or a file of which only short parts are read."""

from collections.abc import Callable
from typing import BinaryIO

ReadAt = Callable[[int, int], bytes]
"""Takes an offset and a size. Returns the bytes there: fewer at the end of the source."""


def bytes_source(data: bytes) -> ReadAt:
    """Return a function that reads `data`."""
    return lambda at, size: data[at : at + size]


def file_source(file: BinaryIO) -> ReadAt:
    """Return a function that reads a file, which raises what `file` raises."""

    def read(at: int, size: int) -> bytes:
        file.seek(at)
        return file.read(size)

    return read
