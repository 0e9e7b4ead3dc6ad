"""Every function of the app: where it is reached, who may call it, what answers, and what with.

The description of the API is written from this table too (openapi/).
"""

from function_app.accounts import api as auth
from function_app.alerts.alerts import list_alerts, post_alerts
from function_app.browse import photos
from function_app.browse.events import list_events
from function_app.browse.listing import PARAMETERS
from function_app.browse.thumbnails import get_thumbnail
from function_app.health import get_health
from function_app.http.authorization import Access
from function_app.http.openapi.pages import describe, get_docs, get_openapi
from function_app.http.route import PHOTO, PHOTO_OR_FORM, Route
from function_app.ingest.known import post_known
from function_app.ingest.posted import post_photo
from function_app.ingest.upload import post_to_device_route, put_photo
from function_app.maintenance import api as maintenance
from function_app.maintenance.camera_api import delete_camera
from function_app.stats import counts
from function_app.web import sharing
from function_app.web.pages import get_page
from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import UPLOAD_PATH
from photo_wire.known import KNOWN_PATH
from photo_wire.media import Media

PHOTO_TYPES = " ".join(kind.content_type for kind in Media)
GET, GET_OR_HEAD = ("GET",), ("GET", "HEAD")


_MEDIA = {200: PHOTO_TYPES, 206: PHOTO_TYPES, 304: None}
_INTAKE = (409, 411, 413, 415, 422, 429)

