"""`POST /api/photos`: another way in, for phones, scripts and cameras that can post a picture.

The body is the photo, or a form (multipart/form-data, RFC 7578) with the photo as its file, whose
fields may say what headers say. The token says of which camera it is; everything else is checked as
for a device's PUT.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import azure.functions as func

from function_app.backend import Backend
from function_app.people.caller import Caller
from function_app.receiving.intake import Upload, check_size
from function_app.receiving.upload import store
from function_app.refused import RefusedError
from function_app.replies import Reply
from photo_wire.errors import WireError
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

FIELDS = {"camera": CAMERA_ID, "captured_at": CAPTURED_AT, "trigger": TRIGGER}  # of a form
_OF_THE_PHOTO = (PHOTO_ID, CAMERA_ID, CAPTURED_AT, TRIGGER, CLOCK, WAITING)
_FORM = "multipart/form-data"
_ROOM_FOR_A_FORM = 64 * 1024  # bytes, around the photo
_PIECE = 16 * 1024  # bytes
_MOST_PARTS = 20


def post_photo(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    most = backend.settings.max_photo_bytes
    body = req.get_body()
    check_size(len(body), most + _ROOM_FOR_A_FORM)
    said, photo = parse_headers(req.headers), body
    if (said.content_type or "").partition(";")[0].strip().lower() == _FORM:
        _check_digest(body, said)
        said, photo = _of_form(body, req.headers)
    check_size(len(photo), most)
    return store(Upload(photo, _of_camera(said, caller)), backend, datetime.now(UTC))


def _of_camera(said: PhotoHeaders, caller: Caller) -> PhotoHeaders:
    """With the camera that the token is for. Raises RefusedError (403) for another one."""
    camera = said.name.camera if said.name else said.camera
    if camera is not None:
        if not caller.may_see(camera):
            raise RefusedError(403, f"{caller.name} may not bring photos of {camera}.")
        return said
    if caller.cameras is None or len(caller.cameras) != 1:
        return said
    return replace(said, camera=next(iter(caller.cameras)))


def _check_digest(form: bytes, said: PhotoHeaders) -> None:
    """A digest is that of the whole form, as RFC 9530 has it."""
    if said.sha256 not in (None, hashlib.sha256(form).hexdigest()):
        raise RefusedError(
            422, "The form does not match its Content-Digest, so it was damaged: send it again."
        )


def _of_form(body: bytes, headers: Mapping[str, str]) -> tuple[PhotoHeaders, bytes]:
    """The photo in a form, and what its fields and the request's headers say of it. Raises
    RefusedError (400), and WireError, also where a field says something else than a header."""
    fields, kind, photo = _read_form(body, headers.get(CONTENT_TYPE, ""))
    said = {word: headers[word] for word in _OF_THE_PHOTO if headers.get(word) is not None}
    for field, header in FIELDS.items():
        value = fields.get(field)
        if value and said.setdefault(header, value) != value:
            raise WireError(header, f"is not what the form's field {field} says")
    return parse_headers({**said, CONTENT_TYPE: kind}), photo


def _read_form(body: bytes, kind: str) -> tuple[Mapping[str, str], str, bytes]:
    """A form's fields, and its one file with its type. Raises RefusedError (400) if there is none,
    or several."""
    from werkzeug.exceptions import HTTPException
    from werkzeug.formparser import MultiPartParser
    from werkzeug.http import parse_options_header

    # The room is for the texts and headers of all parts, and for a piece of a file together with
    # what was held back of the piece before: pieces of 64 KiB, as they are by default, have none.
    parser = MultiPartParser(
        max_form_memory_size=_ROOM_FOR_A_FORM, buffer_size=_PIECE, max_form_parts=_MOST_PARTS
    )
    try:
        boundary = parse_options_header(kind)[1]["boundary"].encode("ascii")
        fields, files = parser.parse(BytesIO(body), boundary, len(body))
    except (KeyError, ValueError, HTTPException):
        raise RefusedError(400, "The form cannot be read: send multipart/form-data.") from None
    parts = [part for parts in files.listvalues() for part in parts]
    if len(parts) != 1:
        raise RefusedError(400, f"The form has {len(parts)} files: send one photo at a time.")
    return fields, parts[0].mimetype, parts[0].read()
