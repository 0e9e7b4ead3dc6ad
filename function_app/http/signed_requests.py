"""Check the signatures of devices' requests (photo_wire/signature.py).

A request with a malformed or wrong signature is not rejected: what it brings is stored, and marked.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import azure.functions as func
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from function_app.auth.caller import Caller, RequestSignature, Standing
from function_app.auth.device_keys import MAX_AHEAD, MAX_BEHIND, DeviceKeys
from function_app.auth.device_rows import DeviceIdentity
from photo_wire.errors import WireError
from photo_wire.headers import CAMERA_ID, CONTENT_DIGEST, PHOTO_ID
from photo_wire.name import check_camera, parse_name
from photo_wire.signature import (
    DEVICE,
    SIGNATURE,
    SIGNATURE_INPUT,
    DeviceSignature,
    SignedRequest,
    format_key,
    parse_signature,
)

# A public key is a point's y with a sign (RFC 8032, section 5.1.2). These ys are of small order:
# signatures by such a key exist that are valid for every text (the list is libsodium's).
_PRIME = 2**255 - 19
_SIGN = 2**255
_SMALL_ORDER = {
    0,
    1,
    _PRIME - 1,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
}
# What fits into a blob's metadata as it is: ASCII without two spaces in a row, 8 KB with the rest.
_STORABLE = re.compile(r"[!-\x7e]+(?: [!-\x7e]+)*")
_MAX_STORED = 2048  # characters

log = logging.getLogger(__name__)


def verify(req: func.HttpRequest, keys: DeviceKeys, caller: Caller, now: datetime) -> Caller:
    """Return the caller with the device that signed the request, and with what its key is worth.

    Raises HTTPProblemError (401) for a counter that is too low: it may be a recorded request that
    somebody sends again.
    """
    url = urlsplit(req.url)
    request = SignedRequest(req.method, url.path, url.query, req.headers)
    try:
        signature = parse_signature(request)
        if signature is None:  # the labels are of others
            return caller
        device = check_camera(signature.device, DEVICE)
        _check(signature, req.get_body())
    except WireError as error:
        log.info("the sender is unknown: %s", error)
        return replace(caller, standing=Standing.UNKNOWN)
    key, camera = format_key(signature.public_key), _camera_of(req.headers)
    stated = replace(
        caller,
        device=device,
        standing=Standing.UNKNOWN,
        signature=RequestSignature(
            _storable(request.headers[SIGNATURE_INPUT.lower()]),
            _storable(request.headers[SIGNATURE.lower()]),
            signature.counter,
            signature.sha256,
            key,
        ),
    )
    identity = keys.find(device, now)
    if (identity is None or not identity.has_recorded(key)) and _may_add_key(
        stated, camera, keys, now
    ):
        identity = keys.record_key(device, key, signature.counter, now)
    if identity is None or identity.key != key:
        return stated
    return _check_counter(replace(stated, standing=Standing.VERIFIED), identity, keys, now)


def _check(signature: DeviceSignature, body: bytes) -> None:
    """Raise WireError if the signature or the digest is not that of the request."""
    y = int.from_bytes(signature.public_key, "little") % _SIGN
    if y >= _PRIME or y in _SMALL_ORDER:
        raise WireError(SIGNATURE_INPUT, "its key is a weak one")
    if hashlib.sha256(body).hexdigest() != signature.sha256:
        raise WireError(CONTENT_DIGEST, "is not that of the body")
    try:
        Ed25519PublicKey.from_public_bytes(signature.public_key).verify(
            signature.value, signature.base
        )
    except (InvalidSignature, ValueError):  # ValueError: not a point of the curve
        raise WireError(SIGNATURE, "is not that of the request") from None


def _check_counter(
    caller: Caller, identity: DeviceIdentity, keys: DeviceKeys, now: datetime
) -> Caller:
    counter = caller.signature.counter if caller.signature else 0
    if counter < identity.counter - MAX_BEHIND:
        raise keys.low_counter(caller, now)
    if counter > identity.counter + MAX_AHEAD:
        log.warning("the counter of %s is too high: %d", caller.device, counter)
        return replace(caller, standing=Standing.UNKNOWN)
    return caller


def _may_add_key(caller: Caller, camera: str | None, keys: DeviceKeys, now: datetime) -> bool:
    """Return whether the function key permits a new key for the device's name: not one that is for
    another name, unless that is the camera, and no other device has it."""
    if caller.key_name in (None, caller.device):
        return True
    return camera == caller.key_name and keys.bindings.device_of(camera, now) in (
        None,
        caller.device,
    )


def _camera_of(headers: Mapping[str, str]) -> str | None:
    """Return the camera that the headers name; None also if they are malformed."""
    with suppress(WireError):
        if photo_id := headers.get(PHOTO_ID):
            return parse_name(photo_id).camera
        if camera := headers.get(CAMERA_ID):
            return check_camera(camera)
    return None


def _storable(text: str) -> str:
    """Return the header as it was sent, if it may be a photo's metadata; else nothing."""
    return text if len(text) <= _MAX_STORED and _STORABLE.fullmatch(text) else ""
