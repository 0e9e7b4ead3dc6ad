"""DNG (1.7, chapters 2 and 4): a TIFF with a sensor's raw picture, and with a preview in most.

The raw picture is either in the first directory or, with a preview there, in one of that one's
sub-directories.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import BinaryIO

from function_app.media.dng_pictures import (
    COMPRESSION,
    HEIGHT,
    JPEG_COMPRESSIONS,
    MAX_PIECES,
    MAX_TAGS,
    STRIPS,
    SUB_DIRECTORIES,
    SUBFILE_TYPE,
    WIDTH,
    JpegEnds,
    Picture,
    Piece,
    truncated,
)
from function_app.media.errors import InvalidPhotoError, NotRedactableError, TruncatedError
from function_app.media.jpeg import START_OF_IMAGE, blank_metadata, count_markers
from function_app.media.sources import bytes_source, file_source
from function_app.media.tiff import (
    ENTRY_BYTES,
    OFFSET_TYPES,
    Directory,
    Tag,
    TiffReader,
    byte_order,
    pack_directory,
)

SIGNATURES = (b"II*\0", b"MM\0*")

MAX_PREVIEW_DIRECTORIES = 16
MAX_PREVIEW_TAGS = 200  # in one directory; a DNG's first one has about 60
MAX_PREVIEW_BYTES = 16_000_000
MAX_TIFF_PIXELS = 4_000_000  # unlike a JPEG, a TIFF cannot be decoded at a fraction of its size

MAX_REDACTED_DIRECTORIES = 64  # also those that follow others, which are not checked
MAX_REDACTED_SEGMENTS = 200_000  # in all JPEGs; a hundred megapixels in tiles have 8,000
MAX_OFFSETS = 100_000  # in one tag

_JPEG_INTERCHANGE = (513, 514)  # the tags of a JPEG's offset and of its size
_PHOTOMETRIC, _ORIENTATION = 262, 274
_PLAIN = (0, 1, 2)  # photometric: grey, its values either way round; red, green and blue
_PREVIEW_TYPES = (1, 0x10001)  # a smaller picture, and one of another rendering
_JPEG = 7  # compression
_UPRIGHT = 1

# PNG, RIFF (WebP), TIFF and JPEG XL: pictures that have metadata of their own, and that are no
# strips, whatever the compression is said to be.
_CONTAINERS = (b"\x89PNG", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\0\x0cJXL ")
_NUMBER_TYPES = {3, 4, 5, 8, 9, 10, 11, 12, 13}
# Numbers are kept in the tags of TIFF and of DNG. In others they may be a place, as GeoTIFF's are.
_TIFF_TAGS, _DNG_TAGS = range(254, 700), range(50706, 53000)
# Text and bytes, and other numbers, are kept in these tags alone.
_NEEDED = {
    271, 272,  # maker and model, by which converters know the colours
    347,  # JPEG's tables
    33421, 33422,  # the pattern of the colour filters
    34675,  # colour profile
    50706, 50707, 50708, 50709, 50710,  # versions, the camera's model, colours of the filters
    50831, 50833,  # colour profiles
    50931, 50932, 50934, 50936,  # names and signatures of profiles
    50972, 51111,  # digests of the raw picture
    51008, 51009, 51022,  # corrections of the lens
    52525, 52543, 52544, 52551,  # tables of profiles
}  # fmt: skip


def preview(raw: BinaryIO) -> tuple[bytes, int]:
    """Return the first preview that is a JPEG, not decoded, and its EXIF orientation (1 to 8).

    Returns no bytes and 1 if there is none, or if the file is not a TIFF. Reads a few short parts
    of the file, whatever is in it.
    """
    tiff = _file_reader(raw)
    if tiff is None:
        return b"", _UPRIGHT
    seen: set[int] = set()
    orientation = None
    try:
        waiting = [tiff.first_directory()]
        while waiting and len(seen) < MAX_PREVIEW_DIRECTORIES:
            at = waiting.pop(0)
            if at == 0 or at in seen:  # there is none, or they form a ring
                continue
            seen.add(at)
            tags, next_at = _integers(tiff, at)
            # The orientation of the first directory is that of all pictures.
            orientation = orientation or tags.get(_ORIENTATION, (_UPRIGHT,))[0]
            if jpeg := _preview_in(raw, tags):
                return jpeg, orientation
            waiting += [*tags.get(SUB_DIRECTORIES, ()), next_at]
    except TruncatedError:
        pass
    return b"", _UPRIGHT


def has_small_picture(raw: BinaryIO) -> bool:
    """Return whether the first directory has an uncompressed picture in plain colours or grey, of
    up to MAX_TIFF_PIXELS."""
    tiff = _file_reader(raw)
    if tiff is None:
        return False
    try:
        tags, _ = _integers(tiff, tiff.first_directory())
    except TruncatedError:
        return False
    (colours,), (compression,) = tags.get(_PHOTOMETRIC, (-1,)), tags.get(COMPRESSION, (1,))
    (width,), (height,) = tags.get(WIDTH, (0,)), tags.get(HEIGHT, (0,))
    return colours in _PLAIN and compression == 1 and 0 < width * height <= MAX_TIFF_PIXELS


def _file_reader(raw: BinaryIO) -> TiffReader | None:
    """Return a reader of a stored file; None if it is not a TIFF."""
    read = file_source(raw)
    signature = read(0, 4)
    return TiffReader(read, byte_order(signature)) if signature in SIGNATURES else None


def _integers(tiff: TiffReader, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return the tags that hold a single integer, the offsets of sub-directories, and the offset of
    the next directory. Raises TruncatedError."""
    directory = tiff.directory(at, MAX_PREVIEW_TAGS)
    if directory.count > MAX_PREVIEW_TAGS:
        return {}, 0
    if directory.next_at is None:
        raise truncated(directory.end + 4)
    values = {}
    for number, tag in directory.tags:
        letter = OFFSET_TYPES.get(tag.type)
        is_read = tag.value_count == 1 or (
            number == SUB_DIRECTORIES and 1 < tag.value_count <= MAX_PREVIEW_DIRECTORIES
        )
        if letter and is_read:
            values[number] = tiff.values(tag, letter, MAX_PREVIEW_DIRECTORIES)
    return values, directory.next_at


