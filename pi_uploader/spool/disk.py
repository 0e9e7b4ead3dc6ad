"""The few file operations that the spool is made of, and nothing else of the file system.

The spool is handed a Disk. Tests hand it one that records each operation, or that fails at the
n-th with ENOSPC or EIO; the spool's own code is the same in both.
"""

import os
from pathlib import Path
from typing import BinaryIO

from pi_uploader.small_file import open_regular


class Disk:
    """The real one. Every method raises OSError as the system call below it does."""

    def create(self, path: Path) -> int:
        """A new file, open for writing. FileExistsError if there is one of that name."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, file: int, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]

    def flush(self, file: int) -> None:
        os.fsync(file)

    def close(self, file: int) -> None:
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)

    def remove(self, path: Path) -> None:
        path.unlink()

    def link(self, path: Path, new: Path) -> None:
        """Give a file a second name. FileExistsError if there is one of that name."""
        os.link(path, new)

    def empty(self, path: Path) -> None:
        """Give a file's blocks back to the disk and keep its name."""
        os.truncate(path, 0)

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)

    def remove_folder(self, folder: Path) -> None:
        folder.rmdir()

    def flush_folder(self, folder: Path) -> None:
        """Make the names in a folder durable: after a rename, the new name survives a power cut."""
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def open(self, path: Path) -> BinaryIO:
        """Open a regular file; OSError for a pipe, which would wait for a writer, and a device."""
        return open_regular(path)

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, in no order; none if there is no such folder."""
        try:
            return os.listdir(folder)  # noqa: PTH208  no Path object for each of many names
        except (FileNotFoundError, NotADirectoryError):
            return []

    def changed_at(self, folder: Path) -> int:
        """When names last came to or went from a folder, in nanoseconds of the disk's clock."""
        return folder.stat().st_mtime_ns

    def free(self, folder: Path) -> int:
        """The bytes that may still be written to the disk that holds this folder."""
        room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize

    def free_inodes(self, folder: Path) -> int | None:
        """The files that may still be made on that disk; None where it has no such limit."""
        room = os.statvfs(folder)
        return room.f_favail if room.f_files else None
