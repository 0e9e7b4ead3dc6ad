"""`POST /api/photos`: another way in, for phones, scripts and cameras that can post a picture.

The body is the photo, or a form (multipart/form-data, RFC 7578) with the photo as its file, whose
fields may say what headers say. The token says of which camera it is; everything else is checked as
for a device's PUT.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.request import PhotoBody, Request
from function_app.http.responses import Response
from function_app.ingest.intake import Upload, check_size
from function_app.ingest.multipart import FormError, Part, is_form, read_parts, text_of
from function_app.ingest.upload import store
from function_app.media.inspection import begins_like_a_photo
from function_app.problems import HTTPProblemError
from function_app.services import Services
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
    parse_headers,
)
from photo_wire.media import Media

FIELDS = {"camera": CAMERA_ID, "captured_at": CAPTURED_AT, "trigger": TRIGGER}  # of a form
PHOTO_OR_FORM = PhotoBody(form_fields=FIELDS)
_OF_THE_PHOTO = (PHOTO_ID, CAMERA_ID, CAPTURED_AT, TRIGGER, CLOCK, WAITING)
_ROOM_FOR_A_FORM = 64 * 1024  # bytes, around the photo


def post_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    most = services.settings.max_photo_bytes
    body = request.body
    check_size(len(body), most + _ROOM_FOR_A_FORM)
    said, photo = parse_headers(request.headers), body
    if is_form(said.content_type or "", body):
        _check_digest(body, said)
        said, photo = _of_form(body, request.headers)
    check_size(len(photo), most)
    upload = Upload(photo, _of_camera(said, caller), uses_exif_time=True)
    return store(upload, services, datetime.now(UTC))


def _of_camera(said: PhotoHeaders, caller: Caller) -> PhotoHeaders:
    """With the camera that the token is for. Raises HTTPProblemError (403) for another one."""
    camera = said.name.camera if said.name else said.camera
    if camera is not None:
        if not caller.may_see(camera):
            raise HTTPProblemError(403, f"{caller.name} may not bring photos of {camera}.")
        return said
    if caller.cameras is None or len(caller.cameras) != 1:
        return said
    return replace(said, camera=next(iter(caller.cameras)))


def _check_digest(form: bytes, said: PhotoHeaders) -> None:
    """A digest is that of the whole form, as RFC 9530 has it."""
    if said.sha256 not in (None, hashlib.sha256(form).hexdigest()):
        raise HTTPProblemError(
            422, "The form does not match its Content-Digest, so it was damaged: send it again."
        )


def _of_form(body: bytes, headers: Mapping[str, str]) -> tuple[PhotoHeaders, bytes]:
    """The photo in a form, and what its fields and the request's headers say of it. Raises
    HTTPProblemError (400), and WireError, also where a field says something else than a header."""
    try:
        parts = read_parts(headers.get(CONTENT_TYPE, ""), body)
    except FormError as error:
        raise HTTPProblemError(400, f"The form cannot be read: {error}.") from None
    photo = _photo(parts)
    beside = len(body) - len(photo.body)
    if beside > _ROOM_FOR_A_FORM:
        most = f"up to {_ROOM_FOR_A_FORM} are read"
        raise HTTPProblemError(400, f"The form has {beside} bytes beside the photo, and {most}.")
    fields = {part.name: text_of(part.body).strip() for part in parts if part is not photo}
    said = {word: headers[word] for word in _OF_THE_PHOTO if headers.get(word) is not None}
    from_fields: dict[str, str] = {}  # the fields by the headers whose place they take
    for field, header in FIELDS.items():
        value = fields.get(field)
        if not value:
            continue
        if said.get(header, value) != value:
            raise WireError(header, f"is not what the form's field {field} says")
        if header not in said:
            said[header], from_fields[header] = value, field
    kind = photo.content_type if Media.of_content_type(photo.content_type) else ""
    try:
        return parse_headers({**said, CONTENT_TYPE: kind}), photo.body
    except WireError as error:
        if named := from_fields.get(error.field):
            raise WireError(f"the form's field {named}", error.problem) from None
        raise


def _photo(parts: list[Part]) -> Part:
    """The part that is the photo: cameras send an XML beside it, and scripts forget its name.
    Raises HTTPProblemError (400) if there is none, or several."""
    pictures = [part for part in parts if begins_like_a_photo(part.body)]
    pictures = pictures or [part for part in parts if part.is_file]
    if len(pictures) == 1:
        return pictures[0]
    if pictures:
        raise HTTPProblemError(
            400, f"The form has {len(pictures)} files: send one photo at a time."
        )
    held = ", ".join(quoted(str(part)) for part in parts)
    raise HTTPProblemError(
        400, f"The form has no file, and it needs the photo as one: it has {held}."
    )
