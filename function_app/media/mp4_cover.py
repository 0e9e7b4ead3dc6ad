"""The cover picture of an MP4: the poster that a device puts into a clip.

It lies where music players look for it, in moov/udta/meta/ilst/covr (Apple's QuickTime File Format,
"User Data"; ffmpeg calls it an attached picture). The bytes come from outside: whatever they are,
the answer comes after a few short reads.
"""

import io
from typing import BinaryIO

MAX_BOXES = 50  # looked at on one level; a clip has four, a track's description about as many
MAX_BYTES = 4_000_000  # of a cover

# Where to look, one box inside the other, and how many bytes of each come before what is in it.
_PATH = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"covr", 0), (b"data", 8))


def cover(clip: BinaryIO) -> bytes:
    """The clip's first cover, undecoded; nothing if it has none, or is no whole MP4."""
    start, end = 0, clip.seek(0, io.SEEK_END)
    for kind, skip in _PATH:
        found = _find(clip, kind, start, end)
        if found is None:
            return b""
        start, end = found[0] + skip, found[1]
    if not 0 < end - start <= MAX_BYTES:
        return b""
    clip.seek(start)
    return clip.read(end - start)


def _find(clip: BinaryIO, kind: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the content of the first box of this kind between `at` and `end` begins and ends."""
    for _ in range(MAX_BOXES):
        if at + 8 > end:
            return None
        clip.seek(at)
        head = clip.read(16)
        size, content = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if not content <= at + size <= end:
            return None
        if head[4:8] == kind:
            return content, at + size
        at += size
    return None
