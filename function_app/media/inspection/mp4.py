"""An MP4: boxes that fill the file (ISO/IEC 14496-12, section 4.2)."""

from collections.abc import Iterator

from function_app.media.inspection.errors import CutShortError, NotAPhotoError

FIRST_BOX = b"ftyp"
MAX_BOXES = 10_000  # in the whole file; an hour in fragments of a second has 7,200 at its top

# Still pictures use the same boxes: HEIF, AVIF, Canon's raw files.
_STILLS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
# What stands at the top of a clip. Bytes that begin like one of these and end too early are a clip
# that was cut; others behind a whole clip were appended to it.
_TOP = (
    {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"free", b"skip", b"wide", b"udta", b"meta"}
    | {b"uuid", b"sidx", b"ssix", b"styp", b"prft", b"emsg", b"pdin"}
)  # fmt: skip
_Box = tuple[bytes, int, int]  # its kind, and where its content begins and ends


def check(data: bytes) -> None:
    """Return if `data` is a movie: boxes, the first of them `ftyp`, with a track's description (or
    fragments) and media data among them. Bytes behind a whole movie are allowed: cameras pad files.

    A clip without its last fragments, or one whose last box says "up to the end of the file", is
    whole as far as its boxes tell. Raises NotAPhotoError and CutShortError.
    """
    boxes, described = _Boxes(data), False
    kinds: set[bytes] = set()
    for kind, start, end in boxes.of_the_file():
        if not kinds:
            _check_brand(data[start:end])
        kinds.add(kind)
        described |= kind == b"moof"
        if kind == b"moov" and not described:
            described = any(child == b"trak" for child, _, _ in boxes.within(start, end))
    if b"mdat" not in kinds or not described:
        if boxes.rest and _is_short(data, boxes.rest):
            raise NotAPhotoError(f"is not an MP4: the box at byte {boxes.rest} has no length")
        raise CutShortError("is an MP4 without a whole track in it")
    if boxes.rest:
        _check_rest(data, boxes.rest)


class _Boxes:
    """The boxes of a file. `rest` is where those of its top stop, or 0 if they fill it."""

    def __init__(self, data: bytes) -> None:
        self.rest = 0
        self._data, self._left = data, MAX_BOXES

    def of_the_file(self) -> Iterator[_Box]:
        """Yield those at the top, up to the first that is none or is not whole."""
        at = 0
        while at < len(self._data):
            box = self._box(at, len(self._data))
            if box is None:
                self.rest = at
                return
            yield box
            at = box[2]

    def within(self, at: int, end: int) -> Iterator[_Box]:
        """Yield those between `at` and `end`. Raises CutShortError if they do not fill it."""
        while at < end:
            box = self._box(at, end)
            if box is None:
                raise CutShortError("is an MP4 that ends inside a box")
            yield box
            at = box[2]

    def _box(self, at: int, end: int) -> _Box | None:
        """The box at `at`; None if it does not end before `end`."""
        self._left -= 1
        if self._left < 0:
            raise NotAPhotoError("is not an MP4: it has more boxes than a clip can have")
        data, content = self._data, at + 8
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size, content = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if content > end or not content <= at + size <= end:
            return None
        return data[at + 4 : at + 8], content, at + size


def _check_brand(brands: bytes) -> None:
    if len(brands) < 8:
        raise NotAPhotoError("is not an MP4: its first box is too short")
    if brands[:4] in _STILLS:
        raise NotAPhotoError("is a still picture of a kind that is not taken, and not an MP4")


def _is_short(data: bytes, at: int) -> bool:
    """Whether the box at `at` says that it is shorter than its own header."""
    size = int.from_bytes(data[at : at + 4], "big")
    return 1 < size < 8 or (size == 1 and int.from_bytes(data[at + 8 : at + 16], "big") < 16)


def _check_rest(data: bytes, at: int) -> None:
    """Return if the bytes from `at` on, behind a whole movie, are no box that was cut."""
    kind = data[at + 4 : at + 8]
    if kind and any(known.startswith(kind) for known in _TOP):
        raise CutShortError("is an MP4 that ends inside a box")
