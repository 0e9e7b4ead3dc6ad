"""`DELETE /api/cameras/{name}`: an owner removes a camera."""

from dataclasses import asdict
from datetime import UTC, datetime

import azure.functions as func

from function_app.auth.audit_log import record
from function_app.auth.caller import Caller
from function_app.http.responses import Response, json_response
from function_app.maintenance.camera_removal import is_camera, remove_camera
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.name import check_camera


def delete_camera(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with how many photos and alerts were deleted, and whether there are more."""
    camera = check_camera(req.route_params["name"], "name")
    if not is_camera(camera, services):
        raise HTTPProblemError(404, f"There is no camera {camera}.")
    record(req.headers, services, caller.who, "removed a camera", camera)
    return json_response(asdict(remove_camera(camera, services, datetime.now(UTC))))
