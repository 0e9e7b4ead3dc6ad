"""Remove from an MP4 all that no player needs."""

from bisect import bisect_right
from operator import itemgetter

from function_app.media.errors import NotRedactableError
from function_app.media.mp4 import HEADER_BYTES, MAX_BOXES, Box, BoxReader, TooManyBoxesError
from function_app.media.mp4_samples import PlayedSamples
from function_app.media.sources import bytes_source

# The boxes that a player needs, by the box around them. Those without an entry of their own are
# kept whole.
_NEEDED: dict[bytes, frozenset[bytes]] = {
    parent: frozenset(kind.encode() for kind in kinds.split())
    for parent, kinds in {
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
_ZEROS = b"\0"  # with which no kind begins
_PADDING = (b"free", b"skip", b"wide", _ZEROS)
_HANDLER_NAME = 24  # bytes of `hdlr` before it


def redact(clip: bytes) -> bytes:
    """Return a clip of the same length, in which boxes that no player needs, tracks that are
    neither picture nor sound, their samples, and what lies between boxes and between samples are
    overwritten. Raises NotRedactableError."""
    try:
        redaction = _Redaction(clip, PlayedSamples(clip))
        redaction.keep_needed(b"", 0, len(clip))
    except TooManyBoxesError:
        raise NotRedactableError("it has more boxes than a clip can have") from None
    return bytes(redaction.data)


class _Redaction:
    def __init__(self, clip: bytes, samples: PlayedSamples) -> None:
        self.data = bytearray(clip)
        self._clip, self._reader = clip, BoxReader(bytes_source(clip), MAX_BOXES)
        self._samples = samples
        top = BoxReader(bytes_source(clip), MAX_BOXES).boxes(0, len(clip))
        self._has_media = any(box.kind == b"mdat" for box in top)
        self._played = list(samples.merged())  # once: each of thousands of boxes looks into it

    def keep_needed(self, parent: bytes, at: int, end: int) -> None:
        """Blank the boxes between two offsets that a box of the kind `parent` does not need."""
        for box in self._reader.boxes(at, end):
            at = box.end
            is_needed = box.kind in _NEEDED[parent]
            if not is_needed or (box.kind == b"trak" and box.start not in self._samples.boxes):
                self._keep_padding(parent, box)
            elif box.kind in _NEEDED:
                self.keep_needed(box.kind, box.content, box.end)
            elif box.kind == b"hdlr":
                self._blank(min(box.content + _HANDLER_NAME, box.end), box.end)
            elif box.kind == b"mdat":
                self._keep_samples(box)
        if end - at >= HEADER_BYTES:
            self._keep_padding(parent, Box(_ZEROS, at, at + HEADER_BYTES, end))
            self.data[at : at + 4] = (end - at).to_bytes(4, "big")
        else:
            self._blank(at, end)

    def _keep_padding(self, parent: bytes, box: Box) -> None:
        """Make a box padding. At the top of a clip without whole media it may have samples: cameras
        state the size of their media wrongly, or fill up with zeros before it."""
        self.data[box.start + 4 : box.start + 8] = b"free"
        if parent == b"" and not self._has_media and box.kind.startswith(_PADDING):
            self._keep_samples(box)
        else:
            self._blank(box.content, box.end)

    def _keep_samples(self, media: Box) -> None:
        """Blank what no player plays: other tracks' samples, and cameras' notes between them."""
        at = media.content
        first = bisect_right(self._played, at, key=itemgetter(1))  # the first that ends after it
        for number in range(first, len(self._played)):
            start, end = self._played[number]
            if start >= media.end:
                break
            self._blank(at, max(start, at))
            at = min(end, media.end)
        self._blank(at, media.end)

    def _blank(self, start: int, end: int) -> None:
        self.data[start:end] = bytes(end - start)
