"""`GET /api/cameras`, `/api/days`, `/api/stats` and `/api/status`: how many photos there are, how
many bytes, and when the last ones arrived."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from function_app.auth.caller import Caller
from function_app.http import json_schema
from function_app.http.parameters import (
    CAMERA,
    DAY,
    check_range,
    choice,
    defaulting,
    optional,
    whole_number,
)
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.services import Services
from function_app.storage.models import LastSeen
from function_app.storage.photo_counts import Count, PhotoCounts
from function_app.storage.row_keys import View, arrival_position
from function_app.timer_watch import CLEANUP, REPAIR, last_runs
from photo_wire import __version__
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

DEFAULT_DAYS, MAX_DAYS = 30, 366
COUNTS = optional(
    "counts",
    choice(("none",), json_schema.text(pattern="^none$")),
    "Leave out everything that has to be counted.",
)
FIRST_DAY = optional("from", DAY, "From this day on.")
LAST_DAY = optional("to", DAY, "Up to this day.")
DAYS = defaulting("days", whole_number(1, MAX_DAYS), DEFAULT_DAYS, "How many days back.")
CAMERAS_PARAMETERS = (COUNTS,)
DAYS_PARAMETERS = (CAMERA, FIRST_DAY, LAST_DAY)
STATS_PARAMETERS = (CAMERA, DAYS)
NO_PHOTOS = PhotoCounts({})
_THREADS = 16
Value = TypeVar("Value")


def list_cameras(request: Request, services: Services, caller: Caller) -> Response:
    """200 with every camera: its counts, when its last photo was indexed, and which is the last of
    those that still exist. Counting takes a request for each camera that sent something since the
    last count; `counts=none` leaves it out: then counts, first day and last photo are null."""
    cameras = services.index.cameras()
    counts_of = {} if request[COUNTS] else _photo_counts(services, caller, None, cameras)

    def describe(camera: str, seen: LastSeen) -> dict[str, object]:
        counts = counts_of.get(camera)
        return {
            "camera": camera,
            "first_day": str(min(counts.days)) if counts and counts.days else None,
            "last_seen": format_time(seen.indexed_at),
            "last_photo": _to_text(last_photo(seen, counts, services)) if counts else None,
            "waiting": seen.waiting,
            "photos": counts.total.photos if counts else None,
            "bytes": counts.total.size if counts else None,
        }

    visible = [item for item in sorted(cameras.items()) if caller.may_see(item[0])]
    with ThreadPoolExecutor(_THREADS) as pool:  # the last photo may take a request
        described = pool.map(lambda item: describe(*item), visible)
        return json_response({"cameras": list(described)})


def list_days(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the number of photos on each day (UTC) that has some, for a calendar."""
    first, last = request[FIRST_DAY], request[LAST_DAY]
    check_range(first, last)
    days: Counter[date] = Counter()
    for counts in _photo_counts(services, caller, request[CAMERA]).values():
        days.update({day: count.photos for day, count in counts.days.items()})
    return json_response(
        {
            "days": [
                {"day": str(day), "photos": photos}
                for day, photos in sorted(days.items())
                if (first is None or first <= day) and (last is None or day <= last)
            ]
        }
    )


