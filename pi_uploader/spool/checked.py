"""A photo's bytes, compared with the SHA-256 that was taken when the camera gave them."""

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


class DamagedPhotoError(SpoolError):
    """The file does not hold the bytes that the camera gave."""


def open_checked(path: Path, photo: SpooledPhoto, disk: Disk) -> BinaryIO:
    """The file, open at its beginning; the caller closes it. Raises DamagedPhotoError if the bytes
    are others or cannot be read, FileNotFoundError if there is no such file."""
    file = disk.open(path)
    try:
        digest = hashlib.sha256()
        while block := file.read(BLOCK):
            digest.update(block)
        file.seek(0)
    except OSError as error:
        file.close()
        raise DamagedPhotoError(photo.name, f"cannot be read: {error.strerror}") from error
    if digest.hexdigest() != photo.sha256:
        file.close()
        raise DamagedPhotoError(photo.name, "its bytes are not those the camera gave")
    return file
