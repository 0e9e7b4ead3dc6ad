"""`GET /api/photos/{id}/thumbnail`: a small picture, made when it is first asked for, and kept."""

from contextlib import suppress

from function_app.auth.caller import Caller
from function_app.browse.photo_file import open_photo
from function_app.browse.photos import CACHE
from function_app.browse.ranges import is_cached
from function_app.http.authorization import find_photo
from function_app.http.parameters import PHOTO
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.media.decode_thumbnail import SIZE
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import Decoder, thumbnail_job
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from photo_wire.media import Media

AT_ONCE = 128 * 1024  # bytes; a clip's description with its poster, or a raw picture's preview

_decoder = Decoder()  # one for the process, like its processors


def get_thumbnail(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a JPEG, 304 if the client has it; 404 if none can be made, 503 if not now."""
    photo = find_photo(request[PHOTO], services, caller)
    headers = {"ETag": f'"{photo.sha256}-{SIZE[0]}"', **CACHE}
    kind = Media.JPEG.content_type
    if is_cached(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(304, content_type=kind, headers=headers)
    small = services.thumbnails.read(photo)
    if small is None:
        small = _make(photo, services)
    if not small:
        said = f"There is no thumbnail of {photo.name}: it holds no preview."
        raise HTTPProblemError(404, said, CACHE)  # nor will it ever: its bytes never change
    return Response(200, small, kind, headers)


def _make(photo: Photo, services: Services) -> bytes:
    """Make the thumbnail and keep it; if none can be made, keep that, so that a picture which takes
    the decoder's time does so once. Raises HTTPProblemError (503), and StorageUnavailableError."""
    small = b""
    with suppress(UndecodableError):
        at_once = photo.size if photo.media is Media.JPEG else AT_ONCE
        with open_photo(services.blobs, photo, at_once) as file:
            job = thumbnail_job(file, photo.media)
        with _decoder.slot(job) as has_waited:
            made = services.thumbnails.read(photo) if has_waited else None
            if made is not None:  # by another request
                return made
            small = _decoder.run(job)
    services.thumbnails.write(photo, small)
    return small
