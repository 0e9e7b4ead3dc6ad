"""The pictures of a DNG, each described by one directory: whether they are in the file as a whole,
and where (TIFF 6.0, sections 3 and 15).

Programs state the sizes of strips and tiles wrongly, or leave them out. Raw converters do not look
at them: where a picture is not compressed, its width and height say how long each piece is, and a
JPEG says itself where it ends.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter
from typing import NamedTuple

from function_app.media.errors import InvalidPhotoError, NotAPhotoError, TruncatedError
from function_app.media.jpeg import END_OF_IMAGE, START_OF_IMAGE
from function_app.media.sources import bytes_source
from function_app.media.tiff import OFFSET_TYPES, Tag, TiffReader, byte_order

MAX_DIRECTORIES = 32
MAX_TAGS = 1_000  # in one directory
MAX_PIECES = 100_000  # strips and tiles together
_MAX_SEARCHES = 4  # times that a photo is searched for the ends of JPEGs

DNG_VERSION = 50706
STRIPS, TILES = (273, 279), (324, 325)  # the tags of their offsets and of their sizes
SUBFILE_TYPE, WIDTH, HEIGHT, COMPRESSION, SUB_DIRECTORIES = 254, 256, 257, 259, 330
_BITS, _SAMPLES, _ROWS, _PLANES, _TILE_WIDTH, _TILE_HEIGHT = 258, 277, 278, 284, 322, 323
_NOT_COMPRESSED, _SEPARATE_PLANES = 1, 2
JPEG_COMPRESSIONS = {6, 7, 34892}
_PHOTOMETRIC, _RAW = 262, (32803, 34892)  # an array of colour filters, and linear colours
_PREVIEW_BIT = 1  # of the subfile type


class Piece(NamedTuple):
    """A strip or a tile: at least `size` bytes from `offset` on, of which converters read
    `read_size`."""

    offset: int
    size: int
    read_size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


class JpegEnds:
    """Finds where the JPEGs in a photo end. Directories may all have the same ones, so what is
    searched is limited."""

    def __init__(self, photo: bytes) -> None:
        self._photo, self._bytes_left = photo, _MAX_SEARCHES * len(photo)

    def begins_at(self, offset: int) -> bool:
        """Return whether a JPEG begins there."""
        return self._photo.startswith(START_OF_IMAGE, offset)

    def is_outside(self, end: int) -> bool:
        """Return whether a JPEG that is said to end there would end outside the photo."""
        return end > len(self._photo)

    def find(self, offset: int) -> int:
        """Return where the JPEG ends that begins at `offset`: outside the photo if it does not.
        Raises NotAPhotoError."""
        at = self._photo.find(END_OF_IMAGE, offset)
        end = at + len(END_OF_IMAGE) if at >= 0 else len(self._photo) + 1
        self._bytes_left -= end - offset
        if self._bytes_left < 0:
            raise _too_many_parts()
        return end


@dataclass(frozen=True, slots=True)
class Picture:
    """What a directory with these tags describes: a picture, or none."""

    tiff: TiffReader
    tags: Mapping[int, Tag]
    jpeg_ends: JpegEnds

    @property
    def is_preview(self) -> bool:
        return bool(self.number(SUBFILE_TYPE, 0) & _PREVIEW_BIT)

    @property
    def stated_pieces(self) -> int:
        """How many strips and tiles `pieces` reads, also those without content."""
        counts = (self.tags[tag].value_count for tag, _ in (STRIPS, TILES) if tag in self.tags)
        return sum(count for count in counts if count <= MAX_PIECES)

    @property
    def is_raw(self) -> bool:
        """Whether it is a sensor's picture. Programs do not say of every preview that it is one."""
        return not self.is_preview and self.number(_PHOTOMETRIC, 0) in _RAW

    def number(self, tag: int, default: int) -> int:
        """Return the first integer of a tag; the default if it is absent, and 0 if it is odd."""
        found = self.tags.get(tag)
        if found is None:
            return default
        letter = OFFSET_TYPES.get(found.type)
        with suppress(TruncatedError):
            return self.tiff.values(found, letter, 1)[0] if letter and found.value_count else 0
        return 0

    def pieces(self) -> list[Piece]:
        """Return the strips and tiles that have content. Programs that remove a preview leave one
        of no bytes. Raises NotAPhotoError and TruncatedError."""
        found: list[Piece] = []
        for tags, sizes_by_pixels in ((STRIPS, self._strip_sizes), (TILES, self._tile_sizes)):
            compression = self.number(COMPRESSION, _NOT_COMPRESSED)
            is_plain, is_jpeg = compression == _NOT_COMPRESSED, compression in JPEG_COMPRESSIONS
            offsets = self._integers(tags[0])
            are_needed = not is_plain and (self.is_preview or not is_jpeg)
            sizes = self._sizes(tags[1], are_needed=are_needed)
            if is_jpeg:
                sizes = self._with_jpeg_sizes(offsets, sizes)
            if len(sizes) < len(offsets) and not is_plain:
                raise NotAPhotoError("is not a DNG: its strips or tiles have no sizes")
            by_pixels = sizes_by_pixels(len(offsets)) if is_plain else []
            found += map(self._piece, zip_longest(offsets, sizes[: len(offsets)], by_pixels))
        return [piece for piece in found if piece.size]

    def _piece(self, stated: tuple[int, int | None, int | None]) -> Piece:
        offset, size, by_pixels = stated
        if size and by_pixels:
            return Piece(offset, min(size, by_pixels), by_pixels)
        length = size or (0 if self.is_preview else by_pixels) or 0
        return Piece(offset, length, length)

    def _sizes(self, tag: int, *, are_needed: bool) -> Sequence[int]:
        """Return the sizes that a tag holds. If they are outside the file, or are no sizes, there
        are none; raises NotAPhotoError and TruncatedError then if they are needed."""
        try:
            return self._integers(tag)
        except InvalidPhotoError:
            if are_needed:
                raise
            return ()

    def _with_jpeg_sizes(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[int]:
        """Return the sizes of JPEGs: by their ends, where the stated one extends beyond the file,
        or none is stated and it is not a preview. One that does not end is longer than the file.
        Where none begins, there is no size but a stated one."""
        found: dict[int, int] = {}
        end = 0
        stated = list(zip_longest(offsets, sizes[: len(offsets)]))
        for offset, size in sorted(stated, key=itemgetter(0)):
            is_stated = not self.jpeg_ends.is_outside(offset + size) if size else self.is_preview
            if is_stated or not self.jpeg_ends.begins_at(offset):
                continue
            if end <= offset:  # else the one before has no end of its own
                end = self.jpeg_ends.find(offset)
            found[offset] = end - offset
        sizes_or_none = (found.get(offset, size) for offset, size in stated)
        return [size for size in sizes_or_none if size is not None]

    def _integers(self, tag: int) -> tuple[int, ...]:
        """Return the offsets or sizes that a tag holds; none if it is absent."""
        found = self.tags.get(tag)
        if found is None:
            return ()
        letter = OFFSET_TYPES.get(found.type)
        if letter is None or found.value_count > MAX_PIECES:
            raise NotAPhotoError("is not a DNG: one of its tags has values that cannot be right")
        one = found._replace(value_count=found.value_count or 1)  # converters read one, too
        return self.tiff.values(one, letter, MAX_PIECES)

    def _strip_sizes(self, count: int) -> list[int]:
        """Return the sizes of `count` strips by their pixels."""
        height = self.number(HEIGHT, 0)
        rows = min(self.number(_ROWS, height), height)
        if rows == 0:
            return [0] * count
        in_plane = -(-height // rows)
        row_size, last = self._row_size(WIDTH), height - (in_plane - 1) * rows
        return [
            row_size * (last if number % in_plane == in_plane - 1 else rows)
            for number in range(count)
        ]

    def _tile_sizes(self, count: int) -> list[int]:
        return [self._row_size(_TILE_WIDTH) * self.number(_TILE_HEIGHT, 0)] * count

    def _row_size(self, width: int) -> int:
        """Return the bytes of a row whose width the tag of this number states; 0 if nothing states
        the bits of a pixel. TIFF's own default, one bit, is no sensor's: by it, a picture that is
        cut would seem whole."""
        has_planes = self.number(_PLANES, 1) == _SEPARATE_PLANES
        samples = 1 if has_planes else self.number(_SAMPLES, 1)
        return (self.number(width, 0) * samples * self.number(_BITS, 0) + 7) // 8


def check(data: bytes) -> None:
    """Return if `data` is a DNG with a whole picture, and with none that is cut.

    Only what the pictures need is checked: programs that edit a DNG leave EXIF, XMP and private
    data that point elsewhere, and pointers to directories and previews that they removed. These may
    be missing beside a sensor's raw picture. Raises NotAPhotoError, also for a TIFF that
    is not a DNG, and TruncatedError.
    """
    tiff = TiffReader(bytes_source(data), byte_order(data))
    jpeg_ends, first = JpegEnds(data), tiff.first_directory()
    waiting, seen, pieces, stated_pieces = [first], {first}, 0, 0
    has_raw = False
    missing: InvalidPhotoError | None = None
    while waiting:
        at = waiting.pop()
        try:
            picture = Picture(tiff, _tags(tiff, at), jpeg_ends)
        except InvalidPhotoError as error:
            is_cut = at < len(data) and isinstance(error, TruncatedError)
            if at == first or is_cut:
                raise
            missing = error
            continue
        if at == first and DNG_VERSION not in picture.tags:
            raise NotAPhotoError("is a TIFF but not a DNG: it has no DNGVersion")
        try:
            count = _count_pieces(picture, len(data))
        except InvalidPhotoError as error:
            if not picture.is_preview or isinstance(error, _CutPictureError):
                raise
            missing, count = error, 0
        pieces += count
        stated_pieces += picture.stated_pieces
        has_raw |= count > 0 and picture.is_raw
        try:
            children = _sub_directories(picture)
        except TruncatedError as error:
            missing, children = error, set()
        waiting += children - seen  # a directory may point back at one that was seen
        seen |= children
        if len(seen) > MAX_DIRECTORIES or stated_pieces > MAX_PIECES:
            raise _too_many_parts()
    if missing and not has_raw:
        raise missing
    if pieces == 0:
        raise NotAPhotoError("is a DNG without a picture in it")


def _too_many_parts() -> NotAPhotoError:
    return NotAPhotoError("is not a DNG: it has more parts than a photo can have")


class _CutPictureError(TruncatedError):
    """A picture begins in the file and ends outside. If all of it is outside, a program may have
    removed it."""


def _tags(tiff: TiffReader, at: int) -> dict[int, Tag]:
    """Return all tags of the directory at `at`. Which directory comes next does not matter."""
    directory = tiff.directory(at, MAX_TAGS)
    if directory.count > MAX_TAGS:
        raise NotAPhotoError(f"is not a DNG: it has a directory of {directory.count} tags")
    if len(directory.tags) < directory.count:
        raise truncated(directory.end)
    return dict(directory.tags)


def _count_pieces(picture: Picture, size: int) -> int:
    """Return how many strips and tiles with content a picture has, all of them inside a file of
    `size`. Raises NotAPhotoError and TruncatedError."""
    pieces = picture.pieces()
    for piece in pieces:
        if piece.end > size:
            is_lost = piece == pieces[0] and piece.offset >= size
            kind = TruncatedError if is_lost else _CutPictureError
            raise kind(f"is a DNG that ends before byte {piece.end}")
    return len(pieces)


def _sub_directories(picture: Picture) -> set[int]:
    """Return the offsets of a directory's sub-directories: some more than there may be, at most."""
    tag = picture.tags.get(SUB_DIRECTORIES)
    letter = OFFSET_TYPES.get(tag.type) if tag else None
    return set(picture.tiff.values(tag, letter, MAX_DIRECTORIES + 1)) if tag and letter else set()


def truncated(end: int) -> TruncatedError:
    return TruncatedError(f"is a DNG that ends before byte {end}")
