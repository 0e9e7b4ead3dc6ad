"""Where in an MP4 the samples are that a player plays (ISO/IEC 14496-12, sections 8.5 to 8.8)."""

import struct
from collections.abc import Iterator
from itertools import accumulate

from function_app.media.errors import NotRedactableError
from function_app.media.mp4 import MAX_BOXES, Box, BoxReader
from function_app.media.sources import bytes_source

MAX_NUMBERS = 1_000_000  # numbers in all tables; an hour of pictures and sound has 300,000

_PLAYED = (b"vide", b"soun")  # the handler types of the tracks that a player plays
_HANDLER_TYPE = 8  # bytes of `hdlr` before it
_FULL = 4  # bytes of version and flags at the beginning of most boxes
_CHANNELS = 32  # bytes of `stsd` before the number of channels, and the bits of each
_FORMAT, _SOUND_VERSION = 12, 24  # bytes of `stsd` before these
# By the version: before the number of samples in a packet, and before the bytes of one.
_PACKETS = {1: (44, 52), 2: (76, 72)}
_G711 = {b"ulaw", b"alaw"}  # a byte for each sample, though 16 bits are stated
# Of `tfhd` and `trun`: the flags of optional fields, in the order of these.
_BASE_OFFSET, _DESCRIPTION, _DURATION, _SIZE, _BASE_IS_FRAGMENT = 0x1, 0x2, 0x8, 0x10, 0x20000
_DATA_OFFSET, _FIRST_FLAGS, _RUN_DURATION, _RUN_SIZE, _RUN_FLAGS, _RUN_TIME = (
    0x1, 0x4, 0x100, 0x200, 0x400, 0x800,
)  # fmt: skip


