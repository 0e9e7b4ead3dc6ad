"""Routes by which people and programs ask a device for something: a photo, a clip, its log, a
diagnosis, arming, a pause, a restart."""

import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from function_app.auth.caller import Caller, Scope
from function_app.devices.command_history import (
    check_device_signs,
    check_sees_all_cameras,
    describe,
    output_of,
)
from function_app.devices.keys import DEVICE
from function_app.http import json_schema
from function_app.http.authorization import (
    check_camera_is_visible,
    find_photo,
    unknown_camera,
    unknown_photo,
)
from function_app.http.parameters import (
    CAMERA_NAME,
    TIME,
    Kind,
    choice,
    defaulting,
    json_number,
    optional,
    required,
    whole_number,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import LogDetails, Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.command_rows import CommandRecord
from function_app.storage.commands import TooManyCommandsError
from photo_wire import command as wire
from photo_wire.command import Command
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds
from photo_wire.name import parse_name

DEFAULT_TTL = 600  # seconds: two heartbeats at their default interval
MAX_TTL = 3600
MAX_WAIT = 25  # seconds
DEFAULT_LINES = 100
POLL_SECONDS = 0.25

CAMERA = required("camera", CAMERA_NAME, "The camera.")
WAIT = defaulting(
    "wait",
    whole_number(0, MAX_WAIT, "a number of seconds"),
    0,
    "Wait for the result, at most for so many seconds. On Azure the waiting is billed.",
)
RETURN_FILE = defaulting(
    "return_file",
    Kind(json_schema.BOOLEAN, "true or false", lambda value, name: _parse_flag(value, name)),
    False,
    "Respond with the photo's bytes. Without `wait` this waits as long as possible.",
)
LINES = defaulting(
    "lines", whole_number(1, wire.MAX_LINES), DEFAULT_LINES, "How many lines of the log."
)
_WITHOUT_PHOTO = [kind for kind in wire.Kind if kind is not wire.Kind.REPLAY_KEEP]
KIND = required("kind", choice(_WITHOUT_PHOTO), "What the device is to do.")
OF_CAMERA = optional("camera", CAMERA_NAME, "Only this camera of the device.")
UNTIL = optional(
    "until",
    TIME,
    "When disarming or a pause ends; if left out, by the command arm or resume.",
)
MAX_LINES = optional("lines", json_number(1, wire.MAX_LINES), "How many lines of the log.")
EXPIRES_IN = defaulting(
    "expires_in",
    json_number(30, MAX_TTL),
    DEFAULT_TTL,
    "After so many seconds the device is no longer to do it.",
)
NEW_COMMAND = JSONBody("NewCommand", (KIND, OF_CAMERA, UNTIL, MAX_LINES, EXPIRES_IN))

_OF_ONE_CAMERA = (wire.Kind.PHOTO, wire.Kind.CLIP, wire.Kind.ARM, wire.Kind.DISARM)
_WITH_END = (wire.Kind.DISARM, wire.Kind.PAUSE)
_ACTIONS = {
    wire.Kind.PHOTO: "asked for a photo",
    wire.Kind.CLIP: "asked for a clip",
    wire.Kind.LOGS: "asked for the log",
    wire.Kind.DOCTOR: "asked for a diagnosis",
    wire.Kind.ARM: "armed",
    wire.Kind.DISARM: "disarmed",
    wire.Kind.PAUSE: "paused the uploads",
    wire.Kind.RESUME: "resumed the uploads",
    wire.Kind.RESTART: "restarted",
    wire.Kind.REPLAY_KEEP: "asked to keep the frames of a photo",
}


def post_capture(request: Request, services: Services, caller: Caller) -> Response:
    """202 with the command, 200 once it is over; with `return_file` 200 with the photo's bytes."""
    is_file = request[RETURN_FILE]
    if is_file and Scope.READ not in caller.scopes:
        raise HTTPProblemError(403, f'{caller.name} lacks the permission "{Scope.READ}".')
    device = device_of(request[CAMERA], services, caller, datetime.now(UTC))
    record = _ask(request, services, caller, device, _new(wire.Kind.PHOTO, request[CAMERA]))
    record = _wait(services, device, record, request[WAIT] or (MAX_WAIT if is_file else 0))
    if not is_file or not record.is_final_at(datetime.now(UTC)):
        return _response(device, record, caller)
    if not record.photos:
        detail = record.detail or "The device has not answered in time."
        raise HTTPProblemError(409, f"{device} took no photo: {detail}")
    return _photo(record, request, services, caller)


def post_clip(request: Request, services: Services, caller: Caller) -> Response:
    """202 with the command, 200 once it is over."""
    device = device_of(request[CAMERA], services, caller, datetime.now(UTC))
    record = _ask(request, services, caller, device, _new(wire.Kind.CLIP, request[CAMERA]))
    return _response(device, _wait(services, device, record, request[WAIT]), caller)


def post_command(request: Request, services: Services, caller: Caller) -> Response:
    """202 with the command."""
    device, now = request[DEVICE], datetime.now(UTC)
    kind, camera, until = request[KIND], request[OF_CAMERA], request[UNTIL]
    if camera is not None and kind not in _OF_ONE_CAMERA:
        raise WireError("camera", f"must be left out: {kind} is for the whole device")
    if until is not None and (kind not in _WITH_END or until <= now):
        raise WireError("until", f"must be a time in the future, for {' or '.join(_WITH_END)}")
    if request[MAX_LINES] is not None and kind is not wire.Kind.LOGS:
        raise WireError("lines", f"must be left out: {kind} has none")
    if camera is None:
        check_sees_all_cameras(caller)
        check_device_signs(device, services, now)
    elif (
        not caller.may_see(camera) or services.device_keys.bindings.device_of(camera, now) != device
    ):
        raise HTTPProblemError(404, f"{device} has no camera {camera}.")
    lines = (request[MAX_LINES] or DEFAULT_LINES) if kind is wire.Kind.LOGS else None
    wanted = replace(_new(kind, camera, request[EXPIRES_IN]), until=until, lines=lines)
    return _response(device, _ask(request, services, caller, device, wanted), caller)


def get_logs(request: Request, services: Services, caller: Caller) -> Response:
    """202 with the command that asks for the log, 200 with the log once it is there. For programs
    alone: a link that somebody follows with a session must not ask a device for anything. Raises
    HTTPProblemError (403)."""
    device = request[DEVICE]
    check_sees_all_cameras(caller)
    if caller.session:
        raise HTTPProblemError(403, f"Ask for the log by POST /api/devices/{device}/commands.")
    check_device_signs(device, services, datetime.now(UTC))
    wanted = replace(_new(wire.Kind.LOGS, None), lines=request[LINES])
    record = _ask(request, services, caller, device, wanted)
    record = _wait(services, device, record, request[WAIT])
    return _response(device, record, caller, output_of(services, device, record))


def device_of(camera: str, services: Services, caller: Caller, now: datetime) -> str:
    """Return the device of a camera. Raises HTTPProblemError: 404 for a camera that nobody knows,
    or that the caller may not see, and 409 for one without a device that can be asked."""
    check_camera_is_visible(camera, caller)
    device = services.device_keys.bindings.device_of(camera, now)
    if device is None:
        check_camera_has_photos(camera, services)
        raise HTTPProblemError(
            409,
            f"No device can be asked for {camera}: none has signed a photo or a heartbeat of it. "
            "Update the device to a version that signs, and look at its log if it does.",
        )
    return device


def check_camera_has_photos(camera: str, services: Services) -> None:
    """Raise HTTPProblemError (404) if no photo of this camera was ever stored. One request."""
    if services.index.last_seen(camera) is None:
        raise unknown_camera(camera)


def _new(kind: wire.Kind, camera: str | None, seconds: int = DEFAULT_TTL) -> Command:
    """Return a command to be asked; it gets its id when it is stored."""
    expires_at = to_milliseconds(datetime.now(UTC) + timedelta(seconds=seconds))
    return Command(secrets.token_hex(16), kind, expires_at, camera)


def _ask(
    request: Request, services: Services, caller: Caller, device: str, wanted: Command
) -> CommandRecord:
    """Record in the audit log who asks, store the command, and tell the device: what a device does
    is on record, whatever fails."""
    now = to_milliseconds(datetime.now(UTC))
    action = _ACTIONS[wire.Kind(wanted.kind)]
    services.audit_log.record(request.headers, caller.actor, action, wanted.camera or device)
    try:
        return services.commands.ask(device, CommandRecord(wanted, caller.actor, now), now)
    except TooManyCommandsError:
        raise HTTPProblemError(
            429,
            f"{device} has {wire.MAX_OPEN} open commands: wait until it has executed them, or "
            "until they expire.",
            {"Retry-After": "60"},
        ) from None


def _wait(services: Services, device: str, record: CommandRecord, seconds: int) -> CommandRecord:
    """Return the command once it is over, or as it is after `seconds`. One request each
    POLL_SECONDS."""
    end = time.monotonic() + seconds
    while not record.is_final_at(datetime.now(UTC)):
        left = end - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(POLL_SECONDS, left))
        record = services.commands.get(device, record.command.id) or record
    return record


def _response(
    device: str, record: CommandRecord, caller: Caller, output: str | None = None
) -> Response:
    status = 200 if record.is_final_at(datetime.now(UTC)) else 202
    return json_response(describe(device, record, caller, output), status)


def _photo(record: CommandRecord, request: Request, services: Services, caller: Caller) -> Response:
    photo = find_photo(parse_name(record.photos[0]), services, caller)
    body = services.blobs.read(photo, 0, photo.size)
    if body is None:
        raise unknown_photo(photo.name)
    services.audit_log.record(request.headers, caller.actor, "saw", str(photo.name))
    disposition = f'inline; filename="{photo.name}.{photo.media.suffix}"'
    return Response(
        200,
        body,
        photo.media.content_type,
        {"Content-Disposition": disposition},
        log_details=LogDetails((photo.name,)),
    )


def _parse_flag(value: str, name: str) -> bool:
    if value not in ("true", "false"):
        raise WireError(name, "must be true or false")
    return value == "true"
