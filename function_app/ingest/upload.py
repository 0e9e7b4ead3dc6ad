"""Routes by which photos arrive.

A device PUTs the bytes of a photo. Phones, scripts and network cameras POST it, alone or as the
file of a form (multipart/form-data, RFC 7578), whose fields may state what headers state. Both
store it by the same rules.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from function_app.auth.caller import Caller, Standing
from function_app.http.request import PhotoBody, Request
from function_app.http.responses import LogDetails, Response
from function_app.ingest.camera_quota import check_camera_quota, record_cameras
from function_app.ingest.checks import check_size
from function_app.ingest.displacement import displace
from function_app.ingest.intake import (
    CAMERA_NAME,
    WEBSITE_ID,
    RepeatedRequestError,
    Upload,
    camera_of,
    receive,
)
from function_app.ingest.multipart import FormError, Part, decode_text, is_form, read_parts
from function_app.media.inspection import begins_like_a_photo
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Sender
from photo_wire.errors import WireError, quoted
from photo_wire.headers import (
    CAMERA_ID,
    CAPTURED_AT,
    CLOCK,
    CONTENT_TYPE,
    PHOTO_ID,
    TRIGGER,
    WAITING,
    PhotoHeaders,
    Trigger,
    parse_headers,
)
from photo_wire.media import Media
from photo_wire.name import PhotoName

FORM_FIELDS = {"camera": CAMERA_ID, "captured_at": CAPTURED_AT, "trigger": TRIGGER}
PHOTO_OR_FORM = PhotoBody(form_fields=FORM_FIELDS)
_PHOTO_HEADERS = (PHOTO_ID, CAMERA_ID, CAPTURED_AT, TRIGGER, CLOCK, WAITING)
_MAX_FORM_BYTES = 64 * 1024  # around the photo
_WHERE_TO_POST = (
    "phones, scripts and network cameras POST it, alone or in a form, to /api/photos with a token "
    "of the scope upload (Authorization: Bearer TOKEN)"
)

log = logging.getLogger(__name__)


def put_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    body = request.body
    query = request.http.params  # of old clients, and so not in the API's description
    if is_form(request.headers.get(CONTENT_TYPE) or "", body):
        raise HTTPProblemError(
            415, f"A device PUTs the photo's bytes alone here; {_WHERE_TO_POST}."
        )
    check_size(len(body), services.settings.max_photo_bytes)
    upload = Upload(
        body,
        parse_headers(request.headers),
        query.get(CAMERA_NAME),
        query.get(WEBSITE_ID),
        sha256=caller.signature.sha256 if caller.signature else None,
    )
    return store(upload, services, caller, datetime.now(UTC))


def post_to_device_route(request: Request, services: Services, caller: Caller) -> Response:
    """405, for everybody: a client that posts here most likely has no function key."""
    raise HTTPProblemError(
        405, f"A device PUTs the photo's bytes here; {_WHERE_TO_POST}.", {"Allow": "PUT"}
    )


def post_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    max_bytes = services.settings.max_photo_bytes
    body = request.body
    check_size(len(body), max_bytes + _MAX_FORM_BYTES)
    headers, photo = parse_headers(request.headers), body
    if is_form(headers.content_type or "", body):
        _check_form_digest(body, headers)
        headers, photo = _read_form(body, request.headers)
    check_size(len(photo), max_bytes)
    upload = Upload(photo, _with_camera(headers, caller), uses_exif_time=True)
    return store(upload, services, caller, datetime.now(UTC))


def store(upload: Upload, services: Services, caller: Caller, now: datetime) -> Response:
    """Store and index a photo that arrived at `now`, and return its receipt.

    Raises what `receive` raises, and HTTPProblemError: 401 if the same request has stored it, 429
    if there are too many new cameras.
    """
    camera = camera_of(upload)
    check_camera_quota(camera, services, now)
    photos = services.photo_store
    may_speak = services.device_keys.bindings.claim(caller, camera, now)
    upload = replace(upload, sender=sender_of(caller, may_speak))
    if not may_speak:
        # What it says of the backlog is ignored, and it does not take back the report of a loss.
        last_seen = services.index.last_seen(camera)
        waiting = last_seen.waiting if last_seen else None
        upload = replace(upload, headers=replace(upload.headers, waiting=waiting))
        photos = replace(photos, take_back=lambda name: None)
    is_verified = upload.sender is not None and not upload.sender.is_unknown
    try:
        intake = receive(
            upload,
            photos,
            now,
            lambda earlier: is_verified and displace(earlier, services, now),
            lambda name: services.notifier.telling(name, now),
        )
    except RepeatedRequestError:
        raise services.device_keys.low_counter(caller, now) from None
    record_cameras([camera], services, now)
    if may_speak and upload.headers.trigger is Trigger.DEMAND:
        _mark_command_done(intake.receipt.name, services, caller, now)
    services.timer_watch.check(services.accounts, services.alerts, now)
    return Response(
        201 if intake.is_new else 200,
        intake.receipt.to_json().encode(),
        log_details=LogDetails((intake.receipt.name,)),
    )


def sender_of(caller: Caller, may_speak: bool) -> Sender | None:
    """Return what is stored of the sender of a photo or an alert, who may speak for its camera or
    not. None if nobody signed it, as an old client does, and the camera has no device with a
    key."""
    standing = caller.standing_for(may_speak)
    if standing is Standing.UNSIGNED:
        return None
    if caller.signature is None:
        return Sender(caller.device, standing)
    return Sender(
        caller.device, standing, caller.signature.signature_input, caller.signature.signature
    )


def _mark_command_done(name: PhotoName, services: Services, caller: Caller, now: datetime) -> None:
    """Mark the command done for which a device took a photo that is stored now. An error costs no
    photo: the device reports with its next heartbeat, too."""
    if caller.device is None or caller.standing is not Standing.VERIFIED:
        return
    try:
        services.commands.record_photo(caller.device, name, now)
    except Exception:
        log.exception("the command for which %s was taken is not marked", name)


def _with_camera(headers: PhotoHeaders, caller: Caller) -> PhotoHeaders:
    """Return the headers with the camera that the caller's token is for, if they name none. Raises
    HTTPProblemError (403) if they name a camera that it is not for."""
    camera = headers.name.camera if headers.name else headers.camera
    if camera is not None:
        if not caller.may_see(camera):
            raise HTTPProblemError(403, f"{caller.name} may not upload photos of {camera}.")
        return headers
    if caller.cameras is None or len(caller.cameras) != 1:
        return headers
    return replace(headers, camera=next(iter(caller.cameras)))


def _check_form_digest(form: bytes, headers: PhotoHeaders) -> None:
    """Raise HTTPProblemError (422) if the digest is not that of the whole form (RFC 9530)."""
    if headers.sha256 not in (None, hashlib.sha256(form).hexdigest()):
        raise HTTPProblemError(
            422, "The form does not match its Content-Digest, so it was damaged: send it again."
        )


def _read_form(body: bytes, headers: Mapping[str, str]) -> tuple[PhotoHeaders, bytes]:
    """Return what a form's fields and the request's headers state of a photo, and its bytes. Raises
    HTTPProblemError (400), and WireError, also if a field contradicts a header."""
    try:
        parts = read_parts(headers.get(CONTENT_TYPE, ""), body)
    except FormError as error:
        raise HTTPProblemError(400, f"The form cannot be read: {error}.") from None
    photo = _find_photo(parts)
    other_bytes = len(body) - photo.size
    if other_bytes > _MAX_FORM_BYTES:
        raise HTTPProblemError(
            400,
            f"The form has {other_bytes} bytes besides the photo; the maximum is "
            f"{_MAX_FORM_BYTES}: send only the photo and its fields.",
        )
    fields = {part.name: decode_text(part.body).strip() for part in parts if part is not photo}
    stated = {name: headers[name] for name in _PHOTO_HEADERS if headers.get(name) is not None}
    field_of: dict[str, str] = {}  # the fields by the headers that they stand for
    for field, header in FORM_FIELDS.items():
        value = fields.get(field)
        if not value:
            continue
        if stated.get(header, value) != value:
            raise WireError(header, f"must be what the form's field {field} states")
        if header not in stated:
            stated[header], field_of[header] = value, field
    content_type = photo.content_type if Media.of_content_type(photo.content_type) else ""
    try:
        return parse_headers({**stated, CONTENT_TYPE: content_type}), photo.body
    except WireError as error:
        if form_field := field_of.get(error.field):
            raise WireError(f"the form's field {form_field}", error.problem) from None
        raise


def _find_photo(parts: list[Part]) -> Part:
    """Return the part that is the photo: cameras send an XML beside it, and scripts forget its
    file name. Raises HTTPProblemError (400) if there is none, an empty one, or several."""
    photos = [part for part in parts if begins_like_a_photo(part.body)]
    photos = photos or [part for part in parts if part.is_file]
    if photos and not any(one.body for one in photos):
        raise HTTPProblemError(400, "The form's file is empty: send the photo's bytes in it.")
    if len(photos) == 1:
        return photos[0]
    if photos:
        raise HTTPProblemError(400, f"The form has {len(photos)} files: send one photo at a time.")
    names = ", ".join(quoted(str(part)) for part in parts)
    raise HTTPProblemError(400, f"The form has no file: send the photo as one. It has {names}.")