def _preview_in(raw: BinaryIO, tags: Mapping[int, tuple[int, ...]]) -> bytes:
    """Return the picture of a directory, if it is a preview, a JPEG, and in one strip."""
    subfile_type, compression, at, size = (
        tags.get(tag, (0,))[0] for tag in (SUBFILE_TYPE, COMPRESSION, *STRIPS)
    )
    is_preview = subfile_type in _PREVIEW_TYPES and compression == _JPEG
    if not is_preview or size > MAX_PREVIEW_BYTES:
        return b""
    return file_source(raw)(at, size)


def redact(photo: bytes) -> bytes:
    """Return a DNG of the same length that is zero except for its directories, the tags that a
    converter needs, and its pictures. So EXIF, GPS, XMP and makers' notes are removed.

    Raises NotRedactableError, and TruncatedError for a photo of less than 8 bytes.
    """
    tiff = TiffReader(bytes_source(photo), byte_order(photo) or ">")
    redacted = _Redacted(photo)
    redacted.copy(0, 8)
    streams: list[tuple[list[Piece], bool]] = []
    stated_pieces, jpeg_ends = 0, JpegEnds(photo)
    for directory, tags in _directories(tiff, len(photo)):
        entries = []
        for number, tag in tags.items():
            if _is_needed(number, tag):
                if not tag.is_inline:
                    redacted.copy(tiff.values_at(tag), tag.size)
                entries.append(photo[tag.entry_at : tag.entry_at + ENTRY_BYTES])
        packed = pack_directory(tiff.byte_order, entries, directory.next_at or 0)
        redacted.write(directory.at, packed)
        picture = Picture(tiff, tags, jpeg_ends)
        stated_pieces += picture.stated_pieces
        if stated_pieces > MAX_PIECES:
            raise _too_many_parts()
        for stream in _streams(photo, picture):
            redacted.reserve(stream[0])
            streams.append(stream)
    # After all tags, since a part of a picture may seem to be a directory. JPEGs are the last:
    # another picture may seem to extend over one, and so over the metadata that it had.
    for pieces, is_jpeg in sorted(streams, key=itemgetter(1)):
        redacted.copy_stream(pieces, is_jpeg)
    return bytes(redacted.data)


