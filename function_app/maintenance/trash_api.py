"""The trash (`GET /api/trash`, its pictures, `POST /api/photos/restore`), the protection of photos
from retention (`PUT /api/photos/protection`), and the correction of stubs
(`POST /api/photos/correction`)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from function_app.auth.caller import Caller
from function_app.browse.listing import describe
from function_app.browse.photos import content
from function_app.browse.thumbnails import thumbnail
from function_app.http.authorization import unknown_photo
from function_app.http.pagination import decode_cursor, encode_cursor, merge, take_page
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA,
    CURSOR,
    LIMIT,
    PHOTO,
    photo_names,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import LogDetails, Response, json_response
from function_app.maintenance import audited, trash
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import TRASH_POSITION, trash_position
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

IDS = required("ids", photo_names(100, minimum=1))
CORRECTION = JSONBody("Correction", (IDS,))
RESTORATION = JSONBody("RestoredIds", (IDS,))
PROTECTED = required("protected", BOOLEAN, "Whether retention leaves the photos alone.")
PROTECTION = JSONBody("Protection", (IDS, PROTECTED))
PARAMETERS = (CAMERA, LIMIT, CURSOR)
# Whoever restores a photo, or deletes it for good, shall not find it in the browser afterwards.
_CACHE = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}


def list_trash(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the photos in the trash, what was deleted last first."""
    photos, next_cursor = read_trash(
        services, caller, request[LIMIT], request[CURSOR], request[CAMERA]
    )
    return json_response(
        {"photos": [_describe(photo) for photo in photos], "next_cursor": next_cursor}
    )


def read_trash(
    services: Services, caller: Caller, limit: int, cursor: str | None, camera: str | None = None
) -> tuple[list[Photo], str | None]:
    """Return one page of the photos in the trash, of a camera or of all that the caller may see,
    and the cursor of the next one. Raises WireError for a cursor that is none."""
    after = "" if cursor is None else decode_cursor(cursor, TRASH_POSITION)
    page = take_page(_list(camera, after, limit + 1, services, caller), limit)
    return page.entries, encode_cursor(_position(page.last)) if page.last else None


def get_trashed_content(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the bytes of a photo in the trash, 206 with a range of them."""
    photo = _find(request[PHOTO], services, caller)
    return content(photo, request, services, caller.actor, cache=_CACHE)


def get_trashed_thumbnail(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a JPEG; 404 if none can be made, 503 if not now."""
    return thumbnail(_find(request[PHOTO], services, caller), request, services, _CACHE)


def restore_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos were restored, and which are not in the trash."""
    return _for_each(
        request, "restored", lambda name: audited.restore(name, request, services, caller)
    )


def protect_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos were protected, or their protection ended, and which do
    not exist."""

    def protect(name: PhotoName) -> bool:
        return audited.protect(name, request, services, caller, request[PROTECTED])

    return _for_each(request, "changed", protect)


def correct_stubs(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 stubs are photos now, or were before, which do not exist, and
    `without_frames` those whose devices have too much to do to keep what they judged."""
    without_frames: list[PhotoName] = []

    def correct(name: PhotoName) -> bool:
        return audited.correct(name, request, services, caller, without_frames)

    return _for_each(request, "changed", correct, without_frames=without_frames)


def _for_each(
    request: Request,
    done: str,
    change: Callable[[PhotoName], bool],
    **others: Sequence[PhotoName],
) -> Response:
    """Change each photo that the caller may see, and return which were: the list `done`, and
    `unknown`; and the `others` as they are then."""
    names = request[IDS]
    changed = [name for name in names if change(name)]
    unknown = [str(name) for name in names if name not in changed]
    more = {key: [str(name) for name in names] for key, names in others.items()}
    response = json_response({done: [str(name) for name in changed], "unknown": unknown, **more})
    return replace(response, log_details=LogDetails(tuple(changed)))


def _list(
    camera: str | None, after: str, count: int, services: Services, caller: Caller
) -> list[Photo]:
    """Return the next photos in the trash, of a camera or of all that the caller may see. No other
    is read (docs/decisions/0036-a-list-of-ones-own-rows.md)."""
    if caller.cameras is None or camera in caller.cameras:
        return services.index.list_trash(count, after, camera)
    if camera is not None:
        return []

    def read(one: str, size: int, last: Photo | None) -> list[Photo]:
        return services.index.list_trash(size, _position(last) if last else after, one)

    return merge(caller.cameras, read, _position, count)


def _find(name: PhotoName, services: Services, caller: Caller) -> Photo:
    """Return the photo of this name in the trash, for a caller who may see its camera. Raises
    HTTPProblemError (404), the same for one that is not there and for one of another camera."""
    photo = services.index.get_trashed(name) if caller.may_see(name.camera) else None
    if photo is None:
        raise unknown_photo(name)
    return photo


def _describe(photo: Photo) -> dict[str, object]:
    """Return a photo in the trash as the API's JSON."""
    deleted_at = photo.deleted_at or photo.received_at
    return {
        **describe(photo),
        "deleted_at": format_time(deleted_at),
        "kept_until": format_time(deleted_at + trash.TRASH_TTL),
    }


def _position(photo: Photo) -> str:
    return trash_position(photo.name, photo.deleted_at or photo.received_at)
