"""`DELETE /api/cameras/{name}`: an owner removes a camera."""

from dataclasses import asdict
from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.parameters import CAMERA_NAME, required
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.maintenance.camera_removal import is_camera, remove_camera
from function_app.problems import HTTPProblemError
from function_app.services import Services

CAMERA = required("name", CAMERA_NAME, "The name.")


def delete_camera(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos and alerts were deleted, and whether there are more."""
    camera = request[CAMERA]
    if not is_camera(camera, services):
        raise HTTPProblemError(404, f"There is no camera {camera}.")
    services.audit_log.record(request.headers, caller.actor, "removed a camera", camera)
    return json_response(asdict(remove_camera(camera, services, datetime.now(UTC))))
