"""A photo without the place where it was taken, and without all else that was written about it.

The picture stays as it is, bit for bit; nothing is encoded anew.
"""

import struct
from collections.abc import Callable, Iterator

from function_app.formats.jpeg import MalformedError, TruncatedError
from function_app.formats.jpeg_metadata import blank_metadata, without_metadata
from function_app.formats.tiff import Directory, directories
from photo_wire.media import Media

MAX_BOXES, MAX_DEPTH = 10_000, 8  # of a clip

_BLANKED = (  # tags of a DNG whose values are overwritten
    700,  # XMP
    33723,  # IPTC
    34377,  # Photoshop's
    37500,  # a maker's own notes, which may hold the place
    37510,  # a person's comment
    50740,  # private data of the program that wrote it
)
_GPS = 34853  # where GPS's directory is
_JPEG, _COMPRESSION, _STRIPS, _STRIP_SIZES = 7, 259, 273, 279
_CONTAINERS = (b"moov", b"trak", b"moof", b"traf")
_NOTES = (b"udta", b"meta", b"uuid")
_PLAYED = (b"vide", b"soun")


class NotRedactableError(ValueError):
    """The photo is built in a way that leaves open what was written about it."""


def redacted(photo: bytes, media: Media) -> bytes:
    """Return the photo without its metadata, but for its orientation and its colours.

    Of a JPEG only what the picture needs is left. A DNG and an MP4 keep their length: notes are
    overwritten, in a clip the tracks that are neither picture nor sound, too. What such a track
    recorded stays in the clip's data, where no player finds it. Raises NotRedactableError.
    """
    ways: dict[Media, Callable[[bytes], bytes]] = {
        Media.JPEG: without_metadata,
        Media.DNG: _dng,
        Media.MP4: _mp4,
    }
    try:
        return ways[media](photo)
    except (MalformedError, TruncatedError, struct.error) as error:
        raise NotRedactableError(str(error)) from None


def _dng(photo: bytes) -> bytes:
    eraser = _Eraser(photo)
    for directory in directories(photo):
        for tag in _BLANKED:
            eraser.erase(*directory.span(tag))
        for gps in directory.within(_GPS):
            for start, end in gps.spans():
                eraser.erase(start, end)
        for start, end in _previews(directory):
            eraser.replace(start, blank_metadata(photo[start : eraser.spend(start, end)]))
    return bytes(eraser.data)


class _Eraser:
    """Overwrites parts of a photo. Parts that together are longer than two photos are an attack:
    tags may all point at the same bytes."""

    def __init__(self, photo: bytes) -> None:
        self.data = bytearray(photo)
        self._left = 2 * len(photo)

    def spend(self, start: int, end: int) -> int:
        """Return `end`, or where the photo ends. Raises NotRedactableError."""
        end = max(start, min(end, len(self.data)))
        self._left -= end - start
        if self._left < 0:
            raise NotRedactableError("it has more parts than a photo can have")
        return end

    def erase(self, start: int, end: int) -> None:
        end = self.spend(start, end)
        self.replace(start, bytes(end - start))

    def replace(self, start: int, by: bytes) -> None:
        self.data[start : start + len(by)] = by


def _previews(directory: Directory) -> Iterator[tuple[int, int]]:
    """Yield where the directory's JPEGs begin and end: they may have metadata of their own."""
    if directory.integers(_COMPRESSION) == [_JPEG]:
        for start, size in zip(
            directory.integers(_STRIPS), directory.integers(_STRIP_SIZES), strict=False
        ):
            yield start, start + size


def _mp4(photo: bytes) -> bytes:
    data = bytearray(photo)
    boxes = _Boxes(photo)
    for kind, start, content, end in boxes.walk(0, len(photo)):
        is_track = kind == b"trak" and boxes.handler(content, end) not in _PLAYED
        if kind in _NOTES or is_track:
            data[start + 4 : start + 8] = b"free"
            data[content:end] = bytes(end - content)
    return bytes(data)


class _Boxes:
    """The boxes of a clip (ISO/IEC 14496-12), up to MAX_BOXES in all."""

    def __init__(self, data: bytes) -> None:
        self._data, self._left = data, MAX_BOXES

    def walk(self, at: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int, int]]:
        """Yield the boxes between `at` and `end` and those within them: kind, where each begins,
        where its content begins, where it ends."""
        if depth > MAX_DEPTH:
            raise NotRedactableError("its boxes lie deeper in each other than those of a clip")
        for kind, start, content, behind in self._level(at, end):
            yield kind, start, content, behind
            if kind in _CONTAINERS:
                yield from self.walk(content, behind, depth + 1)

    def handler(self, at: int, end: int) -> bytes:
        """The handler type of the track whose content this is, such as `vide`; empty if none."""
        for kind, _, content, behind in self._level(at, end):
            if kind == b"mdia":
                for inner, _, where, _ in self._level(content, behind):
                    if inner == b"hdlr":
                        return self._data[where + 8 : where + 12]
        return b""

    def _level(self, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
        data = self._data
        while at + 8 <= end:
            self._left -= 1
            if self._left < 0:
                raise NotRedactableError("it has more boxes than a clip can have")
            size, content = int.from_bytes(data[at : at + 4], "big"), at + 8
            if size == 1:
                size, content = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
            elif size == 0:
                size = end - at
            behind = at + size
            if not content <= behind <= end:
                return  # bytes behind the last box
            yield data[at + 4 : at + 8], at, content, behind
            at = behind
