"""MP4 (ISO/IEC 14496-12, section 4.2): a file of boxes, which may contain further boxes."""

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.sources import ReadAt, bytes_source, file_source

# The boxes with which clips begin. Only `ftyp` names a brand: QuickTime's clips need none, and some
# cameras put padding in front.
_FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_MOVIE_BOXES = {b"ftyp", b"moov", b"moof", b"mdat"}
_MAX_BOXES_BEFORE_MOVIE = 10  # of other kinds: a preview, a maker's own

MAX_BOXES = 10_000  # in the whole file; an hour in fragments of a second has 7,200 at its top

MAX_COVER_BYTES = 4_000_000
MAX_BOXES_BEFORE_COVER = 50  # on one level; a clip has four, a track's description about as many

_HEADER = struct.Struct(">I4s")
_HEADER_BYTES = 8
_LONG_HEADER_BYTES = 16

# Still pictures that use the same boxes: HEIF, AVIF, Canon's raw files, JPEG 2000 and XL.
_STILLS = {
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis",
    b"crx ", b"jp2 ", b"jpx ", b"jxl ",
}  # fmt: skip
# The boxes at the top of a clip. If the bytes after the last whole box begin like one of these, the
# clip was cut; other bytes were appended to a whole clip.
_TOP_BOXES = _FIRST_BOXES | {
    b"moof", b"mfra", b"udta", b"meta", b"uuid", b"sidx", b"ssix", b"prft", b"emsg", b"pdin",
    b"pnot",
}  # fmt: skip
_MAX_BOX_BYTES = 128 << 20  # the host accepts no more; line ends and letters, as a size, are more
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
        while at + _HEADER_BYTES <= end:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise TooManyBoxesError
            header = self._read(at, _LONG_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:  # the source is shorter than it said
                return
            size, kind = _HEADER.unpack_from(header)
            content = at + _HEADER_BYTES
            if size == 1:  # the size has 64 bits
                size, content = int.from_bytes(header[8:], "big"), at + _LONG_HEADER_BYTES
            elif size == 0:  # the box extends to the end
                size = end - at
            if not content <= at + size <= end:
                return
            yield Box(kind, at, content, at + size)
            at += size


def begins_like_a_clip(data: bytes) -> bool:
    """Return whether the first box is one of a clip, or one of the next after whole boxes. A clip
    that is cut begins like one, too."""
    size, kind = int.from_bytes(data[:4], "big"), data[4:8]
    if kind in _FIRST_BOXES or (kind in _TOP_BOXES and size < _MAX_BOX_BYTES):
        return True
    reader, at = BoxReader(bytes_source(data), _MAX_BOXES_BEFORE_MOVIE), 0
    with suppress(TooManyBoxesError):
        for box in reader.boxes(0, len(data)):
            if box.kind in _MOVIE_BOXES:
                return True
            at = box.end
    return data[at + 4 : at + 8] in _MOVIE_BOXES


def check(data: bytes) -> None:
    """Return if `data` is a movie: boxes, with a track's description (or fragments) and media data
    among them.

    Bytes after a whole movie are allowed: cameras pad their files. A clip without its last
    fragments, or one whose last box extends to the end of the file, counts as complete: its boxes
    tell no more. Raises NotAPhotoError and TruncatedError.
    """
    reader = BoxReader(bytes_source(data), MAX_BOXES)
    try:
        end = _check_boxes(data, reader)
    except TooManyBoxesError:
        raise NotAPhotoError("is not an MP4: it has more boxes than a clip can have") from None
    _check_appended(data[end:])


def _check_boxes(data: bytes, reader: BoxReader) -> int:
    """Return where the boxes at the top of a whole movie end."""
    kinds: set[bytes] = set()
    has_track, end = False, 0
    for box in reader.boxes(0, len(data)):
        kind, _, content, end = box
        if kind == b"ftyp" and kind not in kinds:
            _check_brand(data[content:end])
        kinds.add(kind)
        has_track |= kind == b"moof"
        if kind == b"moov" and not has_track:
            has_track = _has_track(reader, box)
    if b"mdat" in kinds and has_track:
        return end
    if end and _is_too_short(data[end : end + _LONG_HEADER_BYTES]):
        raise NotAPhotoError(f"is not an MP4: the box at byte {end} has no length")
    raise TruncatedError("is an MP4 without a whole track in it")


def _has_track(reader: BoxReader, moov: Box) -> bool:
    end = moov.content
    for box in reader.boxes(moov.content, moov.end):
        if box.kind in (b"trak", b"cmov"):  # the second has all tracks, compressed
            return True
        end = box.end
    if end < moov.end:
        raise _truncated()
    return False


def _check_brand(brands: bytes) -> None:
    if len(brands) < 8:
        raise NotAPhotoError("is not an MP4: its brand is missing")
    if brands[:4] in _STILLS:
        raise NotAPhotoError("is a still picture of an unsupported format, and not an MP4")


def _is_too_short(header: bytes) -> bool:
    """Return whether a box states that it is shorter than its own header."""
    size = int.from_bytes(header[:4], "big")
    long_size = int.from_bytes(header[8:], "big")
    return 1 < size < _HEADER_BYTES or (size == 1 and long_size < _LONG_HEADER_BYTES)


def _check_appended(rest: bytes) -> None:
    """Return if the bytes after a whole movie are not the beginning of a box that is longer."""
    size, kind = int.from_bytes(rest[:4], "big"), rest[4:8]
    is_size = size == 1 or len(rest) < size < _MAX_BOX_BYTES
    if kind and is_size and any(known.startswith(kind) for known in _TOP_BOXES):
        raise _truncated()


def _truncated() -> TruncatedError:
    return TruncatedError("is an MP4 that ends inside a box")


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
