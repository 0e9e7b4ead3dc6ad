"""The few file operations that the spool uses, and what their errors mean for a person.

Tests give the spool a Disk that records each operation, or that fails at the n-th with ENOSPC or
EIO. The spool's own code is the same in both cases.
"""

import errno
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pi_uploader.state_files import open_regular_file

TIME_STEP_NS = 2_100_000_000
"""In which two changes may get the same time, on the file system with the coarsest times: FAT."""


class Disk:
    """The real disk. Every method raises OSError as its system call does."""

    def create(self, path: Path) -> int:
        """Create a file and return its descriptor, open for writing. Raises FileExistsError."""
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
        """Give a file a second name. Raises FileExistsError if that name is taken."""
        os.link(path, new)

    def empty(self, path: Path) -> None:
        """Truncate a file to 0 bytes and keep its name."""
        os.truncate(path, 0)

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)

    def remove_folder(self, folder: Path) -> None:
        folder.rmdir()

    def flush_folder(self, folder: Path) -> None:
        """Make the names in a folder durable: a rename in it survives a power cut."""
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def open(self, path: Path) -> BinaryIO:
        """Open a regular file. Raises OSError for a pipe, which would wait for a writer, and for a
        device."""
        return open_regular_file(path)

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, in no order; none if there is no such folder."""
        try:
            return os.listdir(folder)  # noqa: PTH208  no Path object for each of many names
        except (FileNotFoundError, NotADirectoryError):
            return []

    def changed_at(self, folder: Path) -> int | None:
        """Return when a name in a folder was last added or removed, in nanoseconds of the wall
        clock; None if that is so close to now that the next change may get the same time."""
        changed_at = folder.stat().st_mtime_ns
        return changed_at if abs(time.time_ns() - changed_at) > TIME_STEP_NS else None

    def free(self, folder: Path) -> int:
        """Return the free bytes of the disk that holds this folder."""
        stats = os.statvfs(folder)
        return stats.f_bavail * stats.f_frsize

    def free_inodes(self, folder: Path) -> int | None:
        """Return how many files can still be made on that disk; None if it has no such limit."""
        stats = os.statvfs(folder)
        return stats.f_favail if stats.f_files else None


def replace_durably(path: Path, content: bytes, disk: Disk) -> None:
    """Replace a file: after a power cut it is the old one or, once this has returned, the new one.
    Raises OSError."""
    new = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        disk.remove(new)
    create_durably(new, content, disk)
    disk.rename(new, path)
    disk.flush_folder(path.parent)


def create_durably(path: Path, content: bytes, disk: Disk) -> None:
    """Create a file that only its owner can read, and flush it, but not its folder. Raises
    OSError."""
    file = disk.create(path)
    try:
        disk.write(file, content)
        disk.flush(file)
    finally:
        disk.close(file)


_FAILING_DISK = (errno.EIO, errno.EBADMSG, errno.EUCLEAN)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, in a sentence, and the next step."""

    sentence: str
    next_step: str


def diagnose(folder: Path, error: OSError, disk: Disk) -> Diagnosis:
    """Explain why nothing can be written into a spool's folder."""
    if error.errno == errno.EROFS:
        return Diagnosis(
            f"{folder} cannot be written: the disk is read-only (EROFS), and every photo is lost",
            "a worn card turns read-only, and so does a file system with an error: sudo dmesg says "
            "which; replace the card, or have the file system checked (sudo fsck) and restart",
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _diagnose_full(folder, error, disk)
    if error.errno in _FAILING_DISK:
        return Diagnosis(
            f"{folder} cannot be written: the disk fails ({error.strerror})",
            "export what can be read (sudo pi-uploader spool export FOLDER), replace the card",
        )
    return Diagnosis(
        f"{folder} cannot be written: {error.strerror}",
        "give it to the user that captures, or set CAMERA_SPOOL to another folder",
    )


def _diagnose_full(folder: Path, error: OSError, disk: Disk) -> Diagnosis:
    if error.errno == errno.EDQUOT:
        return Diagnosis(
            f"{folder} cannot be written: the user's quota of the disk is used up (EDQUOT)",
            "raise the quota, or free some space",
        )
    if not disk.free_inodes(folder) and disk.free_inodes(folder) is not None:
        return Diagnosis(
            f"{folder} cannot be written: the disk has no inodes left (ENOSPC), one for each file, "
            f"though {disk.free(folder) / 1e6:,.0f} MB are free",
            "remove many small files: df -i shows the disks, sudo du --inodes -x / | sort -n the "
            "folders with the most",
        )
    return Diagnosis(
        f"{folder} cannot be written: the disk is full (ENOSPC), and photos are evicted",
        "free some space: df -h shows the disks, sudo du -xh / | sort -h the largest folders",
    )
