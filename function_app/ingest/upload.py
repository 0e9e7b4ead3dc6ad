"""`PUT /api/camera/photo`: a photo comes in; `POST` there is told where to go."""

from datetime import UTC, datetime

import azure.functions as func

from function_app.alerts.taken_back import taking_back
from function_app.auth.caller import Caller
from function_app.backend import Backend
from function_app.cameras.quota import check_camera_is_allowed, note_cameras
from function_app.ingest.intake import (
    CAMERA_NAME,
    WEBSITE_ID,
    Upload,
    camera_of,
    check_size,
    receive,
)
from function_app.ingest.multipart import is_form
from function_app.problems import HTTPProblemError
from function_app.replies import Reply
from photo_wire.headers import CONTENT_TYPE, parse_headers

_OTHER_WAY = (
    "phones, scripts and network cameras POST it, alone or in a form, to /api/photos with a token "
    "of the scope upload (Authorization: Bearer TOKEN)"
)


def put_photo(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    body = req.get_body()
    if is_form(req.headers.get(CONTENT_TYPE) or "", body):
        raise HTTPProblemError(415, f"A device PUTs the photo's bytes alone here; {_OTHER_WAY}.")
    check_size(len(body), backend.settings.max_photo_bytes)
    upload = Upload(
        body, parse_headers(req.headers), req.params.get(CAMERA_NAME), req.params.get(WEBSITE_ID)
    )
    return store(upload, backend, datetime.now(UTC))


def store(upload: Upload, backend: Backend, now: datetime) -> Reply:
    """Store and list a photo that arrived at `now`. Raises as `receive` does, and HTTPProblemError
    (429) if there are too many new cameras."""
    camera = camera_of(upload)
    check_camera_is_allowed(camera, backend, now)
    intake = receive(upload, backend.blobs, backend.index, now, taking_back(backend))
    note_cameras([camera], backend, now)
    backend.timer_watch.check(backend.people, backend.alerts, now)
    return Reply(
        201 if intake.is_new else 200,
        intake.receipt.to_json().encode(),
        photos=(intake.receipt.name,),
    )


def post_to_device_route(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """405: for everybody, since whoever posts here has most likely no function key."""
    raise HTTPProblemError(
        405, f"A device PUTs the photo's bytes here; {_OTHER_WAY}.", {"Allow": "PUT"}
    )
