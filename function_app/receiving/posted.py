"""`POST /api/photos`: another way in, for phones, scripts and cameras that can post a picture.

The body is the photo, or a form (multipart/form-data, RFC 7578) with the photo as its file. The
token says of which camera it is; everything else is checked as for a device's PUT.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import azure.functions as func

from function_app.backend import Backend
from function_app.people.caller import Caller
from function_app.receiving.intake import Upload, check_size, receive
from function_app.refused import RefusedError
from function_app.replies import Reply
from photo_wire.headers import (
    CAMERA_ID,
    CAPTURED_AT,
    CONTENT_TYPE,
    TRIGGER,
    PhotoHeaders,
    parse_headers,
)

FIELDS = {"camera": CAMERA_ID, "captured_at": CAPTURED_AT, "trigger": TRIGGER}  # of a form
_FORM = "multipart/form-data"
_ROOM_FOR_A_FORM = 64 * 1024  # bytes, around the photo
_MOST_PARTS = 20


def post_photo(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    most = backend.settings.max_photo_bytes
    body = req.get_body()
    check_size(len(body), most + _ROOM_FOR_A_FORM)
    said, photo = parse_headers(req.headers), body
    kind = req.headers.get(CONTENT_TYPE, "")
    if kind.partition(";")[0].strip().lower() == _FORM:
        said, photo = _of_form(body, kind)
    check_size(len(photo), most)
    intake = receive(
        Upload(photo, _of_camera(said, caller)), backend.blobs, backend.index, datetime.now(UTC)
    )
    return Reply(
        201 if intake.is_new else 200,
        intake.receipt.to_json().encode(),
        photos=(intake.receipt.name,),
    )


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


def _of_form(body: bytes, kind: str) -> tuple[PhotoHeaders, bytes]:
    """What a form says, and its one file. Raises RefusedError (400) if there is none, or several,
    and WireError."""
    from werkzeug.exceptions import HTTPException
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    mimetype, options = parse_options_header(kind)
    parser = FormDataParser(
        max_form_memory_size=_ROOM_FOR_A_FORM, max_form_parts=_MOST_PARTS, silent=False
    )
    try:
        _, fields, files = parser.parse(BytesIO(body), mimetype, len(body), options)
    except (ValueError, HTTPException):
        raise RefusedError(400, "The form cannot be read: send multipart/form-data.") from None
    parts = [part for parts in files.listvalues() for part in parts]
    if len(parts) != 1:
        raise RefusedError(400, f"The form has {len(parts)} files: send one photo at a time.")
    headers: Mapping[str, str] = {
        header: fields[field] for field, header in FIELDS.items() if fields.get(field)
    }
    return parse_headers({**headers, CONTENT_TYPE: parts[0].mimetype}), parts[0].read()
