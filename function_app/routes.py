"""The table of all functions with a route: path, methods, who may call it, its name in Azure, and
the endpoint: handler, inputs and responses.

The API's description is made from this table, too (http/openapi/). The table itself imports no
handler: a cold start needs the first four columns of each row, and the first photo one endpoint
(docs/decisions/0064-a-cold-start-imports-what-a-photo-needs.md).
"""

from typing import TYPE_CHECKING

from function_app.auth.caller import Caller
from function_app.http.authorization import Access
from function_app.http.parameters import CURSOR, LIMIT, PHOTO
from function_app.http.request import PhotoBody, Request
from function_app.http.responses import Response
from function_app.http.route import Endpoint, Inputs, Operation, Route
from function_app.ingest import upload
from function_app.lazy_module import LazyModule
from function_app.services import Services
from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import HEARTBEAT, UPLOAD_PATH
from photo_wire.known import KNOWN_PATH
from photo_wire.media import Media

if TYPE_CHECKING:
    from function_app import health
    from function_app.accounts import audit_log, fields, sessions, tokens, users
    from function_app.alerts import api as alerts
    from function_app.browse import events, listing, photos, thumbnails
    from function_app.devices import api as devices
    from function_app.devices import command_api, heartbeats, live, timeline
    from function_app.devices import keys as device_keys
    from function_app.http.openapi import pages as openapi
    from function_app.ingest import known
    from function_app.maintenance import api as maintenance
    from function_app.stats import api as stats
    from function_app.web import pages, sharing
else:
    health = LazyModule("function_app.health")
    audit_log = LazyModule("function_app.accounts.audit_log")
    fields = LazyModule("function_app.accounts.fields")
    sessions = LazyModule("function_app.accounts.sessions")
    tokens = LazyModule("function_app.accounts.tokens")
    users = LazyModule("function_app.accounts.users")
    alerts = LazyModule("function_app.alerts.api")
    device_keys = LazyModule("function_app.devices.keys")
    command_api = LazyModule("function_app.devices.command_api")
    live = LazyModule("function_app.devices.live")
    devices = LazyModule("function_app.devices.api")
    heartbeats = LazyModule("function_app.devices.heartbeats")
    events = LazyModule("function_app.browse.events")
    listing = LazyModule("function_app.browse.listing")
    photos = LazyModule("function_app.browse.photos")
    timeline = LazyModule("function_app.devices.timeline")
    thumbnails = LazyModule("function_app.browse.thumbnails")
    openapi = LazyModule("function_app.http.openapi.pages")
    known = LazyModule("function_app.ingest.known")
    maintenance = LazyModule("function_app.maintenance.api")
    stats = LazyModule("function_app.stats.api")
    pages = LazyModule("function_app.web.pages")
    sharing = LazyModule("function_app.web.sharing")

PHOTO_TYPES = " ".join(media.content_type for media in Media)
GET, GET_OR_HEAD = ("GET",), ("GET", "HEAD")
_PHOTO_RESPONSES = {200: PHOTO_TYPES, 206: PHOTO_TYPES, 304: None}
_COMMAND_ERRORS = (404, 409, 429)
_UPLOAD_ERRORS = (409, 411, 415, 422, 429)


def put_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before. The upload
    may carry a heartbeat."""
    response = upload.put_photo(request, services, caller)
    if request.headers.get(HEARTBEAT) is None:
        return response
    return heartbeats.record_carried(response, request, services, caller)


def get_openapi(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the API's description as OpenAPI, for programs."""
    return openapi.openapi_response(ROUTES)


