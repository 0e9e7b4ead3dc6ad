"""A FUSE file system with one file, the disk, that logs each write and flush before it answers.

    /usr/bin/python3 -m tests.support.power_cut.fuse_disk IMAGE LOG DISK

The file DISK begins as IMAGE; its folder is where the file system is mounted. It runs until it is
killed, in the system's Python, for which Debian packages fusepy.
"""

import ctypes
import errno
import os
import stat
import sys
from pathlib import Path

import fusepy  # type: ignore[import-not-found]

from tests.support.power_cut.log import packed_flush, packed_write

CLONE_NEWNS = 0x20000  # unshare(2); Python has it from 3.12 on


class LoggedDisk(fusepy.Operations):  # type: ignore[misc]
    """The operations that the kernel needs to put a loop device on the file."""

    def __init__(self, name: str, image: Path, log: Path) -> None:
        self._path = f"/{name}"
        self._content = bytearray(image.read_bytes())
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def init(self, path: str) -> None:
        """Leave the session's mounts, now that this one is there. Otherwise, if all are killed,
        this process may be the last that holds them: it would have to unmount the ext4, which
        waits for an answer from this process."""
        if ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
            os._exit(1)

    def getattr(self, path: str, handle: int | None = None) -> dict[str, int]:
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path != self._path:
            raise fusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": len(self._content)}

    def read(self, path: str, size: int, offset: int, handle: int) -> bytes:
        return bytes(self._content[offset : offset + size])

    def write(self, path: str, content: bytes, offset: int, handle: int) -> int:
        self._content[offset : offset + len(content)] = content
        self._note(packed_write(offset, content))
        return len(content)

    def fsync(self, path: str, only_data: bool, handle: int) -> int:
        self._note(packed_flush())
        return 0

    def _note(self, entry: bytes) -> None:
        if os.write(self._log, entry) != len(entry):
            os._exit(1)  # a log with a hole would prove nothing


def main(image: Path, log: Path, disk: Path) -> None:
    # one thread, so that the log has the order in which things were done
    how = {"foreground": True, "nothreads": True, "big_writes": True}
    fusepy.FUSE(LoggedDisk(disk.name, image, log), f"{disk.parent}", **how)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
