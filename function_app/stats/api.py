"""`GET /api/cameras`, `/api/days`, `/api/stats` and `/api/status`: how many photos there are, how
many bytes, and when the last ones arrived.

Nothing is counted here: the figures are those of the counting timer, as of its last run. Each
response takes at most three requests for a thousand cameras, unless the days of a year or more do
not fit into one reply of Azure (4 MiB); for one camera they read its rows alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

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
from function_app.http.responses import Response, json_response, json_with_list
from function_app.services import Services
from function_app.storage.figures import TOTALS, DayFigures, Figures, columns_of_days
from function_app.storage.models import LastSeen
from function_app.storage.photo_counts import Count
from function_app.timer_watch import CLEANUP, COUNT, REPAIR, last_runs
from photo_wire import __version__
from photo_wire.moment import format_time

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

# The JSON of DayFigures.
_DAY = '{"day": "%s", "photos": %d, "bytes": %d, "received": %d, "losses": %d, "stubs": %d}'


def list_cameras(request: Request, services: Services, caller: Caller) -> Response:
    """200 with every camera: its counts, when its last photo was indexed, and which is the last of
    those that existed at the last count. A camera that was not counted yet has no counts, first day
    and last photo (null), and none has any with `counts=none`, which saves two requests."""
    as_of, figures = None, {}
    if not request[COUNTS]:
        as_of = last_runs(services.accounts)[COUNT]
        figures = services.figures.read(caller.cameras, TOTALS)
    seen = services.index.cameras(caller.cameras)
    return json_response(
        {
            "as_of": _format(as_of),
            "cameras": [
                _describe(camera, seen[camera], figures.get(camera), as_of)
                for camera in sorted(seen)
            ],
        }
    )


def _describe(
    camera: str, seen: LastSeen, figures: Figures | None, as_of: datetime | None
) -> dict[str, object]:
    total = figures.total if figures else None
    return {
        "camera": camera,
        "first_day": figures.first_day if figures else None,
        "last_seen": format_time(seen.arrived_at),
        "last_photo": _last_photo(seen, figures, as_of),
        "waiting": seen.waiting,
        "photos": total.photos if total else None,
        "bytes": total.size if total else None,
        "stubs": total.stubs if total else None,
    }


def list_days(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the number of photos on each day (UTC) that has some, for a calendar."""
    first, last = request[FIRST_DAY], request[LAST_DAY]
    check_range(first, last)
    as_of = last_runs(services.accounts)[COUNT]
    today = datetime.now(UTC).date()
    columns = columns_of_days(first or date.min, last or date.max, today)
    days: Counter[str] = Counter()
    for figures in services.figures.read(caller.cameras_among(request[CAMERA]), columns).values():
        for day, photos, *_ in figures.days(str(first or date.min), str(last or date.max)):
            days[day] += photos
    return json_response(
        {
            "as_of": _format(as_of),
            "days": [
                {"day": day, "photos": photos} for day, photos in sorted(days.items()) if photos
            ],
        }
    )


def get_stats(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos were ever received, still exist, and were lost, by camera and day.
    A camera that was not counted yet has no numbers (null)."""
    first, today = _last_days(request[DAYS])
    selection = caller.cameras_among(request[CAMERA])
    as_of = last_runs(services.accounts)[COUNT]
    figures = services.figures.read(selection, columns_of_days(first, today, today))
    seen = services.index.cameras(selection)
    losses, cameras = 0, []
    is_counted = _is_counted(as_of, seen, figures)
    for camera in sorted({*seen, *figures}):
        days = figures[camera].days(str(first), str(today)) if camera in figures else []
        losses += _losses(days)
        cameras.append(_statistics(camera, seen.get(camera), figures.get(camera), days))
    total = _total(figures.values())
    received = sum(one.received for one in figures.values())
    statistics = {
        "as_of": _format(as_of),
        "since": str(first),
        "received": received if is_counted else None,
        "photos": total.photos if is_counted else None,
        "bytes": total.size if is_counted else None,
        "losses": losses if is_counted else None,
        "stubs": total.stubs if is_counted else None,
        "waiting": sum(one.waiting or 0 for one in seen.values()),
    }
    return Response(200, json_with_list(statistics, "cameras", cameras).encode())


def _statistics(
    camera: str, seen: LastSeen | None, figures: Figures | None, days: list[DayFigures]
) -> str:
    """Return the JSON of a camera's statistics. It is text at once, since a thousand cameras may
    have 30,000 days: as dictionaries these take four times as long."""
    total = figures.total if figures else None
    statistics = {
        "camera": camera,
        "received": figures.received if figures else None,
        "photos": total.photos if total else None,
        "bytes": total.size if total else None,
        "stubs": total.stubs if total else None,
        "last_seen": format_time(seen.arrived_at) if seen else None,
        "waiting": seen.waiting if seen else None,
    }
    return json_with_list(statistics, "days", [_DAY % of_day for of_day in days])


def get_status(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the current status: the version, what is stored, the newest photo, yesterday's
    losses, and when the cleanup and the repair last completed. What was not counted yet is null.
    Writes nothing."""
    yesterday, today = _last_days(2)
    runs = last_runs(services.accounts)
    figures = services.figures.read(caller.cameras, columns_of_days(yesterday, today, today))
    seen = services.index.cameras(caller.cameras)
    newest_first = sorted(seen.items(), key=lambda item: item[1].arrived_at, reverse=True)
    last_photos = (_last_photo(one, figures.get(name), runs[COUNT]) for name, one in newest_first)
    total = _total(figures.values())
    is_counted = _is_counted(runs[COUNT], seen, figures)
    losses = sum(_losses(one.days(str(yesterday), str(today))) for one in figures.values())
    retention = services.settings.retention.default
    return json_response(
        {
            "as_of": _format(runs[COUNT]),
            "version": __version__,
            "cameras": len({*seen, *figures}),
            "photos": total.photos if is_counted else None,
            "bytes": total.size if is_counted else None,
            "last_photo": next(filter(None, last_photos), None),
            "last_seen": format_time(newest_first[0][1].arrived_at) if newest_first else None,
            "losses_since_yesterday": losses if is_counted else None,
            "retention_days": retention.days if retention else None,
            "last_cleanup": _format(runs[CLEANUP]),
            "last_repair": _format(runs[REPAIR]),
        }
    )


def _is_counted(
    as_of: datetime | None, seen: Mapping[str, LastSeen], figures: Mapping[str, Figures]
) -> bool:
    """Return whether the sums of these figures mean anything: not before the first count, and not
    if there are cameras of which none was counted yet."""
    return as_of is not None and (bool(figures) or not seen)


def _last_photo(seen: LastSeen, figures: Figures | None, as_of: datetime | None) -> str | None:
    """Return the id of the camera's last photo: the one that was seen last if that was after the
    last count, else the last that existed then. It may have been deleted since."""
    if as_of and seen.last and seen.indexed_at > as_of:
        return str(seen.last)
    return figures.last_photo if figures else None


def _last_days(count: int) -> tuple[date, date]:
    """Return the first and the last of the last `count` days (UTC), today included. A photo that a
    device with a wrong clock dates earlier or later is on none of them."""
    today = datetime.now(UTC).date()
    return today - timedelta(days=count - 1), today


def _total(figures: Iterable[Figures]) -> Count:
    return sum((one.total for one in figures), Count())


def _losses(days: list[DayFigures]) -> int:
    """Return how many photos were lost on these days."""
    return sum(losses for *_, losses, _ in days)


def _format(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
