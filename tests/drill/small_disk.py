"""A small memory card, simulated in place of the spool's `Disk`."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from pi_uploader.spool.disk import Disk


class SmallDisk(Disk):
    """Holds `capacity` bytes, counted over all files in the folder `card`. A write beyond that
    fails with ENOSPC after writing what fits."""

    def __init__(self, card: Path, capacity: int) -> None:
        self._card = card
        self._capacity = capacity

    def write(self, file: int, content: bytes) -> None:
        fits = content[: self.free(self._card)]
        super().write(file, fits)
        if len(fits) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def free(self, folder: Path) -> int:
        return max(0, self._capacity - _bytes_in(self._card))

    def fill(self, path: Path) -> None:
        """Fill the rest of the card with one file, as a log that grows without limit does."""
        room = self.free(self._card)
        with path.open("ab") as file:
            file.truncate(file.tell() + room)


def _bytes_in(folder: Path) -> int:
    size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # delivered just now
                size += os.lstat(f"{path}/{name}").st_size
    return size


def disk_for(card: Path, capacity: int) -> Disk:
    """Return a disk with this capacity in bytes; for 0 the one that `card` is on."""
    return SmallDisk(card, capacity) if capacity else Disk()
