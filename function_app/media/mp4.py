"""MP4 (ISO/IEC 14496-12, section 4.2): a file of boxes, which may contain further boxes."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from function_app.media.sources import ReadAt, file_source

MAX_BOXES = 10_000  # in the whole file; an hour in fragments of a second has 7,200 at its top

MAX_COVER_BYTES = 4_000_000
MAX_BOXES_BEFORE_COVER = 50  # on one level; a clip has four, a track's description about as many

_HEADER = struct.Struct(">I4s")
HEADER_BYTES = 8
LONG_HEADER_BYTES = 16

# The boxes around a cover, from the outermost one, and how many bytes of each precede its content.
_COVER_PATH = (
    (b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"covr", 0), (b"data", 8),
)  # fmt: skip


class TooManyBoxesError(Exception):
    """A clip has more boxes than a reader may read."""


class Box(NamedTuple):
    """A box from `start` to `end`, whose content begins at `content`."""

    kind: bytes
    start: int
    content: int
    end: int


class BoxReader:
    """Reads boxes with `read`, up to `max_boxes` in all."""

    def __init__(self, read: ReadAt, max_boxes: int) -> None:
        self._read, self._boxes_left = read, max_boxes

    def boxes(self, at: int, end: int) -> Iterator[Box]:
        """Yield the boxes between two offsets, up to the first bytes that are not a whole box.

        Raises TooManyBoxesError.
        """
        while at + HEADER_BYTES <= end:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise TooManyBoxesError
            header = self._read(at, LONG_HEADER_BYTES)
            if len(header) < HEADER_BYTES:  # the source is shorter than it said
                return
            size, kind = _HEADER.unpack_from(header)
            content = at + HEADER_BYTES
            if size == 1:  # the size has 64 bits
                size, content = int.from_bytes(header[8:], "big"), at + LONG_HEADER_BYTES
            elif size == 0:  # the box extends to the end
                size = end - at
            if not content <= at + size <= end:
                return
            yield Box(kind, at, content, at + size)
            at += size


def cover(clip: BinaryIO) -> bytes:
    """Return the clip's first cover, not decoded; no bytes if it has none, or is not a whole MP4.

    The cover is the poster that a device puts into a clip. It is where music players look for it,
    in moov/udta/meta/ilst/covr (Apple's QuickTime File Format, "User Data"; ffmpeg calls it an
    attached picture). Reads a few short parts of the file, whatever is in it.
    """
    read = file_source(clip)
    start, end = 0, clip.seek(0, io.SEEK_END)
    for kind, skipped in _COVER_PATH:
        boxes = BoxReader(read, MAX_BOXES_BEFORE_COVER).boxes(start, end)
        try:
            box = next((box for box in boxes if box.kind == kind), None)
        except TooManyBoxesError:
            return b""
        if box is None:
            return b""
        start, end = box.content + skipped, box.end
    return read(start, end - start) if 0 < end - start <= MAX_COVER_BYTES else b""
