"""The check of an MP4: whether it is a whole movie."""

from contextlib import suppress

from function_app.media.errors import NotAPhotoError, NotRedactableError, TruncatedError
from function_app.media.mp4 import (
    HEADER_BYTES,
    LONG_HEADER_BYTES,
    MAX_BOXES,
    Box,
    BoxReader,
    TooManyBoxesError,
)
from function_app.media.mp4_samples import PlayedSamples
from function_app.media.sources import bytes_source

# The boxes with which clips begin. Only `ftyp` names a brand: QuickTime's clips need none, and some
# cameras put padding in front.
_FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_MOVIE_BOXES = {b"ftyp", b"moov", b"moof", b"mdat"}
_MAX_BOXES_BEFORE_MOVIE = 10  # of other kinds: a preview, a maker's own
# Still pictures that use the same boxes: Canon's raw files, JPEG 2000 and XL.
_STILLS = {b"crx ", b"jp2 ", b"jpx ", b"jxl "}
# HEIF and AVIF. Clips may have these brands, too: players look for a track of video.
_MOSTLY_STILLS = {
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis",
}  # fmt: skip
# The boxes at the top of a clip. If the bytes after the last whole box begin like one of these, the
# clip was cut; other bytes were appended to a whole clip, or are the index of its fragments (mfra),
# which comes after all of them.
_TOP_BOXES = _FIRST_BOXES | {
    b"moof", b"udta", b"meta", b"uuid", b"sidx", b"ssix", b"prft", b"emsg", b"pdin", b"pnot",
}  # fmt: skip
_MAX_BOX_BYTES = 128 << 20  # the host accepts no more; line ends and letters, as a size, are more


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

    Bytes after a whole movie are allowed: cameras pad their files. If they are the beginning of a
    box, the clip was cut. Whatever the boxes after its description say, a clip is whole if it has
    all pictures and sounds of which the description knows. A clip without its last fragments, or
    one whose last box extends to the end of the file, counts as complete: its boxes tell no more.
    Raises NotAPhotoError and TruncatedError.
    """
    reader = BoxReader(bytes_source(data), MAX_BOXES)
    try:
        _check_boxes(data, reader)
    except TooManyBoxesError:
        raise NotAPhotoError("is not an MP4: it has more boxes than a clip can have") from None


def _check_boxes(data: bytes, reader: BoxReader) -> None:
    kinds: set[bytes] = set()
    has_track, end = False, 0
    for box in reader.boxes(0, len(data)):
        kind, _, content, end = box
        if kind == b"ftyp" and kind not in kinds:
            _check_brand(data, content, end)
        kinds.add(kind)
        has_track |= kind == b"moof"
        if kind == b"moov" and not has_track:
            has_track = _has_track(reader, box)
    # Fragments need a description of their tracks.
    is_movie = {b"moov", b"mdat"} <= kinds and has_track
    if is_movie and not _begins_box(data[end:]):
        return
    if _has_all_samples(data, has_media=b"mdat" in kinds):
        return
    if is_movie:
        raise _truncated()
    if end and _is_too_short(data[end : end + LONG_HEADER_BYTES]):
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


def _check_brand(data: bytes, start: int, end: int) -> None:
    """Return if the brands between two offsets may be a movie's. Raises NotAPhotoError."""
    brand = data[start : start + 4]
    if end - start < 8:
        raise NotAPhotoError("is not an MP4: its brand is missing")
    if brand in _STILLS or (brand in _MOSTLY_STILLS and not _samples(data)):
        raise NotAPhotoError("is a still picture of an unsupported format, and not an MP4")


def _is_too_short(header: bytes) -> bool:
    """Return whether a box states that it is shorter than its own header."""
    size = int.from_bytes(header[:4], "big")
    long_size = int.from_bytes(header[8:], "big")
    return 1 < size < HEADER_BYTES or (size == 1 and long_size < LONG_HEADER_BYTES)


def _begins_box(rest: bytes) -> bool:
    """Return whether the bytes after the last box are the beginning of another one."""
    size, kind = int.from_bytes(rest[:4], "big"), rest[4:8]
    is_size = size == 1 or len(rest) < size < _MAX_BOX_BYTES
    return bool(kind) and is_size and any(known.startswith(kind) for known in _TOP_BOXES)


def _has_all_samples(data: bytes, *, has_media: bool) -> bool:
    """Return whether all samples of a clip without fragments are in the file. If no box of media is
    found, the header of one must precede the first sample."""
    samples = _samples(data)
    if samples is None or samples.has_fragments or not samples.ranges:
        return False
    first, end = min(samples.ranges)[0], max(last for _, last in samples.ranges)
    is_of_media = has_media or b"mdat" in data[max(first - LONG_HEADER_BYTES, 0) : first]
    return is_of_media and end <= len(data)


def _samples(data: bytes) -> PlayedSamples | None:
    """Return where the samples of a clip are; None if it has no track of video or sound that can be
    read."""
    with suppress(NotRedactableError, TooManyBoxesError):
        samples = PlayedSamples(data)
        return samples if samples.boxes else None
    return None


def _truncated() -> TruncatedError:
    return TruncatedError("is an MP4 that ends inside a box")
