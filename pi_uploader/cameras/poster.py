"""A clip's poster: a small JPEG of it that the clip itself carries, so that a photo is one file.

It goes where players look for a cover, in moov/udta/meta/ilst/covr (ISO/IEC 14496-12; Apple's
QuickTime File Format, "User Data"). The film is not written anew: its description grows by the
poster, and the numbers in it that say where in the file the film lies grow with it.
"""

import logging
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from pi_uploader.cameras.boxes import box, boxes

WIDTH = 480  # pixels of a small picture, as of the gallery's thumbnails

_PLACE = (b"udta", b"meta", b"ilst")  # of a cover, in a film's description
_TABLES = (b"trak", b"mdia", b"minf", b"stbl")  # each in the one before; in the last one is
_OFFSETS = {b"stco": "I", b"co64": "Q"}  # where a track's pieces lie in the file
_JPEG = 13  # the kind of a cover
_META = bytes(4) + struct.pack(">I4s8x4s4s9x", 33, b"hdlr", b"mdir", b"appl")  # how a meta begins

Result = TypeVar("Result")
log = logging.getLogger("capture")


def attempt(call: Callable[[], Result]) -> Result | None:
    """What `call` gives; None if it fails, since a photo matters more than its small picture. Each
    way in which it fails is logged once."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever it is, the clip is kept
        _tell(f"{type(error).__name__}: {error}")
        return None


def with_poster(clip: bytes, poster: bytes) -> bytes:
    """The MP4 `clip` with this JPEG as its cover. Its film is the same, byte for byte.

    Raises ValueError or struct.error if the clip is in fragments or not built as an MP4 is.
    """
    found = list(boxes(clip))
    kinds = [kind for kind, _, _, _ in found]
    if kinds.count(b"moov") != 1 or b"moof" in kinds:
        raise ValueError("the clip has no description, or one for each of its pieces")
    _, start, inside, end = found[kinds.index(b"moov")]
    cover = box(b"covr", box(b"data", struct.pack(">II", _JPEG, 0) + poster))
    description = bytearray(box(b"moov", _put(clip[inside:end], _PLACE, cover)))
    _move(description, 8, len(description), behind=end, by=len(description) - (end - start))
    return b"".join((clip[:start], description, clip[end:]))


@lru_cache(maxsize=100)
def _tell(what: str) -> None:
    log.warning("a photo goes without a small picture of it: %s", what)


def _put(content: bytes, place: Sequence[bytes], new: bytes) -> bytes:
    """Return the boxes `content` with one more inside the boxes that `place` names, which are made
    where missing."""
    if not place:
        return content + new
    kind, further = place[0], place[1:]
    for found, start, inside, end in boxes(content):
        if found == kind:
            first = inside + 4 if kind == b"meta" else inside  # behind its version
            grown = content[inside:first] + _put(content[first:end], further, new)
            return content[:start] + box(kind, grown) + content[end:]
    return content + box(kind, (_META if kind == b"meta" else b"") + _put(b"", further, new))


def _move(content: bytearray, at: int, end: int, *, behind: int, by: int) -> None:
    """What the tables between `at` and `end` say to lie behind a byte of the file moves `by`."""
    for kind, _, inside, stop in list(boxes(content, at, end)):
        if kind in _TABLES:
            _move(content, inside, stop, behind=behind, by=by)
        elif kind in _OFFSETS:
            (count,) = struct.unpack_from(">4xI", content, inside)
            table = struct.Struct(f">{count}{_OFFSETS[kind]}")
            if inside + 8 + table.size > stop:
                raise ValueError("a table of the clip is longer than its box")
            offsets = table.unpack_from(content, inside + 8)
            moved = (offset + by if offset >= behind else offset for offset in offsets)
            table.pack_into(content, inside + 8, *moved)
