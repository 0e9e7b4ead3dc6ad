"""The routes by which devices report their state and people read it: `/api/devices`, and the status
of a camera."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from function_app.auth.caller import Caller, Scope, Standing
from function_app.auth.device_rows import KnownDevice
from function_app.devices import history, states
from function_app.devices.heartbeats import record
from function_app.devices.removal import remove_device
from function_app.devices.states import DeviceState
from function_app.devices.views import (
    describe_camera,
    describe_device,
    describe_pins,
    describe_unreported,
    may_see,
    sees_all,
)
from function_app.http import json_schema
from function_app.http.authorization import check_camera_is_visible, unknown_camera
from function_app.http.json_schema import Schema, array, number, text
from function_app.http.parameters import CAMERA_NAME, FROM, TO, Kind, check_range, required
from function_app.http.request import Request, WireBody
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.device_keys import STATES
from function_app.storage.table_store import Entity
from photo_wire.camera_state import MAX_PINS, MAX_REASON, MAX_TEXT
from photo_wire.headers import ClockStatus
from photo_wire.heartbeat import MAX_BYTES, MAX_CAMERAS, MAX_INTERVAL, NetworkKind, parse_heartbeat
from photo_wire.moment import format_time, to_milliseconds
from photo_wire.name import check_camera

DEVICE = required(
    "device",
    Kind(json_schema.CAMERA, "a device's name", lambda value, name: check_camera(value, name)),
    "The device's name.",
)
CAMERA = required("camera", CAMERA_NAME, "The camera's name.")
HISTORY_PARAMETERS = (FROM, TO)

_TEXT, _BYTES, _NUMBER = text(maxLength=MAX_TEXT), json_schema.COUNT, {"type": "number"}


def _extensible(**members: Schema) -> Schema:
    """Return the schema of an object to which later versions may add members."""
    return {"type": "object", "properties": members}


_CAMERA_STATE = _extensible(
    source=_TEXT,
    armed=json_schema.BOOLEAN,
    disarmed_until=json_schema.TIME,
    last_trigger=json_schema.TIME,
    last_photo=json_schema.TIME,
    failures=json_schema.COUNT,
    failing=text(maxLength=MAX_REASON),
    pins=array(
        {
            **_extensible(
                number=number(minimum=0, maximum=1000), use=_TEXT, is_active=json_schema.BOOLEAN
            ),
            "required": ["number"],
        },
        maxItems=MAX_PINS,
    ),
    can=array(json_schema.ALERT_KIND, maxItems=16),
    motion=text(maxLength=MAX_REASON),
    motion_since=json_schema.TIME,
    detection=text(maxLength=MAX_REASON),
    detection_since=json_schema.TIME,
    zones=json_schema.POLYGONS,
    masks=json_schema.POLYGONS,
    omitted_polygons=number(minimum=1),
)
NEW_HEARTBEAT = WireBody(
    "Heartbeat",
    {
        **_extensible(
            version=text(minLength=1, maxLength=MAX_TEXT),
            interval=number(minimum=1, maximum=MAX_INTERVAL),
            sent_at=json_schema.TIME,
            uptime={**_NUMBER, "minimum": 0},
            cpu={**_NUMBER, "minimum": 0},
            memory_free=_BYTES,
            memory_total=_BYTES,
            disk_free=_BYTES,
            disk_total=_BYTES,
            inodes_free=json_schema.COUNT,
            temperature=_NUMBER,
            throttled=array(json_schema.ALERT_KIND, maxItems=16),
            clock=text(enum=list(ClockStatus)),
            network=_extensible(kind=text(enum=list(NetworkKind)), signal=_NUMBER),
            site=_TEXT,
            spool=_extensible(
                waiting=json_schema.COUNT, oldest=json_schema.TIME, bytes=json_schema.COUNT
            ),
            losses=json_schema.COUNT,
            quarantine=json_schema.COUNT,
            sent_this_month=_BYTES,
            monthly_limit=_BYTES,
            paused_until=json_schema.TIME,
            cameras={
                "type": "object",
                "maxProperties": MAX_CAMERAS,
                "propertyNames": json_schema.CAMERA,
                "additionalProperties": _CAMERA_STATE,
            },
            commands=array({"type": "object"}),
            goodbye=_TEXT,
        ),
        "required": ["version", "interval"],
    },
)


def post_heartbeat(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the reply; 202 while the device's key waits for an owner's approval. Nothing is
    recorded then, and nothing is read either."""
    if caller.standing is Standing.UNSIGNED:
        raise HTTPProblemError(403, "A heartbeat needs the signature of its device.")
    if caller.device != request[DEVICE]:
        raise HTTPProblemError(403, f"The signature is not that of {request[DEVICE]}.")
    body = request.body
    if len(body) > MAX_BYTES:
        raise HTTPProblemError(413, f"The heartbeat has more than {MAX_BYTES} bytes.")
    reply = record(services, caller, parse_heartbeat(body), datetime.now(UTC))
    return Response(200 if reply.is_recorded else 202, reply.to_json())


