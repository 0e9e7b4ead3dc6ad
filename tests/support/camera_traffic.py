"""What a camera sends: photos and reports of losses."""

import json
from datetime import UTC, datetime

import azure.functions as func

from function_app.alerts.api import post_alerts
from function_app.auth.caller import DEVICE
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.alert import LOSS, Alert
from photo_wire.headers import PhotoHeaders
from photo_wire.moment import to_milliseconds
from tests.support.api import name_of
from tests.support.handlers import read_request
from tests.support.pictures import jpeg

NOW = to_milliseconds(datetime.now(UTC))


def log_nothing(action: str, target: str) -> None:
    """Record nothing in the audit log."""


def upload_from(services: Services, camera: str, now: datetime = NOW) -> int:
    """Upload a photo of this camera; return the status of the response."""
    upload = Upload(jpeg(), PhotoHeaders(name=name_of(camera)))
    try:
        return store(upload, services, DEVICE, now).status
    except HTTPProblemError as error:
        return error.problem.status


def report_losses_of(services: Services, *cameras: str) -> list[str]:
    """Report the loss of a photo of each camera; return the cameras whose report was recorded."""
    names = [name_of(camera, tag="0000dead") for camera in cameras]
    alerts = [Alert(name, LOSS, "no-room").to_properties() for name in names]
    body = json.dumps({"alerts": alerts}).encode()
    request = func.HttpRequest("POST", "http://x/api/alerts", headers={}, body=body)
    response = post_alerts(read_request("post_alerts", request), services, DEVICE)
    return [one.rpartition("-2026")[0] for one in json.loads(response.body)["recorded"]]
