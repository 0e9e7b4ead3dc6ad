"""A photo's bytes, compared with the SHA-256 that was taken when the camera gave them."""

import errno
import hashlib
from pathlib import Path
from typing import BinaryIO

from photo_wire.name import PhotoName
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto

BLOCK = 256 * 1024  # bytes


class SpoolError(Exception):
    """The spool could not keep a photo; the text names the photo and says why."""

    def __init__(self, name: PhotoName, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


class DamagedPhotoError(SpoolError):
    """The file does not hold the bytes that the camera gave."""


class UnreadablePhotoError(DamagedPhotoError):
    """The disk does not give the file's bytes, which may be as they should be."""


PROCESS_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors of this process or machine, which say nothing of the file that was to be opened."""


def open_checked(path: Path, photo: SpooledPhoto, disk: Disk) -> BinaryIO:
    """The file, open at its beginning; the caller closes it. Raises DamagedPhotoError if the bytes
    are others, UnreadablePhotoError if they cannot be read, FileNotFoundError if there is no such
    file, OSError if this process cannot open any file now."""
    try:
        file = disk.open(path)
    except OSError as error:
        is_gone = isinstance(error, FileNotFoundError) and not path.is_symlink()  # one to nowhere
        if is_gone or error.errno in PROCESS_ERRORS:
            raise
        raise _unreadable(photo, "opened", error) from error
    try:
        digest, size = hashlib.sha256(), 0
        while size <= photo.size and (block := file.read(BLOCK)):  # one that never ends is another
            digest.update(block)
            size += len(block)
        file.seek(0)
    except OSError as error:
        file.close()
        raise _unreadable(photo, "read", error) from error
    if digest.hexdigest() != photo.sha256:
        file.close()
        raise DamagedPhotoError(photo.name, "its bytes are not those the camera gave")
    return file


def _unreadable(photo: SpooledPhoto, what: str, error: OSError) -> UnreadablePhotoError:
    return UnreadablePhotoError(photo.name, f"cannot be {what}: {error.strerror}")
