"""The preview in a JPEG's EXIF (CIPA DC-008: the "thumbnail" of the directory after the first one).

It is found once, when the photo arrives. From then on a thumbnail is one range of the photo's bytes
(docs/decisions/0061-a-jpeg-carries-its-preview.md). Anyone who may upload can write one, so only
what every browser decodes at little cost is used. Everything else counts as no preview.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from function_app.media import exif, jpeg
from function_app.media.errors import InvalidPhotoError

MAX_BYTES = 64 * 1024
# Of the longer side, in pixels. Cameras write previews of 160 pixels, which are too small for a
# list, and which programs leave in place when a person crops the photo or hides a part of it.
MIN_SIDE, MAX_SIDE = 320, 640
MAX_ASPECT_ERROR = 0.03  # against the photo's; 1 pixel of 480 x 36

_BASELINE = 0xC0  # SOF0
_BITS = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """Where a photo's preview is, in bytes from the photo's beginning, and how the photo and so the
    preview has to be turned, as EXIF numbers it (1 to 8)."""

    offset: int
    size: int
    orientation: int = exif.UPRIGHT


def find(photo: bytes) -> Preview | None:
    """Return the preview of a JPEG; None if it has none that can be used. Raises nothing."""
    try:
        segments = list(jpeg.header(photo))  # once: a stranger can make that take 0.2 s
        thumbnail = exif.thumbnail(photo, segments)
        if thumbnail is None or len(thumbnail) > MAX_BYTES:
            return None
        data = photo[thumbnail.start : thumbnail.stop]
        size = _size_of(data, jpeg.header(data))
        if not _is_usable(data) or not _has_same_shape(size, _size_of(photo, segments)):
            return None
    except InvalidPhotoError:
        return None
    return Preview(thumbnail.start, len(thumbnail), exif.orientation(photo, segments))


def shown(data: bytes, preview: Preview) -> bytes:
    """Return the bytes of a preview as a thumbnail: without metadata but for the orientation, by
    which browsers turn it. Raises InvalidPhotoError if they are not a JPEG."""
    return jpeg.redact(data, exif.orientation_segment(preview.orientation))


def _is_usable(data: bytes) -> bool:
    """Return whether this is a baseline JPEG, in grey or in colours, of one scan and of a preview's
    size. Raises InvalidPhotoError."""
    segments = list(jpeg.header(data))
    frames = [one for one in segments if one.marker in jpeg.FRAMES]
    if len(frames) != 1 or frames[0].marker != _BASELINE or len(data) < frames[0].content + 6:
        return False
    bits, components = data[frames[0].content], data[frames[0].content + 5]
    end = jpeg.next_marker(data, segments[-1].end)
    has_one_scan = end >= 0 and data.startswith(jpeg.END_OF_IMAGE, end)
    is_small = MIN_SIDE <= max(jpeg.frame_size(data, frames[0])) <= MAX_SIDE
    return bits == _BITS and components in (1, 3) and has_one_scan and is_small


def _size_of(data: bytes, segments: Iterable[jpeg.Segment]) -> tuple[int, int]:
    """Return the width and height of a JPEG with these segments, in pixels."""
    frame = next((one for one in segments if one.marker in jpeg.FRAMES), None)
    return (0, 0) if frame is None else jpeg.frame_size(data, frame)


def _has_same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    across, down = one[0] * other[1], one[1] * other[0]
    return across > 0 and abs(across - down) <= MAX_ASPECT_ERROR * across
