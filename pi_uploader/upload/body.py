"""A photo's bytes for `requests` to send."""

from typing import BinaryIO, Protocol

from pi_uploader.spool import SpooledPhoto, UnreadablePhotoError


class Body(Protocol):
    """What `requests` asks of a file that it sends."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, position: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class PhotoBody:
    """The open file of a photo. A disk that fails while it is sent is no failure of the network:
    `read` raises UnreadablePhotoError, which `requests` hands through."""

    def __init__(self, photo: SpooledPhoto, file: BinaryIO) -> None:
        self._photo = photo
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            raise UnreadablePhotoError(self._photo.name, problem) from error

    def seek(self, position: int, whence: int = 0, /) -> int:
        return self._file.seek(position, whence)

    def tell(self) -> int:
        return self._file.tell()
