"""`/api/devices/{device}/keys`: which key signs for a device, and which keys wait for an owner to
approve or reject them."""

from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http import json_schema
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
    Kind,
    defaulting,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time
from photo_wire.signature import fingerprint, parse_key


def _parse_fingerprint(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) != 16:
        raise WireError(name, f"must be 16 characters, not {quoted(str(value))}")
    return value


DEVICE = required(
    "device", Kind(CAMERA_NAME.schema, "a device's name", CAMERA_NAME.parse), "The device."
)
FINGERPRINT = required(
    "fingerprint",
    Kind(
        json_schema.text(pattern="^[A-Za-z0-9_-]{16}$"), "a key's fingerprint", _parse_fingerprint
    ),
    "That of a key in `waiting`, as `pi-uploader identity` shows it on the device. With that of "
    "the device's own key: the cameras in `wanted` are meant.",
)
APPROVE = defaulting(
    "approve", BOOLEAN, True, "Whether the key signs for the device from now on, or never."
)
DECISION = JSONBody("KeyDecision", (FINGERPRINT, APPROVE))


def list_keys(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the key of a device, the keys that wait, and its cameras."""
    return _response(request[DEVICE], services, datetime.now(UTC))


def decide_key(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the keys as they are then."""
    device, chosen, now = request[DEVICE], request[FINGERPRINT], datetime.now(UTC)
    found = services.device_keys.read(device)
    known = [found.key, *(one.key for one in found.waiting)] if found else []
    key = next((one for one in known if _fingerprint(one) == chosen), None)
    action = "approved the key" if request[APPROVE] else "rejected the key"
    if key is not None:
        services.audit_log.record(
            request.headers, caller.actor, f"{action} {chosen} of a device", device
        )
    if key is None or not services.device_keys.decide(device, key, request[APPROVE], now):
        raise HTTPProblemError(404, f"No key with this fingerprint waits for {device}.")
    return _response(device, services, now)


def _response(device: str, services: Services, now: datetime) -> Response:
    identity = services.device_keys.read(device)
    if identity is None:
        raise HTTPProblemError(404, f"There is no device {device} with a key.")
    cameras = services.device_keys.cameras(device)
    return json_response(
        {
            "device": device,
            "fingerprint": _fingerprint(identity.key),
            "first_seen": format_time(identity.first_seen),
            "waiting": [
                {"fingerprint": _fingerprint(one.key), "since": format_time(one.since)}
                for one in identity.waiting
            ],
            "cameras": sorted(camera for camera, is_own in cameras.items() if is_own),
            "wanted": sorted(camera for camera, is_own in cameras.items() if not is_own),
        }
    )


def _fingerprint(key: str) -> str | None:
    """Return the fingerprint of a stored key; None if its row was changed by hand."""
    try:
        return fingerprint(parse_key(key))
    except WireError:
        return None