class PlayedSamples:
    """The tracks of a clip that a player plays, by their numbers (`tracks`) and by where their
    boxes begin (`boxes`), and where their samples are: `ranges` from a first byte to a last one.
    `has_fragments`: whether there are samples that the description does not know.

    Raises NotRedactableError if the tables of the samples cannot be read, and TooManyBoxesError.
    """

    def __init__(self, clip: bytes) -> None:
        self.tracks: set[int] = set()
        self.boxes: set[int] = set()
        self.ranges: list[tuple[int, int]] = []
        self.has_fragments = False
        self._clip, self._reader = clip, BoxReader(bytes_source(clip), MAX_BOXES)
        self._numbers_left = MAX_NUMBERS
        # Of a sample in fragments, by track, if nothing else states it.
        self._fragment_sizes: dict[int, int] = {}
        top = list(self._reader.boxes(0, len(clip)))
        for box in top:
            if box.kind == b"moov":
                self._read_movie(box)
        for box in top:
            if box.kind == b"moof":
                self.has_fragments = True
                self._read_fragment(box)

    def merged(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges in their order, without overlaps."""
        last = 0
        for start, end in sorted(self.ranges):
            if end > last:
                yield max(start, last), end
                last = end

    def _read_movie(self, movie: Box) -> None:
        for box in self._reader.boxes(movie.content, movie.end):
            if box.kind == b"cmov":
                raise NotRedactableError("its description is compressed")
            if box.kind == b"trak":
                self._read_track(box)
            elif box.kind == b"mvex":
                self.has_fragments = True
                for one in self._reader.boxes(box.content, box.end):
                    if one.kind == b"trex":
                        track, *_, size, _ = self._numbers(one, _FULL, "I", 5)
                        self._fragment_sizes[track] = size

    def _read_track(self, track: Box) -> None:
        header, media = self._child(track, b"tkhd"), self._child(track, b"mdia")
        handler = media and self._child(media, b"hdlr")
        at = handler.content + _HANDLER_TYPE if handler else len(self._clip)
        handler_type = self._clip[at : at + 4]
        if handler_type not in _PLAYED:
            return
        self.boxes.add(track.start)
        if header:
            has_long_times = self._clip[header.content : header.content + 1] == b"\1"
            self.tracks.add(self._numbers(header, 20 if has_long_times else 12, "I", 1)[0])
        box = media
        for kind in (b"minf", b"stbl"):
            box = box and self._child(box, kind)
        if box:
            self._read_tables(box, is_sound=handler_type == b"soun")

    def _read_tables(self, tables: Box, *, is_sound: bool) -> None:
        """Add the range of each chunk of a track."""
        boxes = {box.kind: box for box in self._reader.boxes(tables.content, tables.end)}
        chunks = boxes.get(b"stsc")
        offsets = self._table(boxes.get(b"stco"), "I") or self._table(boxes.get(b"co64"), "Q")
        if chunks is None or not offsets:
            return
        size, ends = self._sample_sizes(boxes)
        samples = 1  # in each `size` bytes
        if size == 1 and is_sound and b"stsd" in boxes:
            samples, size = self._packet(boxes[b"stsd"])
        runs = self._table(chunks, "III")
        first_sample = 0
        for at, (first, count) in enumerate(zip(runs[::3], runs[1::3], strict=True)):
            following = runs[3 * at + 3] if 3 * at + 3 < len(runs) else len(offsets) + 1
            chunk_offsets = offsets[max(first - 1, 0) : max(following - 1, 0)]
            self._spend(len(chunk_offsets))
            for start in chunk_offsets:
                last_sample = min(first_sample + count, len(ends) - 1) if ends else 0
                length = (
                    ends[last_sample] - ends[first_sample] if ends else -(-count // samples) * size
                )
                self.ranges.append((start, start + length))
                first_sample = last_sample

    def _sample_sizes(self, boxes: dict[bytes, Box]) -> tuple[int, list[int]]:
        """Return the size of each sample, or 0 and where each one ends in the row of all."""
        if box := boxes.get(b"stsz"):
            size, count = self._numbers(box, _FULL, "I", 2)
            if size:
                return size, []
            return 0, [0, *accumulate(self._numbers(box, _FULL + 8, "I", count))]
        if box := boxes.get(b"stz2"):
            bits, count = self._numbers(box, _FULL, "I", 2)
            if bits == 4:
                packed = self._numbers(box, _FULL + 8, "B", (count + 1) // 2)
                halves = (half for byte in packed for half in (byte >> 4, byte & 15))
                return 0, [0, *accumulate(halves)]
            letter = {8: "B", 16: "H"}.get(bits)
            if letter:
                return 0, [0, *accumulate(self._numbers(box, _FULL + 8, letter, count))]
        raise _odd_tables()

    def _packet(self, descriptions: Box) -> tuple[int, int]:
        """Return how many samples a packet of sound has, and how many bytes for all channels, by
        the first description in `stsd` (QuickTime File Format, "Sound Sample Descriptions").

        QuickTime states 1 for the size of a sample, whatever it is. Too long a packet would keep
        what follows the sound, such as places."""
        if descriptions.end - descriptions.content < _CHANNELS + 4:
            return 1, 1
        (version,) = self._numbers(descriptions, _SOUND_VERSION, "H", 1)
        if version in _PACKETS:
            samples_at, bytes_at = _PACKETS[version]
            (samples,) = self._numbers(descriptions, samples_at, "I", 1)
            (size,) = self._numbers(descriptions, bytes_at, "I", 1)
            if samples and size:
                return samples, size
        channels, bits = self._numbers(descriptions, _CHANNELS, "H", 2)
        kind = self._clip[descriptions.content + _FORMAT : descriptions.content + _FORMAT + 4]
        sample_bytes = 1 if kind in _G711 else (bits + 7) // 8
        return 1, max(min(channels, 64) * min(sample_bytes, 8), 1)

    def _read_fragment(self, fragment: Box) -> None:
        """Add the ranges of a fragment's runs of samples."""
        at = fragment.start  # and for a later track, where the samples of the one before it end
        for box in self._reader.boxes(fragment.content, fragment.end):
            header = self._child(box, b"tfhd") if box.kind == b"traf" else None
            if header is None:
                continue
            flags, track = self._numbers(header, 0, "I", 2)
            fields = _FULL + 4
            if flags & _BASE_OFFSET:
                (at,) = self._numbers(header, fields, "Q", 1)
                fields += 8
            elif flags & _BASE_IS_FRAGMENT:
                at = fragment.start
            fields += 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
            size = self._fragment_sizes.get(track, 0)
            if flags & _SIZE:
                (size,) = self._numbers(header, fields, "I", 1)
            at = self._read_runs(box, track, at, size)

    def _read_runs(self, fragment: Box, track: int, base: int, size: int) -> int:
        """Return where the last run of a track's fragment ends."""
        at = base
        for box in self._reader.boxes(fragment.content, fragment.end):
            if box.kind != b"trun":
                continue
            flags, count = self._numbers(box, 0, "I", 2)
            fields = _FULL + 4
            if flags & _DATA_OFFSET:
                at = base + self._numbers(box, fields, "i", 1)[0]
                fields += 4
            fields += 4 * bool(flags & _FIRST_FLAGS)
            columns = [
                one for one in (_RUN_DURATION, _RUN_SIZE, _RUN_FLAGS, _RUN_TIME) if flags & one
            ]
            length = count * size
            if _RUN_SIZE in columns:
                rows = self._numbers(box, fields, "I", count * len(columns))
                length = sum(rows[columns.index(_RUN_SIZE) :: len(columns)])
            if track in self.tracks:
                self.ranges.append((at, at + length))
            at += length
        return at

    def _child(self, parent: Box, kind: bytes) -> Box | None:
        """Return the first box of this kind."""
        boxes = self._reader.boxes(parent.content, parent.end)
        return next((box for box in boxes if box.kind == kind), None)

    def _table(self, box: Box | None, row: str) -> tuple[int, ...]:
        """Return the rows of a table that begins with their count, one after the other."""
        if box is None:
            return ()
        (count,) = self._numbers(box, _FULL, "I", 1)
        return self._numbers(box, _FULL + 4, row[0], count * len(row))

    def _numbers(self, box: Box, at: int, letter: str, count: int) -> tuple[int, ...]:
        """Return `count` numbers from the byte `at` of a box's content on."""
        self._spend(count)
        layout = struct.Struct(f">{count}{letter}")
        if box.content + at + layout.size > box.end:
            raise _odd_tables()
        return layout.unpack_from(self._clip, box.content + at)

    def _spend(self, count: int) -> None:
        """Count what is read. Raises NotRedactableError for more than a clip can have."""
        self._numbers_left -= count
        if self._numbers_left < 0:
            raise _odd_tables()


def _odd_tables() -> NotRedactableError:
    return NotRedactableError("the tables of its samples cannot be read")
