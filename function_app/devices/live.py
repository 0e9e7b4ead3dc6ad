"""Live pictures: while somebody looks at a camera, its device overwrites one blob each second, by a
link for that. Looking ends by itself (`LOOK_TIME`), and a timer then deletes the blob; once more
when the link has ended, because a device that lies, or a slow network, may write it again."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from function_app.auth.caller import Caller
from function_app.devices.command_api import (
    CAMERA,
    check_camera_has_photos,
    device_of,
)
from function_app.http.authorization import check_camera_is_visible
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.device_keys import LOOKING
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import MAX_ATTEMPTS, Entity, query_all
from photo_wire.blob_link import BlobLink
from photo_wire.command import MAX_CAMERAS
from photo_wire.media import Media
from photo_wire.moment import format_time, parse_time, to_milliseconds

LOOK_TIME = timedelta(minutes=2)
# A page looks once a minute: then each look writes the blob, and more frequent ones do not.
RENEW_BEFORE = timedelta(seconds=65)
LINK_TTL = timedelta(minutes=10)  # a device that goes on after its end cannot write for long
GRACE = timedelta(seconds=30)  # for a picture that is on its way
MAX_BYTES = 300 * 1024
_JPEG_BEGINS = b"\xff\xd8\xff"
_RETRY_LATER = {"Retry-After": "60"}
_IS_REMOVED = "is_removed"  # a column: "yes" from when the blob was deleted until the link ends

log = logging.getLogger(__name__)


def live_path(camera: str) -> str:
    """Return the name of the blob with the live picture."""
    return f"live/{camera}.jpg"


def post_look(request: Request, services: Services, caller: Caller) -> Response:
    """200 with until when the device sends live pictures. Three requests, and two more at most
    about once a minute; at the first look two further ones."""
    camera, now, is_announced = request[CAMERA], datetime.now(UTC), False
    device = device_of(camera, services, caller, now)
    for _ in range(MAX_ATTEMPTS):
        polled = services.commands.read_blob(device)
        blob = polled.content
        before = blob.looking_until.get(camera, now)
        if before - now > RENEW_BEFORE and camera in blob.live:
            return _looking(camera, before)
        looking = {name: until for name, until in blob.looking_until.items() if until > now}
        if len(looking.keys() | {camera}) > MAX_CAMERAS:
            raise HTTPProblemError(
                429, f"Somebody looks at {MAX_CAMERAS} cameras of {device} already.", _RETRY_LATER
            )
        until = to_milliseconds(now + LOOK_TIME)
        if before <= now and not is_announced:
            # Before the blob: if the rest fails, the timer knows of the picture, and the log of who
            # looked.
            services.audit_log.record(request.headers, caller.actor, "looked at", camera)
            _remember(services, camera, device, until)
            is_announced = True
        live = {name: link for name, link in blob.live.items() if name in looking}
        changed = replace(
            blob,
            looking_until={**looking, camera: until},
            live={**live, camera: _link(camera, services, now)},
        )
        if services.commands.write_blob(polled, changed):
            # After the blob, too: `end_looking` reads in the other order, and so misses nobody.
            _remember(services, camera, device, until)
            return _looking(camera, until)
    raise StorageUnavailableError("the blob of a device is changed too often at once")


def get_live(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the live picture and its age, 204 if there is none. One request, and two more at
    most if there is none. 404 for a camera that nobody knows, or that the caller may not see."""
    camera = request[CAMERA]
    check_camera_is_visible(camera, caller)
    found = services.device_blobs.read(live_path(camera), MAX_BYTES)
    if found is None or not found.content.startswith(_JPEG_BEGINS):
        if services.device_keys.bindings.device_of(camera, datetime.now(UTC)) is None:
            check_camera_has_photos(camera, services)
        return Response(204)
    age = max(0, int((datetime.now(UTC) - found.modified_at).total_seconds()))
    headers = {
        "Age": str(age),
        "Last-Modified": format_datetime(found.modified_at, usegmt=True),
        "Cache-Control": "no-store",
    }
    return Response(200, found.content, Media.JPEG.content_type, headers)


def end_looking(services: Services, now: datetime) -> int:
    """Delete the live pictures at which nobody looks any more. Return how many. One request if
    nobody has looked lately. Raises StorageUnavailableError, after it has tried all."""
    ended, failure = 0, None
    for row in list(query_all(services.devices, LOOKING)):
        try:
            ended += _end(services, row, now)
        except StorageUnavailableError as error:
            log.warning("the live picture of %s is not deleted yet: %s", row.key, error)
            failure = error
    if failure:
        raise failure
    return ended


def _end(services: Services, row: Entity, now: datetime) -> bool:
    """Delete a camera's live picture when nobody looks any more, and again when its link has ended.
    Return whether it was done for the first time."""
    camera, device = row.key, row.properties["device"]
    is_removed = _IS_REMOVED in row.properties
    end = parse_time(row.properties["until"]) + (LINK_TTL if is_removed else GRACE)
    if end > now or _is_looking(services, camera, device, now):
        return False
    services.device_blobs.remove(live_path(camera))
    if not is_removed:  # if the row was changed, somebody looks again
        return services.devices.replace(LOOKING, row, {**row.properties, _IS_REMOVED: "yes"})
    services.devices.remove(LOOKING, camera)
    _is_looking(services, camera, device, now)  # somebody may have come in between
    return False


def _is_looking(services: Services, camera: str, device: str, now: datetime) -> bool:
    """Return whether somebody looks at the camera by the blob; remember it then."""
    until = services.commands.read_blob(device).content.looking_until.get(camera)
    if until is None or until + GRACE <= now:
        return False
    _remember(services, camera, device, until)
    return True


def _remember(services: Services, camera: str, device: str, until: datetime) -> None:
    services.devices.upsert(LOOKING, camera, {"device": device, "until": format_time(until)})


def _link(camera: str, services: Services, now: datetime) -> BlobLink:
    end = to_milliseconds(now + LINK_TTL).replace(microsecond=0)
    url = services.device_blobs.link(live_path(camera), end, may_write=True)
    if url is None:
        raise HTTPProblemError(
            409,
            "The storage account is opened by a shared access signature, which cannot give the "
            "device a link for live pictures: use the account's key or the app's identity.",
        )
    return BlobLink(url, end)


def _looking(camera: str, until: datetime) -> Response:
    return json_response({"camera": camera, "looking_until": format_time(until)})