ROUTES = (
    Route(
        UPLOAD_PATH.removeprefix("/"),
        ("PUT",),
        Access.DEVICE,
        put_photo,
        "Store a photo and give a receipt for it.",
        {201: "Receipt", 200: "Receipt"},
        _INTAKE,
        takes=PHOTO,
    ),
    Route(
        UPLOAD_PATH.removeprefix("/"),
        ("POST",),
        Access.PUBLIC,
        post_to_device_route,
        "Say where photos are posted.",
        {},
        (405,),
    ),
    Route(
        "api/photos",
        ("POST",),
        Access.UPLOADER,
        post_photo,
        "Store a photo that a phone, a script or a network camera posts.",
        {201: "Receipt", 200: "Receipt"},
        _INTAKE,
        takes=PHOTO_OR_FORM,
    ),
    Route(
        "api/photos",
        GET,
        Access.READER,
        photos.list_photos,
        "List photos, by `order` the newest or the oldest first. A page may hold fewer than asked "
        "for and have a next one.",
        {200: "PhotoPage"},
        query=PARAMETERS,
    ),
    Route(
        KNOWN_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        post_known,
        "Say which of up to 100 photos are known: stored, or deleted by a person or by retention.",
        {200: "KnownPhotos"},
        (413,),
        takes="KnownIds",
    ),
    Route(
        "api/photos/{id}",
        GET,
        Access.READER,
        photos.get_photo,
        "Tell what is known of a photo.",
        {200: "Photo"},
        (404,),
    ),
    Route(
        "api/photos/{id}",
        ("DELETE",),
        Access.DELETER,
        maintenance.delete_photo,
        "Delete a photo, for ever.",
        refuses=(404,),
    ),
    Route(
        "api/photos/delete",
        ("POST",),
        Access.DELETER,
        maintenance.delete_photos,
        "Delete up to 100 photos, for ever.",
        {200: "Deleted"},
        (413,),
        takes="Ids",
    ),
    Route(
        "api/photos/{id}/content",
        GET_OR_HEAD,
        Access.READER,
        photos.get_content,
        "Give a photo's bytes, or a range of them.",
        _MEDIA,
        (404, 416),
    ),
    Route(
        "api/photos/{id}/thumbnail",
        GET,
        Access.READER,
        get_thumbnail,
        "Give a small picture of a photo.",
        {200: Media.JPEG.content_type, 304: None},
        (404,),
    ),
    Route(
        "api/events",
        GET,
        Access.READER,
        list_events,
        "List a camera's events: photos that lie close together in time. `limit` counts photos.",
        {200: "EventPage"},
        query=("camera", "from", "to", "gap", "limit", "cursor"),
    ),
    Route(
        "api/cameras",
        GET,
        Access.READER,
        counts.list_cameras,
        "List the cameras, with what came from each and when.",
        {200: "Cameras"},
        query=("counts",),
    ),
    Route(
        "api/cameras/{name}",
        ("DELETE",),
        Access.ADMIN,
        delete_camera,
        "Remove a camera: its photos, for ever, its alerts, and what is counted of it.",
        {200: "RemovedCamera"},
        (404,),
    ),
    Route(
        "api/days",
        GET,
        Access.READER,
        counts.list_days,
        "Tell how many photos there are of each day (UTC).",
        {200: "Days"},
        query=("camera", "first_day", "last_day"),
    ),
    Route(
        "api/stats",
        GET,
        Access.READER,
        counts.get_stats,
        "Tell what came, what of it is there and what was lost, by camera and day (UTC).",
        {200: "Stats"},
        query=("camera", "days"),
    ),
    Route(
        "api/status",
        GET,
        Access.READER,
        counts.get_status,
        "Tell how it is now.",
        {200: "Status"},
    ),
    Route(
        ALERTS_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        post_alerts,
        "Record what a person should know, such as the loss of a photo.",
        {200: "AlertsReceipt"},
        (413, 429),
        takes="NewAlerts",
    ),
    Route(
        "api/alerts",
        GET,
        Access.READER,
        list_alerts,
        "List alerts, the last that came in first.",
        {200: "AlertPage"},
        query=("camera", "kind", "limit", "cursor"),
    ),
    Route(
        "api/shares",
        GET,
        Access.ADMIN,
        sharing.list_shares,
        "List the shared links.",
        {200: "Shares"},
    ),
    Route(
        "api/shares",
        ("POST",),
        Access.ADMIN,
        sharing.make_share,
        "Make a link that opens a photo, or a camera's photos of a time, without signing in.",
        {201: "MadeShare"},
        (404, 413),
        takes="NewShare",
    ),
    Route(
        "api/shares/{key}",
        ("DELETE",),
        Access.ADMIN,
        sharing.revoke_share,
        "Revoke a shared link.",
        refuses=(404,),
    ),
    Route(
        "api/shared/{secret}",
        GET,
        Access.PUBLIC,
        sharing.list_shared,
        "List the photos that a shared link opens.",
        {200: "SharedPhotos"},
        (404,),
    ),
    Route(
        "api/shared/{secret}/{id}/content",
        GET_OR_HEAD,
        Access.PUBLIC,
        sharing.get_shared_content,
        "Give the bytes of a photo that a shared link opens.",
        _MEDIA,
        (404, 416),
    ),
    Route(
        "shared/{secret}",
        GET_OR_HEAD,
        Access.PUBLIC,
        sharing.get_shared,
        "Show what a shared link opens.",
        {200: "text/html", 404: "text/html"},
    ),
    Route(
        "api/cleanup/run",
        ("POST",),
        Access.ADMIN,
        maintenance.run_cleanup,
        "Delete photos whose time is over, up to 1,000 in a run.",
        {200: "CleanedUp"},
        (413,),
        takes="Cleanup",
        is_optional=True,
    ),
    Route(
        "api/repair/run",
        ("POST",),
        Access.ADMIN,
        maintenance.run_repair,
        "Make the index say what the blobs say; `everything` rebuilds it.",
        {200: "Repaired"},
        (413,),
        takes="Repair",
        is_optional=True,
    ),
    Route("api/session", GET, Access.READER, auth.get_session, "Tell who asks.", {200: "Caller"}),
    Route(
        "api/session",
        ("POST",),
        Access.PUBLIC,
        auth.open_session,
        "Sign in with name and password.",
        {200: "SignedIn"},
        (401, 403, 413, 429),
        takes="SignIn",
    ),
    Route("api/session", ("DELETE",), Access.PERSON, auth.close_session, "Sign out."),
    Route(
        "api/sessions",
        ("DELETE",),
        Access.PERSON,
        auth.close_all_sessions,
        "Sign out everywhere.",
        {200: "Ended"},
    ),
    Route(
        "api/password",
        ("PUT",),
        Access.PERSON,
        auth.change_password,
        "Change one's password, and sign out everywhere else.",
        refuses=(409, 413, 429),
        takes="NewPassword",
    ),
    Route(
        "api/people",
        GET,
        Access.ADMIN,
        auth.list_people,
        "List who may sign in.",
        {200: "People"},
    ),
    Route(
        "api/people",
        ("POST",),
        Access.ADMIN,
        auth.add_person,
        "Let somebody sign in: a viewer of all cameras or of some, or another owner.",
        {201: "Person"},
        (409, 413),
        takes="NewPerson",
    ),
    Route(
        "api/people/{name}",
        ("DELETE",),
        Access.ADMIN,
        auth.remove_person,
        "Remove a person, and revoke their links and tokens. People whom they let in stay, and are "
        "listed.",
        {200: "Revoked"},
        (404, 409),
    ),
    Route(
        "api/tokens",
        GET,
        Access.ADMIN,
        auth.list_tokens,
        "List the programs' tokens.",
        {200: "Tokens"},
    ),
    Route(
        "api/tokens",
        ("POST",),
        Access.ADMIN,
        auth.make_token,
        "Make a token for a program.",
        {201: "MadeToken"},
        (409, 413),
        takes="NewToken",
    ),
    Route(
        "api/tokens/{name}",
        ("DELETE",),
        Access.ADMIN,
        auth.revoke_token,
        "Revoke a token, and what was made with it. People who were let in with it stay, and are "
        "listed.",
        {200: "Revoked"},
        (404,),
    ),
    Route(
        "api/accesses",
        GET,
        Access.ADMIN,
        auth.list_accesses,
        "List who did what, newest first.",
        {200: "Accesses"},
        query=("limit", "cursor"),
    ),
    Route(
        "api/health",
        GET_OR_HEAD,
        Access.PUBLIC,
        get_health,
        "Tell whether the settings are right and storage answers.",
        {200: "Health"},
    ),
    Route(
        "api/openapi.json",
        GET,
        Access.PUBLIC,
        get_openapi,
        "Give this description.",
        {200: "application/json"},
    ),
    Route(
        "api/docs",
        GET,
        Access.PUBLIC,
        get_docs,
        "Show this description to people.",
        {200: "text/html"},
    ),
    Route(
        "{*path}",
        GET_OR_HEAD,
        Access.PUBLIC,
        get_page,
        "Give the gallery's page, its style or its script.",
        {200: "text/html", 304: None},
        (404,),
        include_in_schema=False,
    ),
)

describe(ROUTES)