def get_stats(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos were ever received, still exist, and were lost, by camera and
    day."""
    days = _last_days(request[DAYS])
    seen = services.index.cameras()
    counts_of = _photo_counts(services, caller, request[CAMERA], seen)
    losses_of = _losses(services, caller, request[CAMERA])
    cameras = [
        {
            "camera": camera,
            "received": counts_of.get(camera, NO_PHOTOS).received,
            "photos": counts_of.get(camera, NO_PHOTOS).total.photos,
            "bytes": counts_of.get(camera, NO_PHOTOS).total.size,
            "last_seen": format_time(seen[camera].indexed_at) if camera in seen else None,
            "waiting": seen[camera].waiting if camera in seen else None,
            "days": _by_day(
                days, counts_of.get(camera, NO_PHOTOS), losses_of.get(camera, Counter())
            ),
        }
        for camera in sorted({*counts_of, *losses_of})
    ]
    total = sum((counts.total for counts in counts_of.values()), Count())
    return json_response(
        {
            "since": str(days[0]),
            "received": sum(counts.received for counts in counts_of.values()),
            "photos": total.photos,
            "bytes": total.size,
            "losses": _losses_on(days, losses_of),
            "waiting": sum(seen[camera].waiting or 0 for camera in counts_of if camera in seen),
            "cameras": cameras,
        }
    )


def get_status(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the current status: the version, what is stored, the newest photo, yesterday's
    losses, and when the cleanup and the repair last completed. Writes nothing."""
    seen = services.index.cameras()
    counts_of = _photo_counts(services, caller, None, seen, save=False)
    newest_first = sorted(
        (seen[camera] for camera in counts_of if camera in seen),
        key=lambda one: one.indexed_at,
        reverse=True,
    )
    last_photos = (last_photo(one, counts_of[one.last.camera], services) for one in newest_first)
    total = sum((counts.total for counts in counts_of.values()), Count())
    losses_of = _losses(services, caller, None, save=False)
    retention = services.settings.retention.default
    runs = last_runs(services.accounts)
    return json_response(
        {
            "version": __version__,
            "cameras": len({*counts_of, *losses_of}),
            "photos": total.photos,
            "bytes": total.size,
            "last_photo": _to_text(next(filter(None, last_photos), None)),
            "last_seen": format_time(newest_first[0].indexed_at) if newest_first else None,
            "losses_since_yesterday": _losses_on(_last_days(2), losses_of),
            "retention_days": retention.days if retention else None,
            "last_cleanup": _format(runs[CLEANUP]),
            "last_repair": _format(runs[REPAIR]),
        }
    )


def last_photo(seen: LastSeen, counts: PhotoCounts, services: Services) -> PhotoName | None:
    """Return the camera's photo that was indexed last; None if it has none. If that one may have
    been deleted, look for the newest that exists, which takes a request."""
    if not counts.total.photos:
        return None
    if arrival_position(seen.last, seen.indexed_at) > counts.deleted_up_to:
        return seen.last
    newest = services.index.query(View(seen.last.camera), 1)
    return newest[0].name if newest else None


def _format(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def _to_text(name: PhotoName | None) -> str | None:
    return str(name) if name else None


def _photo_counts(
    services: Services,
    caller: Caller,
    camera: str | None,
    seen: Mapping[str, LastSeen] | None = None,
    save: bool = True,
) -> dict[str, PhotoCounts]:
    return _visible(services.index.count_photos(datetime.now(UTC), save, seen), caller, camera)


def _losses(
    services: Services, caller: Caller, camera: str | None, save: bool = True
) -> dict[str, Counter[date]]:
    return _visible(services.loss_counts.count(datetime.now(UTC), save), caller, camera)


def _visible(
    by_camera: Mapping[str, Value], caller: Caller, camera: str | None
) -> dict[str, Value]:
    """Return the values of the requested camera, or of all, that the caller may see."""
    return {
        name: value
        for name, value in by_camera.items()
        if caller.may_see(name) and camera in (None, name)
    }


def _last_days(count: int) -> list[date]:
    """Return the last `count` days (UTC), today included. A photo that a device with a wrong clock
    dates earlier or later is on none of them."""
    today = datetime.now(UTC).date()
    return [today - timedelta(days=back) for back in reversed(range(count))]


def _by_day(
    days: list[date], counts: PhotoCounts, losses: Counter[date]
) -> list[dict[str, object]]:
    """Return what was received, exists and was lost of a camera, for each of these days that has
    any of it."""
    return [
        {
            "day": str(day),
            "received": counts.received_on(day),
            "photos": counts.days.get(day, Count()).photos,
            "bytes": counts.days.get(day, Count()).size,
            "losses": losses[day],
        }
        for day in days
        if counts.received_on(day) or day in losses
    ]


def _losses_on(days: list[date], losses_of: Mapping[str, Counter[date]]) -> int:
    """Return how many photos were lost on these days."""
    return sum(losses[day] for losses in losses_of.values() for day in days)
