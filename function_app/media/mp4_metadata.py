"""A clip without what was written about it (ISO/IEC 14496-12)."""

from collections.abc import Iterator
from dataclasses import dataclass

from function_app.media.limits import NotRedactableError

MAX_BOXES = 10_000  # of a clip

_PLAYED = (b"vide", b"soun")
_NAME_OF_HANDLER = 24  # bytes before it in `hdlr`
# The boxes that a player needs, by the box around them. Those without an entry of their own are
# kept whole.
_NEEDED: dict[bytes, frozenset[bytes]] = {
    around: frozenset(kind.encode() for kind in kinds.split())
    for around, kinds in {
        b"": "ftyp styp moov moof mdat sidx ssix mfra",
        b"moov": "mvhd trak mvex",
        b"trak": "tkhd edts mdia",
        b"edts": "elst",
        b"mdia": "mdhd hdlr minf",
        b"minf": "vmhd smhd hmhd nmhd dinf stbl",
        b"dinf": "dref",
        b"stbl": "stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh stps sdtp sbgp sgpd subs",
        b"mvex": "mehd trex leva",
        b"moof": "mfhd traf",
        b"traf": "tfhd tfdt trun sdtp sbgp sgpd subs",
        b"mfra": "tfra mfro",
    }.items()
}


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    content: int
    end: int


def picture_of_mp4(clip: bytes) -> bytes:
    """Return a clip of the same length, in which boxes that no player needs, tracks that are
    neither picture nor sound, and what lies between boxes are overwritten. Raises
    NotRedactableError."""
    data = bytearray(clip)
    _Redaction(data).keep_needed(b"", 0, len(data))
    return bytes(data)


class _Redaction:
    def __init__(self, data: bytearray) -> None:
        self._data, self._left = data, MAX_BOXES

    def keep_needed(self, around: bytes, at: int, end: int) -> None:
        """Blank the boxes between `at` and `end` that a box of the kind `around` does not need."""
        for box in self._boxes(at, end):
            at = box.end
            is_needed = box.kind in _NEEDED[around]
            if not is_needed or (box.kind == b"trak" and self._handler(box) not in _PLAYED):
                self._free(box)
            elif box.kind in _NEEDED:
                self.keep_needed(box.kind, box.content, box.end)
            elif box.kind == b"hdlr":
                self._blank(min(box.content + _NAME_OF_HANDLER, box.end), box.end)
        self._blank(at, end)  # behind the last box
        if end - at >= 8:
            self._data[at : at + 8] = (end - at).to_bytes(4, "big") + b"free"

    def _handler(self, track: _Box) -> bytes:
        """The handler type of a track, such as `vide`; empty if it has none."""
        for media in self._boxes(track.content, track.end):
            if media.kind == b"mdia":
                for box in self._boxes(media.content, media.end):
                    if box.kind == b"hdlr":
                        return bytes(self._data[box.content + 8 : box.content + 12])
        return b""

    def _free(self, box: _Box) -> None:
        self._data[box.start + 4 : box.start + 8] = b"free"
        self._blank(box.content, box.end)

    def _blank(self, start: int, end: int) -> None:
        self._data[start:end] = bytes(end - start)

    def _boxes(self, at: int, end: int) -> Iterator[_Box]:
        """Yield the boxes between `at` and `end`, up to the first bytes that are none."""
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
                return
            yield _Box(bytes(data[at + 4 : at + 8]), at, content, behind)
            at = behind
