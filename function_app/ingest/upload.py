"""`PUT /api/camera/photo`: a photo comes in; `POST` there is told where to go."""

from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.ingest.camera_quota import check_camera_is_allowed, note_cameras
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
from function_app.services import Services
from photo_wire.headers import CONTENT_TYPE, parse_headers

_OTHER_WAY = (
    "phones, scripts and network cameras POST it, alone or in a form, to /api/photos with a token "
    "of the scope upload (Authorization: Bearer TOKEN)"
)


def put_photo(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    body = request.body
    query = request.http.params  # of old clients, and so not in the API's description
    if is_form(request.headers.get(CONTENT_TYPE) or "", body):
        raise HTTPProblemError(415, f"A device PUTs the photo's bytes alone here; {_OTHER_WAY}.")
    check_size(len(body), services.settings.max_photo_bytes)
    upload = Upload(
        body, parse_headers(request.headers), query.get(CAMERA_NAME), query.get(WEBSITE_ID)
    )
    return store(upload, services, datetime.now(UTC))


def store(upload: Upload, services: Services, now: datetime) -> Response:
    """Store and list a photo that arrived at `now`. Raises as `receive` does, and HTTPProblemError
    (429) if there are too many new cameras."""
    camera = camera_of(upload)
    check_camera_is_allowed(camera, services, now)
    intake = receive(upload, services.blobs, services.index, now, services.loss_counts.take_back)
    note_cameras([camera], services, now)
    services.timer_watch.check(services.people, services.alerts, now)
    return Response(
        201 if intake.is_new else 200,
        intake.receipt.to_json().encode(),
        photos=(intake.receipt.name,),
    )


def post_to_device_route(request: Request, services: Services, caller: Caller) -> Response:
    """405: for everybody, since whoever posts here has most likely no function key."""
    raise HTTPProblemError(
        405, f"A device PUTs the photo's bytes here; {_OTHER_WAY}.", {"Allow": "PUT"}
    )