class _Redacted:
    """The redacted photo: empty at first. More than twice the photo's bytes are not written to it:
    the tags of a hostile photo may all point at the same bytes."""

    def __init__(self, photo: bytes) -> None:
        self.data = bytearray(len(photo))
        self._photo = photo
        self._bytes_left = self._piece_bytes_left = 2 * len(photo)
        self._pieces_left = MAX_PIECES
        self._segments_left = MAX_REDACTED_SEGMENTS

    def copy(self, offset: int, size: int) -> None:
        self.write(offset, self._photo[offset : offset + size])

    def reserve(self, pieces: Sequence[Piece]) -> None:
        """Count what will be copied. Raises NotRedactableError for more than a photo can have."""
        self._pieces_left -= len(pieces)
        self._piece_bytes_left -= sum(map(self._size, pieces))
        if min(self._pieces_left, self._piece_bytes_left) < 0:
            raise _too_many_parts()

    def copy_stream(self, pieces: Sequence[Piece], is_jpeg: bool) -> None:
        """Copy a strip, a tile or a preview, or the pieces of a JPEG, which may have metadata of
        its own. What is said to be a JPEG and begins like none is no picture."""
        sizes = list(map(self._size, pieces))
        stream = b"".join(
            self._photo[piece.offset : piece.offset + size]
            for piece, size in zip(pieces, sizes, strict=True)
        )
        if stream.startswith(START_OF_IMAGE):
            self._segments_left -= count_markers(stream, self._segments_left + 1)
            if self._segments_left < 0:
                raise _too_many_parts()
            stream = blank_metadata(stream)
        elif is_jpeg or stream.startswith(_CONTAINERS):
            return
        at = 0
        for piece, size in zip(pieces, sizes, strict=True):
            self.write(piece.offset, stream[at : at + size])
            at += size

    def _size(self, piece: Piece) -> int:
        """Return how many bytes of a piece are in the file."""
        return min(piece.read_size, max(len(self._photo) - piece.offset, 0))

    def write(self, offset: int, part: bytes) -> None:
        self._bytes_left -= len(part)
        if self._bytes_left < 0:
            raise _too_many_parts()
        part = part[: max(len(self.data) - offset, 0)]
        self.data[offset : offset + len(part)] = part


def _directories(tiff: TiffReader, size: int) -> Iterator[tuple[Directory, dict[int, Tag]]]:
    """Yield the directories of a file of `size` bytes, also those within others, with the tags
    whose values are inside the file."""
    waiting, seen = [tiff.first_directory()], {0}
    while waiting and len(seen) <= MAX_REDACTED_DIRECTORIES:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        try:
            directory = tiff.directory(at, MAX_TAGS)
        except TruncatedError:
            continue
        if directory.count > MAX_TAGS:
            continue
        tags = {
            number: tag for number, tag in directory.tags if tiff.values_at(tag) + tag.size <= size
        }
        yield directory, tags
        waiting.append(directory.next_at or 0)
        waiting += _lenient_offsets(tiff, tags, SUB_DIRECTORIES)[:MAX_REDACTED_DIRECTORIES]


def _is_needed(number: int, tag: Tag) -> bool:
    is_number = tag.type in _NUMBER_TYPES
    return number in _NEEDED or (is_number and (number in _TIFF_TAGS or number in _DNG_TAGS))


def _streams(photo: bytes, picture: Picture) -> Iterator[tuple[list[Piece], bool]]:
    """Yield the strips, tiles and previews of a directory, each alone but for the pieces into which
    a JPEG was cut, and whether they are said to be JPEGs."""
    try:
        pieces = picture.pieces()
    except InvalidPhotoError:  # of a directory that nothing points at
        pieces = []
    is_compressed = picture.number(COMPRESSION, 1) in JPEG_COMPRESSIONS
    stream: list[Piece] = []
    is_jpeg = is_compressed
    for piece in pieces:
        begins_jpeg = photo.startswith(START_OF_IMAGE, piece.offset)
        if stream and (begins_jpeg or not is_compressed):
            yield stream, is_jpeg
            stream = []
        stream.append(piece)
        is_jpeg = is_compressed or begins_jpeg
    if stream:
        yield stream, is_jpeg
    offsets, sizes = (
        _lenient_offsets(picture.tiff, picture.tags, number) for number in _JPEG_INTERCHANGE
    )
    for at, size in zip(offsets, sizes, strict=False):
        yield [Piece(at, size, size)], True


def _lenient_offsets(tiff: TiffReader, tags: Mapping[int, Tag], number: int) -> tuple[int, ...]:
    """Return the integers of a tag, up to MAX_OFFSETS; none if it is absent or holds others."""
    tag = tags.get(number)
    letter = OFFSET_TYPES.get(tag.type) if tag else None
    return tiff.values(tag, letter, MAX_OFFSETS) if tag and letter else ()


def _too_many_parts() -> NotRedactableError:
    return NotRedactableError("it has more parts than a photo can have")
