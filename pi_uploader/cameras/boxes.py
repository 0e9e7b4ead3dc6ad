"""The boxes that an MP4 is made of (ISO/IEC 14496-12, section 4.2)."""

import struct
from collections.abc import Iterator


def boxes(
    data: bytes | bytearray, at: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield each box between `at` and `end`: its kind, where it begins, where its content begins,
    and where it ends. Raises ValueError or struct.error for one that is not whole."""
    end = len(data) if end is None else end
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        inside = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, inside)
            inside += 8
        elif size == 0:
            size = end - at
        if not inside <= at + size <= end:
            raise ValueError(f"the clip's box at byte {at} is not whole")
        yield kind, at, inside, at + size
        at += size


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of this kind."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def is_empty(clip: bytes) -> bool:
    """Return whether a clip that is whole has nothing in the part that is for its pictures."""
    try:
        return not any(kind == b"mdat" and end > inside for kind, _, inside, end in boxes(clip))
    except (ValueError, struct.error):
        return False