def get_docs(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the API's description as a page, for people."""
    return openapi.docs_response(ROUTES)


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
            Operation("Delete a photo. It cannot be restored.", errors=(404,)),
            Inputs(path=(PHOTO,)),
        ),
    ),
    Route(
        "api/photos/delete",
        ("POST",),
        Access.DELETER,
        "delete_photos",
        lambda: Endpoint(
            maintenance.delete_photos,
            Operation("Delete up to 100 photos. They cannot be restored.", {200: "Deleted"}),
            Inputs(body=maintenance.DELETION),
        ),
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
    Route(
        "api/cameras/{camera}/timeline",
        GET,
        Access.READER,
        "get_timeline",
        lambda: Endpoint(
            timeline.get_timeline,
            Operation(
                "Get what a camera was doing, to the minute and without gaps: recorded, quiet, "
                "silent, disarmed, failing or unknown. At most 31 days.",
                {200: "Timeline"},
                (404, 422),
            ),
            Inputs(path=(timeline.CAMERA,), query=timeline.PARAMETERS),
        ),
    ),
    Route(
        "api/cameras",
        GET,
        Access.READER,
        "list_cameras",
        lambda: Endpoint(
            stats.list_cameras,
            Operation(
                "List the cameras, with what was received from each and when.", {200: "Cameras"}
            ),
            Inputs(query=stats.CAMERAS_PARAMETERS),
        ),
    ),
    Route(
        "api/cameras/{name}",
        ("DELETE",),
        Access.ADMIN,
        "delete_camera",
        lambda: Endpoint(
            maintenance.delete_camera,
            Operation(
                "Remove a camera with its photos, its alerts and its stats. They cannot be "
                "restored.",
                {200: "RemovedCamera"},
                (404,),
            ),
            Inputs(path=(maintenance.CAMERA,)),
        ),
    ),
    Route(
        "api/days",
        GET,
        Access.READER,
        "list_days",
        lambda: Endpoint(
            stats.list_days,
            Operation("Count the photos of each day (UTC).", {200: "Days"}),
            Inputs(query=stats.DAYS_PARAMETERS),
        ),
    ),
    Route(
        "api/stats",
        GET,
        Access.READER,
        "get_stats",
        lambda: Endpoint(
            stats.get_stats,
            Operation(
                "Count the photos that were received, that are stored and that were lost, by "
                "camera and day (UTC).",
                {200: "Stats"},
            ),
            Inputs(query=stats.STATS_PARAMETERS),
        ),
    ),
    Route(
        "api/status",
        GET,
        Access.READER,
        "get_status",
        lambda: Endpoint(
            stats.get_status,
            Operation(
                "Get the system status: totals, last photo, last cleanup and repair.",
                {200: "Status"},
            ),
            Inputs(query=()),
        ),
    ),
    Route(
        ALERTS_PATH.removeprefix("/"),
        ("POST",),
        Access.DEVICE,
        "post_alerts",
        lambda: Endpoint(
            alerts.post_alerts,
            Operation(
                "Record alerts, such as the loss of a photo.", {200: "AlertsReceipt"}, (429,)
            ),
            Inputs(body=alerts.NEW_ALERTS),
        ),
    ),
    Route(
        "api/alerts",
        GET,
        Access.READER,
        "list_alerts",
        lambda: Endpoint(
            alerts.list_alerts,
            Operation("List alerts, the last received first.", {200: "AlertPage"}),
            Inputs(query=alerts.PARAMETERS),
        ),
    ),
    Route(
        "api/devices/{device}/keys",
        GET,
        Access.ADMIN,
        "list_keys",
        lambda: Endpoint(
            device_keys.list_keys,
            Operation(
                "Get the fingerprint of a device's key, the keys that wait for approval, its "
                "cameras, and those that it wants from other devices.",
                {200: "DeviceKeys"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,)),
        ),
    ),
    Route(
        "api/devices/{device}/key",
        ("POST",),
        Access.ADMIN,
        "decide_key",
        lambda: Endpoint(
            device_keys.decide_key,
            Operation(
                "Approve or reject a key that waits, by its fingerprint. Other instances of the "
                "app follow within a minute.",
                {200: "DeviceKeys"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,), body=device_keys.DECISION),
        ),
    ),
    Route(
        "api/cameras/{camera}/capture",
        ("POST",),
        Access.CONTROLLER,
        "post_capture",
        lambda: Endpoint(
            command_api.post_capture,
            Operation(
                "Take a photo now. With `wait` the response comes when it is there, or the command "
                "as it is then; with `return_file` the photo itself.",
                {200: f"Command {PHOTO_TYPES}", 202: "Command"},
                _COMMAND_ERRORS,
            ),
            Inputs(path=(command_api.CAMERA,), query=(command_api.WAIT, command_api.RETURN_FILE)),
        ),
    ),
    Route(
        "api/cameras/{camera}/clip",
        ("POST",),
        Access.CONTROLLER,
        "post_clip",
        lambda: Endpoint(
            command_api.post_clip,
            Operation("Record a clip now.", {200: "Command", 202: "Command"}, _COMMAND_ERRORS),
            Inputs(path=(command_api.CAMERA,), query=(command_api.WAIT,)),
        ),
    ),
    Route(
        "api/devices/{device}/commands",
        ("POST",),
        Access.CONTROLLER,
        "post_command",
        lambda: Endpoint(
            command_api.post_command,
            Operation(
                "Ask a device for something: a photo or a clip of a camera or of all, its log, a "
                "diagnosis (doctor), arming or disarming, a pause of its uploads, a restart.",
                {202: "Command"},
                (404, 429),
            ),
            Inputs(path=(device_keys.DEVICE,), body=command_api.NEW_COMMAND),
        ),
    ),
    Route(
        "api/devices/{device}/commands",
        GET,
        Access.CONTROLLER,
        "list_commands",
        lambda: Endpoint(
            command_api.list_commands,
            Operation(
                "List what a device was asked for in the last 31 days, the newest first.",
                {200: "CommandPage"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,), query=(LIMIT, CURSOR)),
        ),
    ),
    Route(
        "api/devices/{device}/commands/{command}",
        GET,
        Access.CONTROLLER,
        "get_command",
        lambda: Endpoint(
            command_api.get_command,
            Operation("Get a command and what became of it.", {200: "Command"}, (404,)),
            Inputs(path=(device_keys.DEVICE, command_api.COMMAND)),
        ),
    ),
    Route(
        "api/devices/{device}/logs",
        GET,
        Access.CONTROLLER,
        "get_logs",
        lambda: Endpoint(
            command_api.get_logs,
            Operation(
                "Ask a device for the end of its log. Each call is a new command.",
                {200: "Command", 202: "Command"},
                (404, 429),
            ),
            Inputs(path=(device_keys.DEVICE,), query=(command_api.LINES, command_api.WAIT)),
        ),
    ),
    Route(
        "api/cameras/{camera}/look",
        ("POST",),
        Access.READER,
        "post_look",
        lambda: Endpoint(
            live.post_look,
            Operation(
                "Have the device send live pictures for two minutes. Call this once a minute.",
                {200: "Looking"},
                _COMMAND_ERRORS,
            ),
            Inputs(path=(command_api.CAMERA,)),
        ),
    ),
    Route(
        "api/cameras/{camera}/live",
        GET,
        Access.READER,
        "get_live",
        lambda: Endpoint(
            live.get_live,
            Operation(
                "Get the live picture. The header Age says how old it is, in seconds.",
                {200: Media.JPEG.content_type, 204: None},
                (404,),
            ),
            Inputs(path=(command_api.CAMERA,)),
        ),
    ),
    Route(
        "api/devices/{device}/heartbeat",
        ("POST",),
        Access.DEVICE,
        "post_heartbeat",
        lambda: Endpoint(
            devices.post_heartbeat,
            Operation(
                "Report the state of a device. The request needs the signature of the device.",
                {200: "HeartbeatReply", 202: "UnknownDevice"},
                (403,),
            ),
            Inputs(path=(devices.DEVICE,), body=devices.NEW_HEARTBEAT),
        ),
    ),
    Route(
        "api/devices",
        GET,
        Access.READER,
        "list_devices",
        lambda: Endpoint(
            devices.list_devices,
            Operation("List the devices, with their last heartbeats.", {200: "Devices"}),
            Inputs(query=()),
        ),
    ),
    Route(
        "api/devices/{device}",
        GET,
        Access.READER,
        "get_device",
        lambda: Endpoint(
            devices.get_device,
            Operation("Get the state of a device and its cameras.", {200: "Device"}, (404,)),
            Inputs(path=(devices.DEVICE,), query=()),
        ),
    ),
    Route(
        "api/devices/{device}",
        ("DELETE",),
        Access.ADMIN,
        "delete_device",
        lambda: Endpoint(
            devices.delete_device,
            Operation(
                "Remove what is known of a device: its key, its state, its history and its "
                "commands. Its photos and alerts stay.",
                errors=(404,),
            ),
            Inputs(path=(devices.DEVICE,)),
        ),
    ),
    Route(
        "api/devices/{device}/history",
        GET,
        Access.READER,
        "get_device_history",
        lambda: Endpoint(
            devices.get_device_history,
            Operation(
                "Get a few figures of a device for each hour of the last 31 days.",
                {200: "DeviceHistory"},
                (404,),
            ),
            Inputs(path=(devices.DEVICE,), query=devices.HISTORY_PARAMETERS),
        ),
    ),
    Route(
        "api/devices/{device}/pins",
        GET,
        Access.READER,
        "get_device_pins",
        lambda: Endpoint(
            devices.get_device_pins,
            Operation("Get the GPIO pins of a device's cameras.", {200: "DevicePins"}, (404,)),
            Inputs(path=(devices.DEVICE,), query=()),
        ),
    ),
    Route(
        "api/cameras/{camera}/status",
        GET,
        Access.READER,
        "get_camera_status",
        lambda: Endpoint(
            devices.get_camera_status,
            Operation(
                "Get the status of a camera, by the last heartbeat of its device.",
                {200: "CameraStatus"},
                (404,),
            ),
            Inputs(path=(devices.CAMERA,), query=()),
        ),
    ),
    Route(
        "api/shares",
        GET,
        Access.ADMIN,
        "list_shares",
        lambda: Endpoint(
            sharing.list_shares,
            Operation("List the shared links.", {200: "Shares"}),
        ),
    ),
    Route(
        "api/shares",
        ("POST",),
        Access.ADMIN,
        "make_share",
        lambda: Endpoint(
            sharing.make_share,
            Operation(
                "Create a link that opens a photo, or a camera's photos in a time range, without "
                "signing in.",
                {201: "MadeShare"},
                (404,),
            ),
            Inputs(body=sharing.NEW_SHARE),
        ),
    ),
    Route(
        "api/shares/{key}",
        ("DELETE",),
        Access.ADMIN,
        "revoke_share",
        lambda: Endpoint(
            sharing.revoke_share,
            Operation("Revoke a shared link.", errors=(404,)),
            Inputs(path=(sharing.KEY,)),
        ),
    ),
    Route(
        "api/shared/{secret}",
        GET,
        Access.PUBLIC,
        "list_shared",
        lambda: Endpoint(
            sharing.list_shared,
            Operation("List the photos that a shared link opens.", {200: "SharedPhotos"}, (404,)),
            Inputs(path=(sharing.SECRET,)),
        ),
    ),
    Route(
        "api/shared/{secret}/{id}/content",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_shared_content",
        lambda: Endpoint(
            sharing.get_shared_content,
            Operation(
                "Get the bytes of a photo that a shared link opens.", _PHOTO_RESPONSES, (404, 416)
            ),
            Inputs(
                path=(
                    sharing.SECRET,
                    PHOTO,
                )
            ),
        ),
    ),
    Route(
        "shared/{secret}",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_shared",
        lambda: Endpoint(
            sharing.get_shared,
            Operation("Show what a shared link opens.", {200: "text/html", 404: "text/html"}),
            Inputs(path=(sharing.SECRET,)),
        ),
    ),
    Route(
        "api/cleanup/run",
        ("POST",),
        Access.ADMIN,
        "run_cleanup",
        lambda: Endpoint(
            maintenance.run_cleanup,
            Operation(
                "Delete photos that retention no longer keeps, up to 1,000 in a run.",
                {200: "CleanedUp"},
            ),
            Inputs(body=maintenance.CLEANUP_OPTIONS),
        ),
    ),
    Route(
        "api/repair/run",
        ("POST",),
        Access.ADMIN,
        "run_repair",
        lambda: Endpoint(
            maintenance.run_repair,
            Operation(
                "Make the index agree with the blobs; `everything` rebuilds it.", {200: "Repaired"}
            ),
            Inputs(body=maintenance.REPAIR_OPTIONS),
        ),
    ),
    Route(
        "api/session",
        GET,
        Access.READER,
        "get_session",
        lambda: Endpoint(
            sessions.get_session,
            Operation("Get the current session.", {200: "Caller"}),
        ),
    ),
    Route(
        "api/session",
        ("POST",),
        Access.PUBLIC,
        "open_session",
        lambda: Endpoint(
            sessions.open_session,
            Operation("Sign in with name and password.", {200: "SignedIn"}, (401, 403, 429)),
            Inputs(body=sessions.SIGN_IN),
        ),
    ),
    Route(
        "api/session",
        ("DELETE",),
        Access.PERSON,
        "close_session",
        lambda: Endpoint(
            sessions.close_session,
            Operation("Sign out."),
        ),
    ),
    Route(
        "api/sessions",
        ("DELETE",),
        Access.PERSON,
        "close_all_sessions",
        lambda: Endpoint(
            sessions.close_all_sessions,
            Operation("Sign out everywhere.", {200: "Ended"}),
        ),
    ),
    Route(
        "api/password",
        ("PUT",),
        Access.PERSON,
        "change_password",
        lambda: Endpoint(
            sessions.change_password,
            Operation("Change your password, and sign out everywhere else.", errors=(409, 429)),
            Inputs(body=sessions.PASSWORD_CHANGE),
        ),
    ),
    Route(
        "api/people",
        GET,
        Access.ADMIN,
        "list_people",
        lambda: Endpoint(
            users.list_people,
            Operation("List the people who may sign in.", {200: "People"}),
        ),
    ),
    Route(
        "api/people",
        ("POST",),
        Access.ADMIN,
        "add_person",
        lambda: Endpoint(
            users.add_person,
            Operation(
                "Add a person who may sign in: a viewer of all cameras or of some, or another "
                "owner.",
                {201: "Person"},
                (409,),
            ),
            Inputs(body=users.NEW_PERSON),
        ),
    ),
    Route(
        "api/people/{name}",
        ("DELETE",),
        Access.ADMIN,
        "remove_person",
        lambda: Endpoint(
            users.remove_person,
            Operation(
                "Remove a person, and revoke their links and tokens. People they added keep "
                "access; they are listed in `staying`.",
                {200: "Revoked"},
                (404, 409),
            ),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
    Route(
        "api/tokens",
        GET,
        Access.ADMIN,
        "list_tokens",
        lambda: Endpoint(
            tokens.list_tokens,
            Operation("List the programs' tokens.", {200: "Tokens"}),
        ),
    ),
    Route(
        "api/tokens",
        ("POST",),
        Access.ADMIN,
        "make_token",
        lambda: Endpoint(
            tokens.make_token,
            Operation("Create a token for a program.", {201: "MadeToken"}, (409,)),
            Inputs(body=tokens.NEW_TOKEN),
        ),
    ),
    Route(
        "api/tokens/{name}",
        ("DELETE",),
        Access.ADMIN,
        "revoke_token",
        lambda: Endpoint(
            tokens.revoke_token,
            Operation(
                "Revoke a token, and what was created with it. People who were added with it keep "
                "access; they are listed in `staying`.",
                {200: "Revoked"},
                (404,),
            ),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
    Route(
        "api/accesses",
        GET,
        Access.ADMIN,
        "list_accesses",
        lambda: Endpoint(
            audit_log.list_accesses,
            Operation("List the audit log: who did what, newest first.", {200: "Accesses"}),
            Inputs(query=(LIMIT, CURSOR)),
        ),
    ),
    Route(
        "api/health",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_health",
        lambda: Endpoint(
            health.get_health,
            Operation(
                "Check that the settings are right and that storage answers.", {200: "Health"}
            ),
        ),
    ),
    Route(
        "api/openapi.json",
        GET,
        Access.PUBLIC,
        "get_openapi",
        lambda: Endpoint(
            get_openapi,
            Operation("Get this description.", {200: "application/json"}),
        ),
    ),
    Route(
        "api/docs",
        GET,
        Access.PUBLIC,
        "get_docs",
        lambda: Endpoint(
            get_docs,
            Operation("Get this description as a page for people.", {200: "text/html"}),
        ),
    ),
    Route(
        "{*path}",
        GET_OR_HEAD,
        Access.PUBLIC,
        "get_page",
        lambda: Endpoint(
            pages.get_page,
            inputs=Inputs(path=(pages.FILE,)),
        ),
    ),
)
