"""How much memory this process may have, and how the C library returns it to the system."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_M_MMAP_THRESHOLD = -3  # of mallopt(3)
LARGE = 1_000_000  # bytes
SMALLEST_INSTANCE = 512 << 20  # bytes, of those that Azure sells
_LIMITS = (  # of the control group, in its versions 2 and 1
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_UNLIMITED = 1 << 50  # version 1 has a number for "no limit"


def memory_limit(files: Sequence[Path] = _LIMITS) -> int:
    """Return how many bytes of memory the system allows, as the first of `files` states it;
    SMALLEST_INSTANCE if none does."""
    for file in files:
        with suppress(OSError, ValueError):  # no such file; "max"
            limit = int(file.read_text())
            if limit < _UNLIMITED:
                return limit
    return SMALLEST_INSTANCE


def return_large_buffers() -> bool:
    """Make the C library return each buffer of LARGE bytes and more as soon as it is freed. Return
    whether it does: glibc alone knows how.

    By itself glibc raises this limit to the size of the largest buffer that was freed, up to 32 MB
    (mallopt(3)). Then each thread keeps the photos that it has handled
    (docs/decisions/0065-small-instances.md).
    """
    if sys.platform != "linux":
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE) == 1
