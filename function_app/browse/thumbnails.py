"""The route for thumbnails. The preview in a photo is its thumbnail; others are made when they are
first requested, and then kept."""

import io
from collections.abc import Mapping
from contextlib import suppress

from function_app.auth.caller import Caller
from function_app.browse.photos import CACHE
from function_app.browse.ranges import is_cached
from function_app.http.authorization import find_photo, unknown_photo
from function_app.http.parameters import PHOTO
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.media.decode_thumbnail import SIZE
from function_app.media.errors import InvalidPhotoError, UndecodableError
from function_app.media.previews import shown
from function_app.media.thumbnails import Decoder, thumbnail_job
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.photo_interfaces import PhotoBlobs
from photo_wire.media import Media

CHUNK_SIZE = 128 * 1024  # bytes: a clip's description with its poster, or a raw picture's preview

_decoder = Decoder()  # one for the process: it shares out the processors


def get_thumbnail(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a JPEG, 304 if the client has it; 404 if none can be made, 503 if not now."""
    return thumbnail(find_photo(request[PHOTO], services, caller), request, services)


def thumbnail(
    photo: Photo, request: Request, services: Services, cache: Mapping[str, str] = CACHE
) -> Response:
    """Return a photo's thumbnail. `cache` are the headers that limit how long it may be kept.
    Raises HTTPProblemError (404, 503) and StorageUnavailableError."""
    version = "preview" if photo.preview else str(SIZE[0])
    headers = {"ETag": f'"{photo.sha256}-{version}"', **cache}
    content_type = Media.JPEG.content_type
    if is_cached(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(304, content_type=content_type, headers=headers)
    body = _read_preview(photo, services.blobs)
    if body is None:
        body = services.thumbnails.read(photo)
    if body is None:
        body = _make(photo, services)
    if not body:
        # The bytes of a photo never change, so the answer may be cached.
        raise HTTPProblemError(404, f"No thumbnail can be made of {photo.name}.", cache)
    return Response(200, body, content_type, headers)


def _read_preview(photo: Photo, blobs: PhotoBlobs) -> bytes | None:
    """Return the photo's preview, by one request to the storage; None without a request if it has
    none. Raises HTTPProblemError (404) if the photo was deleted, and StorageUnavailableError."""
    if photo.preview is None:
        return None
    body = blobs.read(photo, photo.preview.offset, photo.preview.size)
    if body is None:
        raise unknown_photo(photo.name)
    with suppress(InvalidPhotoError):  # unless somebody changed the photo's record
        return shown(body, photo.preview)
    return None


def _make(photo: Photo, services: Services) -> bytes:
    """Make the thumbnail and store it. If none can be made, store no bytes, so that a picture which
    takes the decoder's time does so once. Raises HTTPProblemError (503) and
    StorageUnavailableError."""
    thumbnail = b""
    with suppress(UndecodableError), _decoder.room() as has_waited_for_room:
        with open_photo(services.blobs, photo, CHUNK_SIZE) as file:
            job = thumbnail_job(file, photo.media)
        with _decoder.slot(job) as has_waited:
            has_waited = has_waited or has_waited_for_room
            stored = services.thumbnails.read(photo) if has_waited else None
            if stored is not None:  # by another request
                return stored
            thumbnail = _decoder.run(job)
    services.thumbnails.write(photo, thumbnail)
    return thumbnail


def open_photo(blobs: PhotoBlobs, photo: Photo, chunk_size: int) -> io.BufferedReader:
    """Return a stored photo as a file, of which only what is read is fetched, at least `chunk_size`
    bytes at a time.

    Reading raises HTTPProblemError (404) if the photo was deleted, and StorageUnavailableError.
    """
    return io.BufferedReader(_StoredFile(blobs, photo), chunk_size)


class _StoredFile(io.RawIOBase):
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
        return self.read(max(self._photo.size - self._at, 0)) or b""  # in one request

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._photo.size - self._at)
        if count <= 0:
            return 0
        body = self._blobs.read(self._photo, self._at, count)
        if body is None:
            raise HTTPProblemError(404, f"The bytes of {self._photo.name} were deleted.")
        buffer[: len(body)] = body
        self._at += len(body)
        return len(body)
