"""The chunked transfer coding (RFC 9112, section 7.1), read only to be thrown away."""

import re
from typing import Protocol

MAX_LINE = 4096  # bytes, of a chunk's first line with its extensions, and of a trailer
MAX_TRAILERS = 100
_PIECE = 1024 * 1024  # bytes read at a time
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


def skip_chunked(body: Readable) -> None:
    """Read a chunked body to its end. Raises ValueError for one that is malformed, and
    ConnectionError for one that ends early."""
    while size := _chunk_size(body):
        for start in range(0, size, _PIECE):
            _read(body, min(_PIECE, size - start))
        if _line(body).strip():
            raise ValueError("a chunk is longer than it says")
    for _ in range(MAX_TRAILERS):
        if not _line(body).strip():
            return
    raise ValueError("the body has too many trailers")


def _chunk_size(body: Readable) -> int:
    found = _SIZE.fullmatch(_line(body))
    if found is None:
        raise ValueError("a chunk has no size")
    return int(found[1], 16)


def _line(body: Readable) -> bytes:
    line = body.readline(MAX_LINE)
    if not line:
        raise ConnectionError("the body ended early")
    if not line.endswith(b"\n"):
        raise ValueError("a line of a chunked body is cut or too long")
    return line


def _read(body: Readable, size: int) -> None:
    if len(body.read(size)) < size:
        raise ConnectionError("the body ended early")
