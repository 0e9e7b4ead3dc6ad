"""What a photo's file says of itself: its size in pixels, how it was taken, and where.

Whatever is odd counts as absent, as in `exif`. Anyone who may upload writes these texts.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from function_app.media import exif, jpeg, xmp
from function_app.media.errors import InvalidPhotoError
from function_app.media.exif import Exif, Tags
from function_app.media.mp4_movie import Movie
from function_app.media.sources import ReadAt, bytes_source, file_source
from function_app.media.tiff import Tag
from photo_wire.media import Media

HEADER_BYTES = 128 * 1024  # of a JPEG: EXIF has 64 KB at most
LONG_HEADER_BYTES = 4 * 1024 * 1024  # with the depths of a phone's portrait, or a thermal picture
_SIDEWAYS = range(5, 9)  # the orientations that swap width and height
_MAX_SUB_DIRECTORIES = 4

_ORIENTATION, _WIDTH, _HEIGHT, _SUB_DIRECTORIES = 0x0112, 0x0100, 0x0101, 0x014A
_TEXTS = {
    "maker": 0x010F, "model": 0x0110, "software": 0x0131, "description": 0x010E,
    "lens": 0xA434, "recorded_at": 0x9003, "zone": 0x9011,
}  # fmt: skip
_EXPOSURE, _APERTURE, _ISO, _FOCAL_LENGTH = 0x829A, 0x829D, 0x8827, 0x920A
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.A)
_LATITUDE, _LONGITUDE = (1, 2), (3, 4)  # the tags of the direction and of the degrees


@dataclass(frozen=True, slots=True)
class TechnicalData:
    """`width` and `height` are those of the picture as it is shown, in pixels; 0 if not known.
    `values` have a text for each of what the file states; `place` has degrees north and east."""

    width: int = 0
    height: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    place: tuple[float, float] | None = None


def read_technical_data(file: BinaryIO, size: int, media: Media) -> TechnicalData:
    """Return what a photo's file of `size` bytes says. Only a few parts of it are read. Raises what
    reading the file raises."""
    try:
        match media:
            case Media.JPEG:
                return _of_jpeg(file)
            case Media.DNG:
                return _of_dng(file_source(file))
            case Media.MP4:
                return _of_clip(file_source(file), size)
    except (InvalidPhotoError, struct.error, OverflowError):
        return TechnicalData()


def _of_jpeg(file: BinaryIO) -> TechnicalData:
    data = file.read(HEADER_BYTES)
    segments = _segments(data)
    if segments and segments[-1].marker != jpeg.SOS:
        data += file.read(LONG_HEADER_BYTES - HEADER_BYTES)
        segments = _segments(data)
    frame = next((one for one in segments if one.marker in jpeg.FRAMES), None)
    width, height = jpeg.frame_size(data, frame) if frame else (0, 0)
    tiffs = exif.tiffs_in(data, segments) or [b""]
    first, *more = (_described(Exif(bytes_source(tiff)), width, height) for tiff in tiffs)
    in_exif = next((one.place for one in [first, *more] if one.place), None)
    return replace(first, place=in_exif or xmp.place(data, segments))


def _segments(data: bytes) -> list[jpeg.Segment]:
    """Return those segments before the picture of a JPEG that are in its first bytes."""
    segments: list[jpeg.Segment] = []
    with suppress(InvalidPhotoError):  # such as the end of what was read
        segments.extend(jpeg.header(data))
    return segments


def _of_dng(read: ReadAt) -> TechnicalData:
    tiff = Exif(read)
    first = tiff.first
    pictures = [first, *tiff.directories(first.get(_SUB_DIRECTORIES), _MAX_SUB_DIRECTORIES)]
    sizes = [(tiff.integer(one.get(_WIDTH)), tiff.integer(one.get(_HEIGHT))) for one in pictures]
    width, height = max((width or 0, height or 0) for width, height in sizes)
    return _described(tiff, width, height)


def _described(tiff: Exif, width: int, height: int) -> TechnicalData:
    first = tiff.first
    if tiff.integer(first.get(_ORIENTATION)) in _SIDEWAYS:
        width, height = height, width
    tags = tiff.all()
    texts = {name: tiff.text(tags.get(number)) for name, number in _TEXTS.items()}
    values = texts | dict(_exposure(tiff, tags))
    stated = {name: text for name, text in values.items() if text}
    return TechnicalData(width, height, stated, _place(tiff, tiff.gps()))


def _exposure(tiff: Exif, tags: Tags) -> Iterator[tuple[str, str]]:
    if exposure := tiff.fractions(tags.get(_EXPOSURE), 1):
        seconds = exposure[0]
        is_short = 0 < seconds < 0.4
        yield "exposure", f"1/{1 / seconds:.0f} s" if is_short else f"{seconds:.3g} s"
    if aperture := tiff.fractions(tags.get(_APERTURE), 1):
        yield "aperture", f"f/{aperture[0]:.3g}"
    if iso := tiff.integer(tags.get(_ISO)):
        yield "iso", str(iso)
    if focal_length := tiff.fractions(tags.get(_FOCAL_LENGTH), 1):
        yield "focal_length", f"{focal_length[0]:.3g} mm"


def _place(tiff: Exif, gps: Tags) -> tuple[float, float] | None:
    north = _degrees(tiff, gps, _LATITUDE, "NS", 90)
    east = _degrees(tiff, gps, _LONGITUDE, "EW", 180)
    return None if north is None or east is None else (north, east)


def _degrees(
    tiff: Exif, gps: Tags, numbers: tuple[int, int], directions: str, limit: int
) -> float | None:
    """Return degrees, which are negative for the second of the two directions."""
    direction = tiff.text(gps.get(numbers[0]))[:1].upper()  # "N", "n", "North"
    degrees = _degrees_of(tiff, gps.get(numbers[1]))
    if degrees is None or abs(degrees) > limit or direction not in tuple(directions):
        return None
    # Programs write a sign beside the direction, which says the same.
    return abs(degrees) if direction == directions[0] else -abs(degrees)


def _degrees_of(tiff: Exif, tag: Tag | None) -> float | None:
    """Return degrees of a tag with degrees, minutes and seconds. Programs leave out the last ones,
    which the first ones have as their fractions then, and write numbers as a text."""
    parts = tiff.fractions(tag, min(tag.value_count, 3)) if tag and tag.value_count else None
    parts = parts or tuple(map(float, _NUMBER.findall(tiff.text(tag))[:3]))
    return sum(part / 60**place for place, part in enumerate(parts)) if parts else None


def _of_clip(read: ReadAt, size: int) -> TechnicalData:
    movie = Movie(read, size)
    width, height = movie.picture_size()
    return TechnicalData(width, height, place=movie.place())
