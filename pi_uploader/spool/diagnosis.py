"""What it means when the spool's disk refuses a file, and what to do."""

import errno
from dataclasses import dataclass
from pathlib import Path

from pi_uploader.spool.disk import Disk

FAILING = (errno.EIO, errno.EBADMSG, errno.EUCLEAN)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A sentence, and the next step."""

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
        return _full(folder, error, disk)
    if error.errno in FAILING:
        return Diagnosis(
            f"{folder} cannot be written: the disk fails ({error.strerror})",
            "export what can be read (sudo pi-uploader spool export FOLDER), replace the card",
        )
    return Diagnosis(
        f"{folder} cannot be written: {error.strerror}",
        "give it to the user that captures, or set CAMERA_SPOOL to another folder",
    )


def _full(folder: Path, error: OSError, disk: Disk) -> Diagnosis:
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
        f"{folder} cannot be written: the disk is full (ENOSPC), and photos are given up",
        "free some space: df -h shows the disks, sudo du -xh / | sort -h the largest folders",
    )
