"""Routes for the list of photos, for one photo's description, and for its bytes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from function_app.auth.caller import Caller
from function_app.browse.listing import describe, page, read_listing
from function_app.browse.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    is_cached,
    parse_range,
    range_applies,
)
from function_app.http.authorization import find_photo, unknown_photo
from function_app.http.parameters import PHOTO
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.media.errors import NotRedactableError
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo

# The bytes of a name never change. Browsers keep them for a day, so that deleted photos leave them
# too; Vary prevents that what was fetched in one session is shown in the next.
CACHE = {"Cache-Control": "private, max-age=86400, immutable", "Vary": "Authorization, Cookie"}

PLACE_NOT_REMOVABLE = "place-not-removable"  # the type of a problem


def list_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the list."""
    return json_response(page(read_listing(request), services.index, caller.cameras))


def get_photo(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the description of one photo."""
    return json_response(describe(find_photo(request[PHOTO], services, caller)))


def get_content(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the photo's bytes, 206 with a range of them, 304 if the client has them."""
    photo = find_photo(request[PHOTO], services, caller)
    return content(photo, request, services, caller.actor)


def content(
    photo: Photo,
    request: Request,
    services: Services,
    actor: str,
    *,
    cache: Mapping[str, str] = CACHE,
    is_redacted: bool = False,
    is_guest: bool = False,
) -> Response:
    """Return the bytes of a photo, and record in the audit log that `actor` saw them.

    `cache` are the headers that limit how long they may be kept. A redacted photo comes without its
    location and other metadata; its bytes are read at once, and once for many parts of it.
    `is_guest`: the actor is a link. Raises HTTPProblemError (404, 416) and
    StorageUnavailableError.
    """
    headers = {**_validators(photo, is_redacted), **cache}
    if is_cached(request.headers.get("If-None-Match"), headers["ETag"]):
        return Response(304, content_type=photo.media.content_type, headers=headers)
    if request.method == "HEAD":  # a Range counts for GET alone (RFC 9110, section 14.2)
        size = _redacted_size(photo, services) if is_redacted else photo.size
        headers["Content-Length"] = str(size)
        return Response(200, b"", photo.media.content_type, headers)
    whole = _read_redacted(photo, services) if is_redacted else None
    size = photo.size if whole is None else len(whole)
    requested = _requested_range(request, headers, size)
    part = requested or ByteRange(0, size)
    if whole is None:
        body = _read(photo, services, part)
    else:
        body = whole[part.first : part.first + part.count]
    services.photo_views.record(
        services.audit_log, request.headers, actor, photo.name, datetime.now(UTC), is_guest
    )
    if requested is None:
        return Response(200, body, photo.media.content_type, headers)
    headers["Content-Range"] = requested.content_range(size)
    return Response(206, body, photo.media.content_type, headers)


def _read(photo: Photo, services: Services, part: ByteRange) -> bytes:
    body = services.blobs.read(photo, part.first, part.count)
    if body is None:
        raise unknown_photo(photo.name)
    return body


def _read_redacted(photo: Photo, services: Services) -> bytes:
    def read() -> bytes:
        return _read(photo, services, ByteRange(0, photo.size))

    try:
        return services.redacted_photos.get(photo.sha256, photo.media, read)
    except NotRedactableError:
        raise _not_redactable(photo) from None


def _redacted_size(photo: Photo, services: Services) -> int:
    """Return the size of a redacted photo, which is read only if nothing else tells."""
    try:
        known = services.redacted_photos.size(photo.sha256, photo.media, photo.size)
    except NotRedactableError:
        raise _not_redactable(photo) from None
    return len(_read_redacted(photo, services)) if known is None else known


def _not_redactable(photo: Photo) -> HTTPProblemError:
    return HTTPProblemError(
        404,
        f"The link opens {photo.name} only without its location, which cannot be removed from "
        "this file: ask for a link that was made with_location.",
        type=PLACE_NOT_REMOVABLE,
    )


def _validators(photo: Photo, is_redacted: bool) -> dict[str, str]:
    return {
        "ETag": f'"{photo.sha256}{"-redacted" if is_redacted else ""}"',
        "Last-Modified": format_datetime(photo.received_at.replace(microsecond=0), usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{photo.name}.{photo.media.suffix}"',
    }


def _requested_range(
    request: Request, validators: Mapping[str, str], size: int
) -> ByteRange | None:
    """Return the part that is requested; None for the whole photo. Raises HTTPProblemError
    (416)."""
    if_range = request.headers.get("If-Range")
    if not range_applies(if_range, validators["ETag"], validators["Last-Modified"]):
        return None
    try:
        return parse_range(request.headers.get("Range"), size)
    except UnsatisfiableRangeError:
        raise HTTPProblemError(
            416,
            f"The photo has {size} bytes: request a range of those.",
            {"Content-Range": f"bytes */{size}"},
        ) from None
