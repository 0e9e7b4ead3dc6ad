"""`DELETE /api/photos/{id}`, `POST /api/photos/delete`, `/api/cleanup/run`, `/api/repair/run`, and
the timers that do the last two by themselves."""

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import azure.functions as func

from function_app.auth.caller import Caller, parse_cameras
from function_app.auth.purge import purge_links, purge_sign_ins
from function_app.http import json_schema
from function_app.http.authorization import find_photo
from function_app.http.parameters import (
    BOOLEAN,
    PHOTO,
    Kind,
    defaulting,
    json_number,
    optional,
    photo_names,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import Repair, reconcile
from function_app.maintenance.retention import MAX_AT_ONCE, Cleanup, clean_up
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.timer_watch import CLEANUP, REPAIR, record_run
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds

IDS = required("ids", photo_names(100, minimum=1))
DELETION = JSONBody("Ids", (IDS,))
DRY_RUN = defaulting("dry_run", BOOLEAN, False)
MOST = defaulting("most", json_number(1, MAX_AT_ONCE), MAX_AT_ONCE)
CLEANUP_OPTIONS = JSONBody("Cleanup", (DRY_RUN, MOST), is_required=False)


def _parse_cameras(value: object, name: str) -> frozenset[str] | None:
    cameras = parse_cameras(value)
    if cameras is not None and not cameras:
        raise WireError(name, "is empty: name some, or leave it out for all")
    return cameras


CAMERAS = optional(
    "cameras",
    Kind(
        json_schema.array(json_schema.CAMERA, minItems=1),
        "a list of cameras' names",
        _parse_cameras,
    ),
)
EVERYTHING = defaulting("everything", BOOLEAN, False)
REPAIR_OPTIONS = JSONBody("Repair", (CAMERAS, EVERYTHING), is_required=False)
# NCRONTAB with seconds, UTC. By the hour, since one run a day could not keep up with a thousand
# cameras (docs/decisions/0015-retention-by-turns.md).
EVERY_HOUR = "0 17 * * * *"
EVERY_SUNDAY = "0 43 4 * * 0"
# Of the repair on Sunday: the plan (Flex Consumption) ends a timer's call after 30 minutes, and the
# camera that is in hand then is mended to its end.
WEEKLY_SECONDS = 1500.0

log = logging.getLogger(__name__)


def delete_photo(request: Request, services: Services, caller: Caller) -> Response:
    """204; the photo, its thumbnail and its rows are gone."""
    photo = find_photo(request[PHOTO], services, caller)
    _delete(photo, request, services, caller)
    return Response(204, photos=(photo.name,))


def delete_photos(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos were deleted and which were not there."""
    deleted, unknown = [], []
    for name in request[IDS]:
        photo = services.index.get(name) if caller.may_see(name.camera) else None
        if photo is None:
            unknown.append(str(name))
            continue
        _delete(photo, request, services, caller)
        deleted.append(name)
    response = json_response({"deleted": [str(name) for name in deleted], "unknown": unknown})
    return replace(response, photos=tuple(deleted))


def run_cleanup(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos retention deleted, by camera; `{"dry_run": true}` only counts."""
    dry_run, now = request[DRY_RUN], datetime.now(UTC)
    done = clean_up(services, now, request[MOST], dry_run)
    if not dry_run:
        record_run(services.people, CLEANUP, now)
    if not dry_run and done.deleted:
        services.audit_log.record(
            request.headers, caller.actor, "cleaned up", str(sum(done.deleted.values()))
        )
    return json_response({"deleted": done.deleted, "more": done.more, "dry_run": dry_run})


def run_repair(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what was mended; `{"cameras": [...], "everything": true}` rebuilds their index."""
    cameras, everything = request[CAMERAS], request[EVERYTHING]
    done = reconcile(services, datetime.now(UTC), cameras, everything)
    if cameras is None:
        record_run(services.people, REPAIR, datetime.now(UTC))
    which = "all cameras" if cameras is None else " ".join(sorted(cameras))
    services.audit_log.record(
        request.headers, caller.actor, "rebuilt" if everything else "repaired", which
    )
    return json_response(asdict(done))


def register_timers(app: func.FunctionApp, services: Callable[[], Services]) -> None:
    """Give the app the functions that clean up every hour and repair every Sunday. What they do is
    idempotent, since timers come late, twice, or not at all; the routes do the same by hand."""

    def hourly_cleanup(timer: func.TimerRequest) -> None:
        stores, now = services(), datetime.now(UTC)
        tell(clean_up(stores, now))
        purged = purge_sign_ins(stores.people, stores.audit_log, now)
        expired = purge_links(stores.people, now)
        record_run(stores.people, CLEANUP, datetime.now(UTC))
        log.info("cleanup: %d rows of failed sign-ins, %d links that are over", purged, expired)
        stores.alerts.index_by_camera()

    def weekly_repair(timer: func.TimerRequest) -> None:
        stores = services()
        tell_repair(reconcile(stores, datetime.now(UTC), seconds=WEEKLY_SECONDS))
        record_run(stores.people, REPAIR, datetime.now(UTC))
        now = datetime.now(UTC)
        stores.index.count_photos(
            now
        )  # a status saves nothing, and would count from ever farther back
        stores.loss_counts.count(now)

    for schedule, work in ((EVERY_HOUR, hourly_cleanup), (EVERY_SUNDAY, weekly_repair)):
        timer = app.timer_trigger(schedule=schedule, arg_name="timer", use_monitor=True)
        app.function_name(work.__name__)(timer(work))


def tell(done: Cleanup) -> None:
    """Log what a run of the timer did, and whether it falls behind."""
    count = sum(done.deleted.values())
    log.info("cleanup: deleted %d photos of %d cameras", count, len(done.deleted))
    if done.behind is not None:
        log.warning(
            "cleanup: the time of a run was over, and photos are left that are due, the oldest for "
            "%.1f days; if that grows, also call POST /api/cleanup/run until it says no more",
            done.behind / timedelta(days=1),
        )


def tell_repair(done: Repair) -> None:
    """Log what a run of the timer mended, and which cameras it did not reach."""
    log.info("repair: %s", done)
    if done.left:
        log.warning(
            "repair: the time of a run was over before %d cameras were looked at, such as %s; call "
            "POST /api/repair/run with some of them as cameras, or wait for next week's chance",
            len(done.left),
            ", ".join(done.left[:10]),
        )


def _delete(photo: Photo, request: Request, services: Services, caller: Caller) -> None:
    """The log comes first: a crash leaves a photo that nobody deleted, not a deletion by nobody."""
    services.audit_log.record(request.headers, caller.actor, "deleted", str(photo.name))
    delete(photo, services, marked_at=to_milliseconds(datetime.now(UTC)))
