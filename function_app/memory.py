"""How the C library returns memory to the system."""

import sys

_M_MMAP_THRESHOLD = -3  # of mallopt(3)
LARGE = 1_000_000  # bytes


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
