"""`/api/devices/{device}/keys`: which key signs for a device, and which keys wait for an owner to
approve or reject them."""

from datetime import UTC, datetime
from typing import Any

from function_app.auth.caller import Caller
from function_app.auth.device_rows import WaitingKey
from function_app.devices.removal import remove_camera_of
from function_app.http import json_schema
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
    SOME_CAMERAS,
    Kind,
    defaulting,
    optional,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError, quoted_json
from photo_wire.moment import format_time
from photo_wire.signature import fingerprint, parse_key


def _parse_fingerprint(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) != 16:
        raise WireError(name, f"must be 16 characters, not {quoted_json(value)}")
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
    "the device's own key: cameras in `wanted` are meant.",
)
APPROVE = defaulting(
    "approve", BOOLEAN, True, "Whether the key signs for the device from now on, or never."
)
CHOSEN_CAMERAS = optional(
    "cameras",
    SOME_CAMERAS,
    "With the fingerprint of the device's own key: those of the cameras in `wanted` that are "
    "meant; the others go on waiting. If left out, all.",
)
DECISION = JSONBody("KeyDecision", (FINGERPRINT, APPROVE, CHOSEN_CAMERAS))


def list_keys(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the key of a device, the keys that wait, and its cameras."""
    return json_response(read_keys(request[DEVICE], services))


def decide_key(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the keys as they are then."""
    device, chosen = request[DEVICE], request[FINGERPRINT]
    found = services.device_keys.read(device)
    if found and _fingerprint(found.key) == chosen:
        _decide_cameras(request, services, caller)
        return json_response(read_keys(device, services))
    if request[CHOSEN_CAMERAS] is not None:
        raise WireError("cameras", "must be left out: this is not the device's own key")
    waiting = [one.key for one in found.waiting] if found else []
    key = next((one for one in waiting if _fingerprint(one) == chosen), None)
    if key is not None:
        verb = "approved" if request[APPROVE] else "rejected"
        action = f"{verb} the key {chosen} of a device"
        services.audit_log.record(request.headers, caller.actor, action, device)
    if key is None or not services.device_keys.decide(
        device, key, request[APPROVE], datetime.now(UTC)
    ):
        raise HTTPProblemError(404, f"No key with this fingerprint waits for {device}.")
    if request[APPROVE]:  # at once, not when the new device reports: the old one has a link
        services.commands.move(device, key, datetime.now(UTC))
    return json_response(read_keys(device, services))


def _decide_cameras(request: Request, services: Services, caller: Caller) -> None:
    """Give the device the chosen cameras that it wants, or reject that."""
    device, chosen = request[DEVICE], request[CHOSEN_CAMERAS]
    cameras = services.device_keys.bindings.cameras(device)
    wanted = {camera for camera, is_own in cameras.items() if not is_own}
    if chosen is not None and not chosen <= wanted:
        unknown = ", ".join(sorted(chosen - wanted))
        raise HTTPProblemError(404, f"{device} does not want of another device: {unknown}.")
    meant = sorted(wanted if chosen is None else chosen)
    verb = "gave" if request[APPROVE] else "refused"
    for camera in meant:
        action = f"{verb} the device {device} a camera"
        services.audit_log.record(request.headers, caller.actor, action, camera)
    bindings, now = services.device_keys.bindings, datetime.now(UTC)
    before = {camera: bindings.device_of(camera, now) for camera in meant}
    bindings.hand_over(device, meant, request[APPROVE])
    if request[APPROVE]:  # the device that had it may go on naming it for an hour
        for camera, other in before.items():
            if other:
                remove_camera_of(other, camera, services)


def read_keys(device: str, services: Services) -> dict[str, Any]:
    """Return the key of a device, the keys that wait, and its cameras, as JSON. Raises
    HTTPProblemError (404) for a device without a key."""
    identity = services.device_keys.read(device)
    if identity is None:
        raise HTTPProblemError(404, f"There is no device {device} with a key.")
    cameras = services.device_keys.bindings.cameras(device)
    return {
        "device": device,
        "fingerprint": _fingerprint(identity.key),
        "first_seen": format_time(identity.first_seen),
        "waiting": [_describe(one, identity.own_until(one.key)) for one in identity.waiting],
        "cameras": sorted(camera for camera, is_own in cameras.items() if is_own),
        "wanted": sorted(camera for camera, is_own in cameras.items() if not is_own),
    }


def _describe(key: WaitingKey, own_until: datetime | None) -> dict[str, str | None]:
    """Return a key that waits as JSON. `own_until`: when an owner replaced it, if it was the
    device's own."""
    return {
        "fingerprint": _fingerprint(key.key),
        "since": format_time(key.since),
        "own_until": format_time(own_until) if own_until else None,
    }


def _fingerprint(key: str) -> str | None:
    """Return the fingerprint of a stored key; None if its row was changed by hand."""
    try:
        return fingerprint(parse_key(key))
    except WireError:
        return None
