"""`GET /api/cameras/{camera}/timeline`: what a camera was doing, to the minute, as of now.

It follows the rules of the lanes (`lane.py`), but reads what the rows of days are derived from: the
changes of the device, and photos.
"""

from datetime import UTC, datetime, timedelta

from function_app.auth.caller import Caller, Scope
from function_app.days.day_row import KEPT, Source
from function_app.days.device_runs import device_runs
from function_app.days.lane import Known, intervals
from function_app.days.minutes import minute_of, photo_minutes
from function_app.days.sources import changes_in, moment_of, read_photos, source_of
from function_app.devices.intervals import MAX_CHANGES, TooManyChangesError
from function_app.http.authorization import check_camera_is_visible, unknown_camera
from function_app.http.parameters import CAMERA_NAME, MOMENT, check_range, optional, required
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.device_keys import STATES
from photo_wire.errors import WireError
from photo_wire.moment import format_time

MAX_RANGE = timedelta(days=31)
DEFAULT_RANGE = timedelta(days=1)
MAX_PAGES = 50  # of the times of a thousand photos
MINUTE = timedelta(minutes=1)

CAMERA = required("camera", CAMERA_NAME, "The camera's name.")
FROM = optional("from", MOMENT, "Begin with the minute of this moment; by default a day before.")
TO = optional("to", MOMENT, "End with the minute before this moment; by default now.")
PARAMETERS = (FROM, TO)


def get_timeline(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the intervals of a camera, the oldest first. If a range has more photos than can be
    read, it ends earlier, and `next_from` says where the next one begins."""
    camera, now = request[CAMERA], datetime.now(UTC)
    start, end = whole_minutes(request[FROM], request[TO], now, MAX_RANGE)
    check_camera_is_visible(camera, caller)
    device = services.device_keys.bindings.device_of(camera, now)
    if device is None and services.index.last_seen(camera) is None:
        raise unknown_camera(camera)
    try:
        known, until = read_known(services, camera, device, (start, end), caller.cameras is None)
    except TooManyChangesError:
        detail = f"The camera's state changed more than {MAX_CHANGES} times: use a shorter range."
        raise HTTPProblemError(422, detail) from None
    shown = intervals(
        [known],
        known.first,
        known.end,
        minute_of(now - KEPT),
        Scope.DELETE in caller.scopes,
    )
    return json_response(
        {
            "camera": camera,
            "intervals": [one.describe() for one in shown],
            "next_from": format_time(until) if until < end else None,
        }
    )


def whole_minutes(
    first: datetime | None, last: datetime | None, now: datetime, max_range: timedelta
) -> tuple[datetime, datetime]:
    """Return the whole minutes of a range, by default the last day, the one that is not over yet
    excluded. Raises WireError if it is longer than `max_range`."""
    check_range(first, last)
    end = min(last or now, now)
    start = first or end - DEFAULT_RANGE
    if (last or end) - start > max_range:
        raise WireError("from", f"must not be more than {max_range.days} days before 'to'")
    is_past = end < now and end != _minute(end)
    end = _minute(end) + (MINUTE if is_past else timedelta(0))
    end = min(end, _minute(now))
    return min(_minute(start), end), end


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def read_known(
    services: Services,
    camera: str,
    device: str | None,
    span: tuple[datetime, datetime],
    sees_all: bool = True,
) -> tuple[Known, datetime]:
    """Return what is known of a camera between two whole minutes, and the end of the part that was
    read: at most MAX_PAGES requests of a thousand photos each. Raises TooManyChangesError, and
    StorageUnavailableError.

    The device's row is read first: what arrived before its last heartbeat is found then. But a
    change that it does not have yet is later than what it says.
    """
    start, end = span
    row = services.devices.get(STATES, device) if device else None
    source = source_of(row) if row else Source()
    heard = moment_of(source.received_at)
    settled = moment_of(source.settled_until) or heard
    if source.is_shared and not sees_all:  # as DayRow.known
        settled = heard
    changes = changes_in(services.devices, device, start, end) if device else []
    photos, until = read_photos(services.index, camera, start, end, MAX_PAGES)
    states = services.index.query_states(camera, start, until)
    first, last = minute_of(start), minute_of(until)
    known = Known(
        first,
        last,
        device_runs(changes, camera, first, max(last, first + 1)),
        photo_minutes(photos, states),
        min(minute_of(settled), minute_of(heard)) if settled and heard else first,
        minute_of(heard) if heard else first,
        last,
    )
    return known, until
