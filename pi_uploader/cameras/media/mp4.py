"""MP4 clips: where they are recorded, the names of their codecs, and their posters.

An MP4 is made of nested boxes (ISO/IEC 14496-12, section 4.2).

A poster is a small JPEG inside the clip, so that a photo is one file. It goes where players look
for a cover: moov/udta/meta/ilst/covr (Apple's QuickTime File Format, "User Data"). The pictures are
not written again: the description (moov) grows by the poster, and the offsets in it that point
behind it grow by the same amount.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

CLIP_FOLDER = Path("/var/tmp")  # noqa: S108  /tmp is memory on many systems (Debian 13), and a Pi has little
VIDEO_CODECS = {b"avc1", b"avc3", b"hvc1", b"hev1"}  # H.264 and H.265

_CODEC_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")  # each inside the previous
_STSD_HEADER = 8  # bytes before the entries of an stsd: its version and their number
_COVER_PATH = (b"udta", b"meta", b"ilst")  # of a cover, inside moov
_OFFSET_TABLE_PATH = (b"trak", b"mdia", b"minf", b"stbl")  # each inside the previous
_OFFSET_FORMATS = {b"stco": "I", b"co64": "Q"}  # the tables with the offsets of a track's chunks
_COVER_IS_JPEG = 13
_META_HEADER = bytes(4) + struct.pack(">I4s8x4s4s9x", 33, b"hdlr", b"mdir", b"appl")


@contextmanager
def clip_folder() -> Iterator[Path]:
    """Create a temporary folder for the file of a clip, and delete it afterwards. It is on the
    disk, not in memory, where there is /var/tmp; TMPDIR, if set, decides instead."""
    use_disk = CLIP_FOLDER.is_dir() and os.access(CLIP_FOLDER, os.W_OK)
    use_disk = use_disk and not os.environ.get("TMPDIR")
    with TemporaryDirectory(prefix="nightjar-", dir=CLIP_FOLDER if use_disk else None) as folder:
        yield Path(folder)


def iter_boxes(
    data: bytes | bytearray, start: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield the kind of each box between `start` and `end`, and the offsets of its start, of its
    content and of its end. Raises ValueError or struct.error for an incomplete box."""
    end = len(data) if end is None else end
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:  # a 64-bit size follows
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:  # until the end
            size = end - start
        if not content <= start + size <= end:
            raise ValueError(f"the clip's box at byte {start} is incomplete")
        yield kind, start, content, start + size
        start += size


def make_box(kind: bytes, content: bytes) -> bytes:
    """Return a box of this kind."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def has_pictures(clip: bytes) -> bool:
    """Return False for a complete clip whose media data (mdat) is empty, True for any other."""
    try:
        return any(kind == b"mdat" and end > content for kind, _, content, end in iter_boxes(clip))
    except (ValueError, struct.error):
        return True


def codecs_of(clip: bytes) -> set[bytes]:
    """Return the codec names of all tracks. Raises ValueError or struct.error for an incomplete
    clip."""
    return {clip[at : at + 4] for at in _codec_offsets(clip)}


def tag_as_hvc1(clip: bytes) -> bytes:
    """Return the clip with its H.265 tracks named `hvc1`. Raises as `codecs_of` does.

    ffmpeg names H.265 that it copies into an MP4 `hev1`; Safari plays `hvc1` only (ISO/IEC
    14496-15, section 8.4.1). Its `-tag:v hvc1` fails for H.264, and which of the two a camera sends
    is known only from its pictures. So the name is changed afterwards; the description is otherwise
    the same.
    """
    tagged = bytearray(clip)
    for at in _codec_offsets(clip):
        if tagged[at : at + 4] == b"hev1":
            tagged[at : at + 4] = b"hvc1"
    return bytes(tagged)


def _codec_offsets(clip: bytes) -> list[int]:
    """Return the offsets of the codec names of all tracks."""
    ranges = [(0, len(clip))]
    for expected in _CODEC_PATH:
        ranges = [
            (content, end)
            for range_start, range_end in ranges
            for kind, _, content, end in iter_boxes(clip, range_start, range_end)
            if kind == expected
        ]
    return [
        entry + 4
        for start, end in ranges
        for _, entry, _, _ in iter_boxes(clip, start + _STSD_HEADER, end)
    ]


def add_poster(clip: bytes, poster: bytes) -> bytes:
    """Return the MP4 `clip` with this JPEG as its cover; its media data is unchanged.

    Raises ValueError or struct.error if the clip is fragmented or not a well-formed MP4.
    """
    boxes = list(iter_boxes(clip))
    kinds = [kind for kind, _, _, _ in boxes]
    if kinds.count(b"moov") != 1 or b"moof" in kinds:
        raise ValueError("the clip has no description (moov), or one for each of its fragments")
    _, start, content, end = boxes[kinds.index(b"moov")]
    cover = make_box(b"covr", make_box(b"data", struct.pack(">II", _COVER_IS_JPEG, 0) + poster))
    description = bytearray(make_box(b"moov", _insert(clip[content:end], _COVER_PATH, cover)))
    growth = len(description) - (end - start)
    _shift_offsets(description, (8, len(description)), first=end, by=growth)
    return b"".join((clip[:start], description, clip[end:]))


def poster_in(clip: bytes) -> bytes | None:
    """Return the poster that `add_poster` has added; None if the MP4 has none, or is damaged."""
    start, end = 0, len(clip)
    try:
        for wanted in (b"moov", *_COVER_PATH, b"covr", b"data"):
            boxes = iter_boxes(clip, start, end)
            start, end = next((inside, end) for kind, _, inside, end in boxes if kind == wanted)
            start += {b"meta": 4, b"data": 8}.get(wanted, 0)  # after its version; its type
    except (StopIteration, ValueError, struct.error):
        return None
    return clip[start:end]


def _insert(content: bytes, path: Sequence[bytes], new_box: bytes) -> bytes:
    """Return the boxes `content` with one more inside the boxes of `path`, which are created where
    missing."""
    if not path:
        return content + new_box
    wanted, rest = path[0], path[1:]
    for kind, start, inside, end in iter_boxes(content):
        if kind == wanted:
            first = inside + 4 if kind == b"meta" else inside  # after its version
            grown = content[inside:first] + _insert(content[first:end], rest, new_box)
            return content[:start] + make_box(wanted, grown) + content[end:]
    header = _META_HEADER if wanted == b"meta" else b""
    return content + make_box(wanted, header + _insert(b"", rest, new_box))


def _shift_offsets(content: bytearray, within: tuple[int, int], *, first: int, by: int) -> None:
    """Add `by` to all chunk offsets from `first` on, in the offset tables of `content` that lie in
    the range `within`."""
    for kind, _, inside, end in list(iter_boxes(content, *within)):
        if kind in _OFFSET_TABLE_PATH:
            _shift_offsets(content, (inside, end), first=first, by=by)
        elif kind in _OFFSET_FORMATS:
            (count,) = struct.unpack_from(">4xI", content, inside)
            table = struct.Struct(f">{count}{_OFFSET_FORMATS[kind]}")
            if inside + 8 + table.size > end:
                raise ValueError("an offset table of the clip is longer than its box")
            offsets = table.unpack_from(content, inside + 8)
            shifted = (offset + by if offset >= first else offset for offset in offsets)
            table.pack_into(content, inside + 8, *shifted)
