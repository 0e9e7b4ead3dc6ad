"""An MP4: boxes that fill the file from end to end (ISO/IEC 14496-12, section 4.2)."""

from collections.abc import Iterator

from function_app.receiving.inspection.verdict import CutShortError, NotAPhotoError

FIRST_BOX = b"ftyp"
MOST_BOXES = 10_000  # on one level; an hour in fragments of a second has 7,200

# Still pictures use the same boxes: HEIF, AVIF, Canon's raw files.
_STILLS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "}


def check(data: bytes) -> None:
    """Return if `data` is a movie: boxes that fill it exactly, the first of them `ftyp`, with a
    track's description (or fragments) and media data among them.

    A clip without its last fragments, or one whose last box says "up to the end of the file", is
    whole as far as its boxes tell. Raises NotAPhotoError and CutShortError.
    """
    boxes = list(_boxes(data, 0, len(data)))
    _, start, end = boxes[0]
    if end - start < 8:
        raise NotAPhotoError("is not an MP4: its first box is too short")
    if data[start : start + 4] in _STILLS:
        raise NotAPhotoError("is a still picture of a kind that is not taken, and not an MP4")
    kinds = {kind for kind, _, _ in boxes}
    described = b"moof" in kinds or any(
        child == b"trak"
        for kind, start, end in boxes
        if kind == b"moov"
        for child, _, _ in _boxes(data, start, end)
    )
    if b"mdat" not in kinds or not described:
        raise CutShortError("is an MP4 without a whole track in it")


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Each box between `at` and `end`: its kind, and where its content begins and ends."""
    for _ in range(MOST_BOXES):
        if at == end:
            return
        kind = data[at + 4 : at + 8]
        size, content = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if content > end or at + size > end:
            raise CutShortError("is an MP4 that ends inside a box")
        if at + size < content:
            raise NotAPhotoError(f"is not an MP4: the box at byte {at} is shorter than its header")
        yield kind, content, at + size
        at += size
    raise NotAPhotoError("is not an MP4: it has more boxes than a clip can have")
