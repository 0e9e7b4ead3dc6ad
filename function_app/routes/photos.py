"""The routes of uploads, photos and events."""

from typing import TYPE_CHECKING

from function_app.auth.caller import Caller
from function_app.http.authorization import Access
from function_app.http.parameters import PHOTO
from function_app.http.request import PhotoBody, Request
from function_app.http.responses import Response
from function_app.http.route import (
    GET,
    GET_OR_HEAD,
    PHOTO_TYPES,
    Endpoint,
    Inputs,
    Operation,
    Route,
)
from function_app.ingest import upload
from function_app.lazy_module import LazyModule
from function_app.routes.pages import api_problem_page
from function_app.services import Services
from photo_wire.headers import HEARTBEAT, UPLOAD_PATH
from photo_wire.known import KNOWN_PATH
from photo_wire.media import Media

if TYPE_CHECKING:
    from function_app.browse import events, listing, photos, thumbnails
    from function_app.devices import heartbeats
    from function_app.ingest import known
    from function_app.maintenance import api as maintenance
    from function_app.maintenance import trash_api as trash
else:
    heartbeats = LazyModule("function_app.devices.heartbeats")
    events = LazyModule("function_app.browse.events")
    listing = LazyModule("function_app.browse.listing")
    photos = LazyModule("function_app.browse.photos")
    thumbnails = LazyModule("function_app.browse.thumbnails")
    known = LazyModule("function_app.ingest.known")
    maintenance = LazyModule("function_app.maintenance.api")
    trash = LazyModule("function_app.maintenance.trash_api")

_UPLOAD_ERRORS = (409, 411, 415, 422, 429)
_PHOTO_RESPONSES = {200: PHOTO_TYPES, 206: PHOTO_TYPES, 304: None}


