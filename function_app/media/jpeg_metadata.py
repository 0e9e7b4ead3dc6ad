"""A JPEG without what was written about it: EXIF with its place, XMP, comments, trailers."""

from collections.abc import Iterator

from function_app.media.exif import UPRIGHT, orientation, with_orientation
from function_app.media.jpeg import (
    APP0,
    APP2,
    APP14,
    EOI,
    FRAMES,
    MAX_SEGMENTS,
    SOS,
    STANDALONE,
    MalformedError,
    Segment,
    TruncatedError,
    header,
    next_marker,
    segment_at,
)

_APPLICATION = range(0xE0, 0xF0)
# Frames, scans, the tables of both, and what a decoder may need beside them.
_PICTURE = FRAMES | STANDALONE | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, SOS}
_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF, _COLOUR_PROFILE, _ADOBE = b"JFIF\0", b"ICC_PROFILE\0", b"Adobe"
_KEPT = {APP0: _JFIF, APP2: _COLOUR_PROFILE, APP14: _ADOBE}  # what the colours depend on


def without_metadata(jpeg: bytes) -> bytes:
    """Return the same picture, not encoded anew, with its colour profile and its orientation.

    All else that describes it is left out: what a maker writes in which segment is not known, so
    what is needed is kept, and not the other way round. What follows the picture (other pictures,
    a clip) is left out, too. Raises MalformedError and TruncatedError if the scan is not reached.
    """
    turned = orientation(jpeg)
    parts = [_START]
    kept = list(header(jpeg))
    parts += [
        jpeg[one.start : one.end] for one in kept if one.marker == APP0 and _is_kept(jpeg, one)
    ]
    if turned != UPRIGHT:
        parts.append(with_orientation(turned))
    parts += [
        jpeg[one.start : one.end] for one in kept if one.marker != APP0 and _is_kept(jpeg, one)
    ]
    parts += _compressed(jpeg, kept[-1].end)
    return b"".join([*parts, _END])


def blank_metadata(jpeg: bytes) -> bytes:
    """Return a JPEG of the same length, in which what describes it is overwritten with zeros. What
    is no JPEG is returned as it is."""
    data = bytearray(jpeg)
    try:
        for segment in header(jpeg):
            if not _is_kept(jpeg, segment):
                data[segment.content : segment.end] = bytes(segment.end - segment.content)
    except (MalformedError, TruncatedError):
        return bytes(data)
    return bytes(data)


def _compressed(jpeg: bytes, at: int) -> Iterator[bytes]:
    """Yield the compressed data from `at` on, with the tables between scans. What looks like a
    marker in damaged data, and is none, stays where it is."""
    for _ in range(MAX_SEGMENTS):
        marker = next_marker(jpeg, at)
        if marker < 0:
            yield jpeg[at:]
            return
        yield jpeg[at:marker]
        try:
            segment = segment_at(jpeg, marker)
        except (MalformedError, TruncatedError):
            segment = Segment(0, marker, marker + 2, marker + 2)
        if segment.marker == EOI or _END in jpeg[segment.start : segment.end]:
            return  # in damaged data a segment may seem to reach behind the end
        if segment.marker == 0 or _is_kept(jpeg, segment):
            yield jpeg[segment.start : segment.end]
        at = segment.end


def _is_kept(jpeg: bytes, segment: Segment) -> bool:
    if segment.marker in _APPLICATION:
        signature = _KEPT.get(segment.marker)
        return signature is not None and jpeg.startswith(signature, segment.content)
    return segment.marker in _PICTURE


def count_scans(jpeg: bytes) -> int:
    """Return how many scans a JPEG `without_metadata` has, or a few more."""
    return jpeg.count(bytes((0xFF, SOS)))
