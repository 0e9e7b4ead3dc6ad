"""A stored photo as a file, of which only what is read is fetched."""

import io

from function_app.problems import HTTPProblemError
from function_app.storage.interfaces import PhotoBlobs
from function_app.storage.models import Photo


def open_photo(blobs: PhotoBlobs, photo: Photo, at_once: int) -> io.BufferedReader:
    """The photo's bytes, fetched in pieces of at least `at_once` bytes where they are read.

    Reading raises HTTPProblemError if the photo is gone, and StorageUnavailableError.
    """
    return io.BufferedReader(_Stored(blobs, photo), at_once)


class _Stored(io.RawIOBase):
    """Each read is one request to the storage."""

    def __init__(self, blobs: PhotoBlobs, photo: Photo) -> None:
        self._blobs, self._photo, self._at = blobs, photo, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._photo.size}[whence]
        if start + offset < 0:
            raise ValueError(f"byte {start + offset} is before the beginning")
        self._at = start + offset
        return self._at

    def readall(self) -> bytes:
        return self.read(max(self._photo.size - self._at, 0)) or b""  # at once, not by kilobytes

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._photo.size - self._at)
        if count <= 0:
            return 0
        body = self._blobs.read(self._photo, self._at, count)
        if body is None:
            raise HTTPProblemError(404, f"The bytes of {self._photo.name} are gone.")
        buffer[: len(body)] = body
        self._at += len(body)
        return len(body)
