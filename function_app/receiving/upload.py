"""`PUT /api/camera/photo`: a photo comes in."""

from datetime import UTC, datetime

import azure.functions as func

from function_app.backend import Backend
from function_app.people.caller import Caller
from function_app.receiving.intake import CAMERA_NAME, WEBSITE_ID, Upload, check_size, receive
from function_app.replies import Reply
from photo_wire.headers import parse_headers


def put_photo(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """201 with the receipt of a photo stored now, 200 with that of one stored before."""
    body = req.get_body()
    check_size(len(body), backend.settings.max_photo_bytes)
    upload = Upload(
        body, parse_headers(req.headers), req.params.get(CAMERA_NAME), req.params.get(WEBSITE_ID)
    )
    intake = receive(upload, backend.blobs, backend.index, datetime.now(UTC))
    backend.timer_watch.check(backend.people, backend.alerts, datetime.now(UTC))
    return Reply(
        201 if intake.is_new else 200,
        intake.receipt.to_json().encode(),
        photos=(intake.receipt.name,),
    )
