"""`/live/{camera}`: the live pictures of a camera, by a script; without it the last photo."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from function_app.auth.caller import Caller, Scope
from function_app.devices import command_api
from function_app.devices.api import read_camera_status
from function_app.http.parameters import CAMERA_NAME, required
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.problems import no_such_page
from function_app.services import Services
from function_app.web.form_problems import FormError, problem_text, with_problem
from function_app.web.layout import render_page
from function_app.web.zones import describe_zones

CAMERA = required("camera", CAMERA_NAME)


def get_live_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page. Raises HTTPProblemError (404) for a camera that does not exist, or that
    the caller may not see."""
    return _page(request, services, caller)


def post_live_photo(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page of the camera's device, which says what becomes of it, once the device is
    asked for a photo; the page with the problem if it cannot be."""
    if Scope.CONTROL not in caller.scopes:
        raise no_such_page()
    values: dict[Any, Any] = {
        command_api.CAMERA: request[CAMERA],
        command_api.WAIT: 0,
        command_api.RETURN_FILE: False,
    }
    try:
        reply = command_api.post_capture(replace(request, values=values), services, caller)
    except FormError as error:
        return with_problem(_page(request, services, caller, problem_text(error, request)), error)
    return redirect(f"/devices/{json.loads(reply.body)['device']}#commands")


def _page(request: Request, services: Services, caller: Caller, problem: str = "") -> Response:
    camera = request[CAMERA]
    status = read_camera_status(camera, services, caller, datetime.now(UTC))
    values = {
        "camera": camera,
        "status": status,
        "seen": services.index.last_seen(camera),
        "outlines": describe_zones(status),
        "problem": problem,
    }
    return render_page("live.html", request, caller, values)
