"""`GET /api/cameras`, `/api/days`, `/api/stats`, `/api/status`: how many, how much, how lately."""

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
    "Leave out what would have to be counted.",
)
FIRST_DAY = optional("from", DAY, "From this day on.")
LAST_DAY = optional("to", DAY, "Up to this day.")
DAYS = defaulting("days", whole_number(1, MAX_DAYS), DEFAULT_DAYS, "How many days back.")
CAMERAS_PARAMETERS = (COUNTS,)
DAYS_PARAMETERS = (CAMERA, FIRST_DAY, LAST_DAY)
STATS_PARAMETERS = (CAMERA, DAYS)
NO_PHOTOS = PhotoCounts({})
_THREADS = 16
Found = TypeVar("Found")


def list_cameras(request: Request, services: Services, caller: Caller) -> Response:
    """200 with every camera: what came from it, when the last photo did, and which is the last of
    those that are there. Counting asks for each camera of which something came since the last
    count; `counts=none` leaves that out: counts, first day and last photo are null."""
    cameras = services.index.cameras()
    counted = {} if request[COUNTS] else _tallies(services, caller, None, cameras)

    def describe(camera: str, seen: LastSeen) -> dict[str, object]:
        tally = counted.get(camera)
        return {
            "camera": camera,
            "first_day": str(min(tally.days)) if tally and tally.days else None,
            "last_seen": format_time(seen.listed_at),
            "last_photo": _id(last_photo(seen, tally, services)) if tally else None,
            "waiting": seen.waiting,
            "photos": tally.total.photos if tally else None,
            "bytes": tally.total.size if tally else None,
        }

    visible = [one for one in sorted(cameras.items()) if caller.may_see(one[0])]
    with ThreadPoolExecutor(_THREADS) as pool:  # the last photo may cost a request
        found = pool.map(lambda one: describe(*one), visible)
        return json_response({"cameras": list(found)})


def list_days(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the number of photos on each day (UTC) that has some, for a calendar."""
    first, last = request[FIRST_DAY], request[LAST_DAY]
    check_range(first, last)
    days: Counter[date] = Counter()
    for tally in _tallies(services, caller, request[CAMERA]).values():
        days.update({day: count.photos for day, count in tally.days.items()})
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
    """200 with what ever came, what of it is there, and what was lost, by camera and day."""
    days = _days_back(request[DAYS])
    seen = services.index.cameras()
    found = _tallies(services, caller, request[CAMERA], seen)
    lost = _losses(services, caller, request[CAMERA])
    cameras = [
        {
            "camera": camera,
            "received": found.get(camera, NO_PHOTOS).received,
            "photos": found.get(camera, NO_PHOTOS).total.photos,
            "bytes": found.get(camera, NO_PHOTOS).total.size,
            "last_seen": format_time(seen[camera].listed_at) if camera in seen else None,
            "waiting": seen[camera].waiting if camera in seen else None,
            "days": _by_day(days, found.get(camera, NO_PHOTOS), lost.get(camera, Counter())),
        }
        for camera in sorted({*found, *lost})
    ]
    total = sum((tally.total for tally in found.values()), Count())
    return json_response(
        {
            "since": str(days[0]),
            "received": sum(tally.received for tally in found.values()),
            "photos": total.photos,
            "bytes": total.size,
            "losses": _losses_of(days, lost),
            "waiting": sum(seen[one].waiting or 0 for one in found if one in seen),
            "cameras": cameras,
        }
    )


def get_status(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how it is now: the version, what is stored, the newest photo, yesterday's losses,
    and when the cleanup and the repair last ran to their end. Nothing is written for it."""
    seen = services.index.cameras()
    found = _tallies(services, caller, None, seen, save=False)
    lately = [seen[camera] for camera in found if camera in seen]
    lately.sort(key=lambda one: one.listed_at, reverse=True)
    last = (last_photo(one, found[one.last.camera], services) for one in lately)
    total = sum((tally.total for tally in found.values()), Count())
    lost = _losses(services, caller, None, save=False)
    kept = services.settings.retention.default
    runs = last_runs(services.people)
    return json_response(
        {
            "version": __version__,
            "cameras": len({*found, *lost}),
            "photos": total.photos,
            "bytes": total.size,
            "last_photo": _id(next(filter(None, last), None)),
            "last_seen": format_time(lately[0].listed_at) if lately else None,
            "losses_since_yesterday": _losses_of(_days_back(2), lost),
            "retention_days": kept.days if kept else None,
            "last_cleanup": _time(runs[CLEANUP]),
            "last_repair": _time(runs[REPAIR]),
        }
    )


def last_photo(seen: LastSeen, tally: PhotoCounts, services: Services) -> PhotoName | None:
    """The last that came of a camera's photos; if that may have been deleted, the newest that is
    there, by one request; None if there is none."""
    if not tally.total.photos:
        return None
    if arrival_position(seen.last, seen.listed_at) > tally.deleted_up_to:
        return seen.last
    newest = services.index.query(View(seen.last.camera), 1)
    return newest[0].name if newest else None


def _time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def _id(name: PhotoName | None) -> str | None:
    return str(name) if name else None


def _tallies(
    services: Services,
    caller: Caller,
    camera: str | None,
    seen: Mapping[str, LastSeen] | None = None,
    save: bool = True,
) -> dict[str, PhotoCounts]:
    return _shown(services.index.count_photos(datetime.now(UTC), save, seen), caller, camera)


def _losses(
    services: Services, caller: Caller, camera: str | None, save: bool = True
) -> dict[str, Counter[date]]:
    return _shown(services.loss_counts.count(datetime.now(UTC), save), caller, camera)


def _shown(found: Mapping[str, Found], caller: Caller, camera: str | None) -> dict[str, Found]:
    """What was found of the camera that is asked for, or of all, for who may see them."""
    return {
        one: what for one, what in found.items() if caller.may_see(one) and camera in (None, one)
    }


def _days_back(count: int) -> list[date]:
    """The last so many days (UTC), today's included. What a device with a wild clock dates behind
    them is on none of them."""
    today = datetime.now(UTC).date()
    return [today - timedelta(days=back) for back in reversed(range(count))]


def _by_day(days: list[date], tally: PhotoCounts, lost: Counter[date]) -> list[dict[str, object]]:
    """What came, is there and was lost of a camera, on those of these days that have some."""
    return [
        {
            "day": str(day),
            "received": tally.received_on(day),
            "photos": tally.days.get(day, Count()).photos,
            "bytes": tally.days.get(day, Count()).size,
            "losses": lost[day],
        }
        for day in days
        if tally.received_on(day) or day in lost
    ]


def _losses_of(days: list[date], lost: Mapping[str, Counter[date]]) -> int:
    """How many photos were lost on these days."""
    return sum(one[day] for one in lost.values() for day in days)
