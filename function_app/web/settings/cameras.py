"""`/settings/cameras`: which cameras there are, how long their photos are kept, and to remove one.
A viewer sees their own; owners remove them."""

from datetime import timedelta
from typing import NamedTuple

from function_app.auth.caller import Caller
from function_app.http import json_schema
from function_app.http.parameters import opaque, required
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.maintenance.api import remove_camera
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.figures import TOTALS
from function_app.storage.models import LastSeen
from function_app.storage.photo_counts import Count
from function_app.web.layout import render_page
from function_app.web.settings.forms import Form, owners_only, read_done, redirect_done
from photo_wire.errors import WireError
from photo_wire.name import check_camera

PATH = "/settings/cameras"
CAMERA = required("camera", opaque(json_schema.CAMERA), "A camera's name.")


class CameraLine(NamedTuple):
    """A camera: what was indexed of it last, its photos as of the last count (None before the first
    one), and how long they are kept (None: for ever)."""

    name: str
    seen: LastSeen
    total: Count | None
    kept: timedelta | None


def get_cameras_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the cameras that the caller may see. Three requests to the table, with that of the
    session."""
    values = {
        "cameras": _read(services, caller.cameras),
        "is_owner": caller.is_owner,
        "done": read_done(request, "cameras.done.", ("removed",), _is_camera),
    }
    return render_page("cameras.html", request, caller, values)


def get_camera_removal(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what it means to remove a camera, and whether it is to be removed."""
    owners_only(caller)
    return _question(request[CAMERA], 0, request, services, caller)


def post_camera_removal(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list; the camera and its photos are deleted. If that takes longer than a request
    may, the page says how far it is, and asks to go on."""
    owners_only(caller)
    camera, form = request[CAMERA], Form.read(request)
    if not _is_camera(camera):
        raise HTTPProblemError(404, "There is no such camera.")
    report = remove_camera(camera, request, services, caller)
    before = form.text("deleted")
    deleted = report.photos + (int(before[:9]) if before.isascii() and before.isdigit() else 0)
    if report.more:
        return _question(camera, deleted, request, services, caller)
    return redirect_done(PATH, request, "removed", camera, deleted)


def _question(
    camera: str, deleted: int, request: Request, services: Services, caller: Caller
) -> Response:
    """Return the page that asks, or that says how many photos are deleted so far."""
    found = _read(services, frozenset({camera})) if _is_camera(camera) else []
    if not found and not deleted:
        raise HTTPProblemError(404, "There is no such camera.")
    total = found[0].total if found else None
    values = {"camera": camera, "total": total, "deleted": deleted}
    return render_page("camera_removal.html", request, caller, values)


def _read(services: Services, cameras: frozenset[str] | None) -> list[CameraLine]:
    seen = services.index.cameras(cameras)
    figures = services.figures.read(cameras, TOTALS)
    return [
        CameraLine(
            name,
            seen[name],
            figures[name].total if name in figures else None,
            services.settings.retention.for_camera(name),
        )
        for name in sorted(seen)
    ]


def _is_camera(name: str) -> bool:
    try:
        return bool(check_camera(name, "camera"))
    except WireError:
        return False
