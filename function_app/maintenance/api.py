"""Deletion on request: `DELETE /api/photos/{id}`, `POST /api/photos/delete` and `DELETE
/api/cameras/{name}`; and `/api/cleanup/run` and `/api/repair/run`, which do what the timers do."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

from function_app.auth.caller import Caller, parse_cameras
from function_app.http import json_schema
from function_app.http.authorization import find_photo
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
    PHOTO,
    Kind,
    defaulting,
    json_number,
    optional,
    photo_names,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import LogDetails, Response, json_response
from function_app.maintenance.deletion import camera_exists, delete, delete_all_of
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import MAX_REQUESTED, clean_up
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.timer_watch import CLEANUP, REPAIR, record_run
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds

IDS = required("ids", photo_names(100, minimum=1))
DELETION = JSONBody("Ids", (IDS,))
CAMERA = required("name", CAMERA_NAME, "The name.")
DRY_RUN = defaulting("dry_run", BOOLEAN, False)
MAX_DELETED = defaulting("most", json_number(1, MAX_REQUESTED), MAX_REQUESTED)
CLEANUP_OPTIONS = JSONBody("Cleanup", (DRY_RUN, MAX_DELETED), is_required=False)


def _parse_cameras(value: object, name: str) -> frozenset[str] | None:
    cameras = parse_cameras(value)
    if cameras is not None and not cameras:
        raise WireError(name, "is empty: name some, or leave it out for all")
    return cameras


CAMERAS = optional(
    "cameras",
    Kind(
        json_schema.array(json_schema.CAMERA, minItems=1),
        "a list of camera names",
        _parse_cameras,
    ),
)
EVERYTHING = defaulting("everything", BOOLEAN, False)
REPAIR_OPTIONS = JSONBody("Repair", (CAMERAS, EVERYTHING), is_required=False)


def delete_photo(request: Request, services: Services, caller: Caller) -> Response:
    """204; the photo, its thumbnail and its rows are deleted."""
    photo = find_photo(request[PHOTO], services, caller)
    _delete(photo, request, services, caller)
    return Response(204, log_details=LogDetails((photo.name,)))


def delete_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos were deleted, and which do not exist."""
    deleted, unknown = [], []
    for name in request[IDS]:
        photo = services.index.get(name) if caller.may_see(name.camera) else None
        if photo is None:
            unknown.append(str(name))
            continue
        _delete(photo, request, services, caller)
        deleted.append(name)
    response = json_response({"deleted": [str(name) for name in deleted], "unknown": unknown})
    return replace(response, log_details=LogDetails(tuple(deleted)))


def delete_camera(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos and alerts were deleted, and whether there are more."""
    camera = request[CAMERA]
    if not camera_exists(camera, services):
        raise HTTPProblemError(404, f"There is no camera {camera}.")
    services.audit_log.record(request.headers, caller.actor, "removed a camera", camera)
    return json_response(asdict(delete_all_of(camera, services, datetime.now(UTC))))


def run_cleanup(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos retention deleted, by camera; `{"dry_run": true}` only counts."""
    dry_run, now = request[DRY_RUN], datetime.now(UTC)
    cleanup = clean_up(services, now, request[MAX_DELETED], dry_run)
    if not dry_run:
        record_run(services.accounts, CLEANUP, now)
    if not dry_run and cleanup.deleted:
        count = str(sum(cleanup.deleted.values()))
        services.audit_log.record(request.headers, caller.actor, "cleaned up", count)
    return json_response({"deleted": cleanup.deleted, "more": cleanup.more, "dry_run": dry_run})


def run_repair(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what was repaired; `{"cameras": [...], "everything": true}` rebuilds their index."""
    cameras, everything = request[CAMERAS], request[EVERYTHING]
    report = reconcile(services, datetime.now(UTC), cameras, everything)
    if cameras is None:
        record_run(services.accounts, REPAIR, datetime.now(UTC))
    action = "rebuilt" if everything else "repaired"
    target = "all cameras" if cameras is None else " ".join(sorted(cameras))
    services.audit_log.record(request.headers, caller.actor, action, target)
    return json_response(report.to_json())


def _delete(photo: Photo, request: Request, services: Services, caller: Caller) -> None:
    """Record the deletion, then delete. After a crash in between, the log has a deletion that was
    not made, instead of a deletion that is not on record."""
    services.audit_log.record(request.headers, caller.actor, "deleted", str(photo.name))
    delete(photo, services, deleted_at=to_milliseconds(datetime.now(UTC)))