def put_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before. The upload
    may carry a heartbeat."""
    response = upload.put_photo(request, services, caller)
    if request.headers.get(HEARTBEAT) is None:
        return response
    return heartbeats.record_carried(response, request, services, caller)


ROUTES: tuple[Route, ...] = (
    Route(
        UPLOAD_PATH.removeprefix("/"),
        ("PUT",),
        Access.DEVICE,
        "put_photo",
        lambda: Endpoint(
            put_photo,
            Operation(
                "Store a photo and return a receipt for it.",
                {201: "Receipt", 200: "Receipt"},
                _UPLOAD_ERRORS,
            ),
            Inputs(body=PhotoBody()),
        ),
    ),
    Route(
        UPLOAD_PATH.removeprefix("/"),
        ("POST",),
        Access.PUBLIC,
        "post_to_device_route",
        lambda: Endpoint(
            upload.post_to_device_route,
            Operation("Reject POST with a hint.", {}, (405,)),
        ),
    ),
    Route(
        "api/photos",
        ("POST",),
        Access.UPLOADER,
        "post_photo",
        lambda: Endpoint(
            upload.post_photo,
            Operation(
                "Store a photo that a phone, a script or a network camera posts.",
                {201: "Receipt", 200: "Receipt"},
                _UPLOAD_ERRORS,
            ),
            Inputs(body=upload.PHOTO_OR_FORM),
        ),
    ),
    Route(
        "api/photos",
        GET,
        Access.READER,
        "list_photos",
        lambda: Endpoint(
            photos.list_photos,
            Operation(
                "List photos, by `order` the newest or the oldest first. May have fewer than "
                "`limit` photos even if there are more; follow `next_cursor`.",
                {200: "PhotoPage"},
            ),
            Inputs(query=listing.PARAMETERS),
        ),
    ),
    Route(
        KNOWN_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        "post_known",
        lambda: Endpoint(
            known.post_known,
            Operation(
                "Check which of up to 100 photos are stored or were deleted on purpose.",
                {200: "KnownPhotos"},
                (403,),
            ),
            Inputs(body=known.KNOWN_IDS),
        ),
    ),
    Route(
        "api/photos/{id}",
        GET,
        Access.READER,
        "get_photo",
        lambda: Endpoint(
            photos.get_photo,
            Operation("Get a photo's metadata.", {200: "Photo"}, (404,)),
            Inputs(path=(PHOTO,)),
        ),
    ),
    Route(
        "api/photos/{id}",
        ("DELETE",),
        Access.DELETER,
        "delete_photo",
        lambda: Endpoint(
            maintenance.delete_photo,
            Operation(
                "Move a photo into the trash, where it stays for 7 days, or delete it for good.",
                errors=(404,),
            ),
            Inputs(path=(PHOTO,), query=(maintenance.FOR_GOOD,)),
        ),
    ),
    Route(
        "api/photos/delete",
        ("POST",),
        Access.DELETER,
        "delete_photos",
        lambda: Endpoint(
            maintenance.delete_photos,
            Operation(
                "Move up to 100 photos into the trash, where they stay for 7 days, or delete them "
                "for good.",
                {200: "Deleted"},
            ),
            Inputs(query=(maintenance.FOR_GOOD,), body=maintenance.DELETION),
        ),
    ),
    Route(
        "api/photos/restore",
        ("POST",),
        Access.DELETER,
        "restore_photos",
        lambda: Endpoint(
            trash.restore_photos,
            Operation("Restore up to 100 photos from the trash.", {200: "RestoredPhotos"}),
            Inputs(body=trash.RESTORATION),
        ),
    ),
    Route(
        "api/photos/protection",
        ("PUT",),
        Access.DELETER,
        "protect_photos",
        lambda: Endpoint(
            trash.protect_photos,
            Operation(
                "Protect up to 100 photos from retention, or end their protection.",
                {200: "ProtectedPhotos"},
            ),
            Inputs(body=trash.PROTECTION),
        ),
    ),
    Route(
        "api/photos/correction",
        ("POST",),
        Access.DELETER,
        "correct_stubs",
        lambda: Endpoint(
            trash.correct_stubs,
            Operation(
                "Make photos of up to 100 triggers without motion in which somebody saw motion. "
                "Devices that have not too much to do are asked to keep what they judged.",
                {200: "CorrectedStubs"},
            ),
            Inputs(body=trash.CORRECTION),
        ),
    ),
    Route(
        "api/trash",
        GET,
        Access.DELETER,
        "list_trash",
        lambda: Endpoint(
            trash.list_trash,
            Operation(
                "List the photos in the trash, what was deleted last first.", {200: "TrashPage"}
            ),
            Inputs(query=trash.PARAMETERS),
        ),
    ),
    Route(
        "api/trash/{id}/content",
        GET_OR_HEAD,
        Access.DELETER,
        "get_trashed_content",
        lambda: Endpoint(
            trash.get_trashed_content,
            Operation(
                "Get the bytes of a photo in the trash, or a range of them.",
                _PHOTO_RESPONSES,
                (404, 416),
            ),
            Inputs(path=(PHOTO,)),
        ),
        api_problem_page,
    ),
    Route(
        "api/trash/{id}/thumbnail",
        GET,
        Access.DELETER,
        "get_trashed_thumbnail",
        lambda: Endpoint(
            trash.get_trashed_thumbnail,
            Operation(
                "Get a small picture of a photo in the trash.",
                {200: Media.JPEG.content_type, 304: None},
                (404,),
            ),
            Inputs(path=(PHOTO,)),
        ),
        api_problem_page,
    ),
    Route(
        "api/photos/{id}/content",
        GET_OR_HEAD,
        Access.READER,
        "get_content",
        lambda: Endpoint(
            photos.get_content,
            Operation("Get a photo's bytes, or a range of them.", _PHOTO_RESPONSES, (404, 416)),
            Inputs(path=(PHOTO,)),
        ),
        api_problem_page,
    ),
    Route(
        "api/photos/{id}/thumbnail",
        GET,
        Access.READER,
        "get_thumbnail",
        lambda: Endpoint(
            thumbnails.get_thumbnail,
            Operation(
                "Get a small picture of a photo.", {200: Media.JPEG.content_type, 304: None}, (404,)
            ),
            Inputs(path=(PHOTO,)),
        ),
        api_problem_page,
    ),
    Route(
        "api/events",
        GET,
        Access.READER,
        "list_events",
        lambda: Endpoint(
            events.list_events,
            Operation(
                "List a camera's events: photos that lie close together in time. `limit` counts "
                "photos.",
                {200: "EventPage"},
            ),
            Inputs(query=events.PARAMETERS),
        ),
    ),
)