def list_devices(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the devices of which the caller may see a camera."""
    return json_response({"devices": read_devices(services, caller, datetime.now(UTC))})


def read_devices(
    services: Services, caller: Caller, now: datetime, *, as_kept: bool = False
) -> list[dict[str, Any]]:
    """Return the devices of which the caller may see a camera, as JSON: those that have sent a
    heartbeat, and those that only have a key yet. One request for each thousand devices; one or two
    more for a caller who may see all cameras, or one of which no device has reported anything.
    These are not needed with `as_kept`: which cameras a device wants, or has if it only has a key,
    is then as of the last run of the counting timer."""
    rows = states.read_rows(services.devices)
    found = states.parse_states(rows, caller.cameras)
    known: dict[str, KnownDevice] = {}
    reported: set[str] = set()
    if caller.cameras is None or caller.cameras.difference(*(one.cameras for one in found)):
        find_known = states.kept_devices if as_kept else services.device_keys.known_devices
        known = find_known(rows)
        reported = {one.device for one in states.parse_states(rows)}
    shown = [describe_device(one, known.get(one.device), caller, now) for one in found]
    shown += [
        describe_unreported(device, one, caller, now)
        for device, one in known.items()
        if device not in reported and may_see(caller, one.cameras)
    ]
    return sorted(shown, key=lambda one: str(one["device"]))


def describe_cameras(
    rows: Iterable[Entity], caller: Caller, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the status of each camera that the caller may see and a device has reported in one of
    these rows, as `get_camera_status` has it. What was reported last counts, if a camera has
    changed its device."""
    found = states.parse_states(rows, caller.cameras)
    return {
        camera: describe_camera(camera, state, now)
        for state in sorted(found, key=lambda one: one.received_at)
        for camera in state.cameras
        if caller.may_see(camera)
    }


def get_device(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the state of a device."""
    return json_response(read_device(request[DEVICE], services, caller, datetime.now(UTC)))


def read_device(device: str, services: Services, caller: Caller, now: datetime) -> dict[str, Any]:
    """Return the state of a device as JSON. Raises HTTPProblemError (404), the same for one that
    does not exist and for one of which the caller may see no camera."""
    known = None
    state = states.find(services.devices, device)
    if state is None or Scope.ADMIN in caller.scopes:
        rows = states.read_rows(services.devices)
        known = services.device_keys.known_devices(rows).get(device)
    if state is not None and may_see(caller, state.cameras):
        return describe_device(state, known, caller, now)
    if state is None and known is not None and may_see(caller, known.cameras):
        return describe_unreported(device, known, caller, now)
    raise _unknown(device)


def get_device_history(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a few figures for each hour. Hours in which the device had a camera that the caller
    may not see are left out."""
    device, first, last = request[DEVICE], request[FROM], request[TO]
    check_range(first, last)
    _find(device, services, caller)
    hours = history.read(services.devices, device, datetime.now(UTC), first, last)
    names = (*history.FLOATS, *history.COUNTS)
    shown = [
        {"at": format_time(one.at), **{name: one.figures.get(name) for name in names}}
        for one in hours
        if sees_all(caller, one.cameras)
    ]
    return json_response({"device": device, "hours": shown})


def get_device_pins(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the GPIO pins of the device's cameras, as they were at its last heartbeat."""
    state = _find(request[DEVICE], services, caller)
    pins = [
        {"camera": camera, **pin}
        for camera, one in sorted(state.heartbeat.cameras.items())
        if caller.may_see(camera)
        for pin in describe_pins(one)
    ]
    received_at = format_time(state.received_at)
    return json_response({"device": state.device, "received_at": received_at, "pins": pins})


def get_camera_status(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the status of a camera."""
    now = datetime.now(UTC)
    return json_response(read_camera_status(request[CAMERA], services, caller, now))


def read_camera_status(
    camera: str, services: Services, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Return the status of a camera, by the last heartbeat of its device, as JSON: `unknown` if no
    device reports it, for example because its device has a version without heartbeats. Raises
    HTTPProblemError (404), the same for one that does not exist and for one that the caller may not
    see."""
    check_camera_is_visible(camera, caller)
    device = services.device_keys.bindings.device_of(camera, now)
    state = states.find(services.devices, device) if device else None
    if device is None and services.index.last_seen(camera) is None:
        raise unknown_camera(camera)
    return describe_camera(camera, state, now)


def delete_device(request: Request, services: Services, caller: Caller) -> Response:
    """204; what is known of the device is removed. Its photos and alerts stay."""
    device, now = request[DEVICE], to_milliseconds(datetime.now(UTC))
    is_known = services.device_keys.find(device, now) is not None
    if not is_known and services.devices.get(STATES, device) is None:
        raise _unknown(device)
    services.audit_log.record(request.headers, caller.actor, "removed a device", device)
    remove_device(device, services)
    return Response(204)


def _find(device: str, services: Services, caller: Caller) -> DeviceState:
    """Return the state of a device. Raises HTTPProblemError (404), the same for one that does not
    exist and for one of which the caller may see no camera."""
    state = states.find(services.devices, device)
    if state is None or not may_see(caller, state.cameras):
        raise _unknown(device)
    return state


def _unknown(device: str) -> HTTPProblemError:
    return HTTPProblemError(404, f"There is no device {device}, or it never sent a heartbeat.")
