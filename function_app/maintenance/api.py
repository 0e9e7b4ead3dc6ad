"""Deletion on request: `DELETE /api/photos/{id}`, `POST /api/photos/delete` and `DELETE
/api/cameras/{name}`; and `/api/cleanup/run` and `/api/repair/run`, which do what the timers do."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial

from function_app.auth.caller import Caller
from function_app.http.authorization import unknown_camera, unknown_photo
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
    PHOTO,
    SOME_CAMERAS,
    choice,
    defaulting,
    json_number,
    optional,
    photo_names,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import LogDetails, Response, json_response
from function_app.maintenance import audited
from function_app.maintenance.deletion import (
    CameraDeletion,
    camera_exists,
    delete_camera_data,
)
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import MAX_REQUESTED, clean_up
from function_app.services import Services
from function_app.timer_watch import CLEANUP, REPAIR, record_run

FOR_GOOD = defaulting(
    "for_good",
    choice(("false", "true")),
    "false",
    "`true` leaves the trash out, and deletes what is in it.",
)
IDS = required("ids", photo_names(100, minimum=1))
DELETION = JSONBody("Ids", (IDS,))
CAMERA = required("name", CAMERA_NAME, "The name.")
DRY_RUN = defaulting("dry_run", BOOLEAN, False)
MAX_DELETED = defaulting("most", json_number(1, MAX_REQUESTED), MAX_REQUESTED)
CLEANUP_OPTIONS = JSONBody("Cleanup", (DRY_RUN, MAX_DELETED), is_required=False)


CAMERAS = optional("cameras", SOME_CAMERAS)
EVERYTHING = defaulting("everything", BOOLEAN, False)
REPAIR_OPTIONS = JSONBody("Repair", (CAMERAS, EVERYTHING), is_required=False)


def delete_photo(request: Request, services: Services, caller: Caller) -> Response:
    """204; the photo is in the trash, or deleted for good."""
    name = request[PHOTO]
    if not audited.delete(name, request, services, caller, _is_for_good(request)):
        raise unknown_photo(name)
    return Response(204, log_details=LogDetails((name,)))


def delete_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos were deleted, and which do not exist."""
    deleted, unknown = [], []
    for name in request[IDS]:
        if audited.delete(name, request, services, caller, _is_for_good(request)):
            deleted.append(name)
        else:
            unknown.append(str(name))
    response = json_response({"deleted": [str(name) for name in deleted], "unknown": unknown})
    return replace(response, log_details=LogDetails(tuple(deleted)))


def delete_camera(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos and alerts were deleted, and whether there are more."""
    return json_response(asdict(remove_camera(request[CAMERA], request, services, caller)))


def remove_camera(
    camera: str, request: Request, services: Services, caller: Caller
) -> CameraDeletion:
    """Record in the audit log that a camera is removed, and delete everything of it, or a part if
    that takes long. Raises HTTPProblemError (404) if nothing of it is stored."""
    if not camera_exists(camera, services):
        raise unknown_camera(camera)
    services.audit_log.record(request.headers, caller.actor, "removed a camera", camera)
    log = partial(services.audit_log.record, request.headers, caller.actor)
    return delete_camera_data(camera, services, datetime.now(UTC), log)


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


def _is_for_good(request: Request) -> bool:
    return request[FOR_GOOD] == "true"
