"""A DNG without what was written about it (TIFF 6.0, section 2; DNG 1.7, chapters 2 and 4)."""

from collections.abc import Iterator

from function_app.media.jpeg_metadata import blank_metadata
from function_app.media.limits import NotRedactableError
from function_app.media.tiff import Directory, directories

MAX_PIECES = 100_000  # strips and tiles together, as many as are stored

_COMPRESSION, _JPEGS = 259, {6, 7, 34892}
_PIECES = ((273, 279), (324, 325), (513, 514))  # offsets and sizes: of strips, tiles, a JPEG
_NUMBERS = {3, 4, 5, 8, 9, 10, 11, 12, 13}  # kinds of values
# Numbers are kept in the tags of TIFF and of DNG. In others they may be a place, as GeoTIFF's are.
_TIFF, _DNG = range(254, 700), range(50706, 53000)
# Text and bytes, and other numbers, are kept in these alone.
_KEPT = {
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


def picture_of_dng(photo: bytes) -> bytes:
    """Return a DNG of the same length, in which all is zero but its directories, the tags that a
    converter needs, and its pictures. EXIF, GPS, XMP and makers' notes are none of these. Raises
    NotRedactableError, and struct.error for a photo that ends early."""
    picture = _Picture(photo)
    picture.keep(0, 8)
    for directory in directories(photo):
        entries = []
        for tag, kind in directory.kinds.items():
            if tag in _KEPT or (kind in _NUMBERS and (tag in _TIFF or tag in _DNG)):
                if not directory.is_inline(tag):
                    picture.keep(*directory.span(tag))
                entries.append(directory.entry(tag))
        picture.write(directory.at, directory.pack(entries))
        for start, end, is_jpeg in _pieces(directory):
            picture.keep_piece(start, end, is_jpeg)
    return bytes(picture.data)


class _Picture:
    """Takes parts over from a photo into one that is empty. Parts that together are longer than two
    photos are an attack: tags may all point at the same bytes."""

    def __init__(self, photo: bytes) -> None:
        self.data = bytearray(len(photo))
        self._photo = photo
        self._left = 2 * len(photo)
        self._pieces = MAX_PIECES

    def keep(self, start: int, end: int) -> None:
        self.write(start, self._photo[start:end])

    def keep_piece(self, start: int, end: int, is_jpeg: bool) -> None:
        """Keep a strip, a tile or a preview. A JPEG may have metadata of its own."""
        self._pieces -= 1
        if self._pieces < 0:
            raise _too_many()
        piece = self._photo[start:end]
        self.write(start, blank_metadata(piece) if is_jpeg else piece)

    def write(self, start: int, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise _too_many()
        part = part[: max(len(self.data) - start, 0)]
        self.data[start : start + len(part)] = part


def _pieces(directory: Directory) -> Iterator[tuple[int, int, bool]]:
    """Yield where the strips, tiles and previews of a directory begin and end, and whether they are
    JPEGs."""
    is_jpeg = bool(_JPEGS.intersection(directory.integers(_COMPRESSION)))
    for offsets, sizes in _PIECES:
        starts, lengths = directory.integers(offsets), directory.integers(sizes)
        for start, length in zip(starts, lengths, strict=False):
            yield start, start + length, is_jpeg or offsets == 513


def _too_many() -> NotRedactableError:
    return NotRedactableError("it has more parts than a photo can have")
