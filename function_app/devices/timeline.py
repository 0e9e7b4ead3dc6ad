"""`GET /api/cameras/{camera}/timeline`: what a camera was doing, without a gap, to the minute."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from function_app.auth.caller import Caller
from function_app.devices.conditions import NEVER_HEARD_OF, Change, Label, State, label_in
from function_app.devices.intervals import MAX_CHANGES, TooManyChangesError, read_changes
from function_app.http.parameters import CAMERA_NAME, MOMENT, check_range, optional, required
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.interfaces import PhotoIndex
from function_app.storage.row_keys import View
from function_app.storage.table_store import PAGE_SIZE
from photo_wire.errors import WireError
from photo_wire.moment import format_time

MAX_RANGE = timedelta(days=31)
DEFAULT_RANGE = timedelta(days=1)
MAX_PAGES = 50  # of the names of a thousand photos
MINUTE = timedelta(minutes=1)
RECORDED = Label(State.RECORDED)

CAMERA = required("camera", CAMERA_NAME, "The camera's name.")
FROM = optional("from", MOMENT, "Begin with the minute of this moment; by default a day before.")
TO = optional("to", MOMENT, "End with the minute before this moment; by default now.")
PARAMETERS = (FROM, TO)


@dataclass(frozen=True, slots=True)
class Interval:
    """A camera's label from the beginning of a minute until that of another."""

    start: datetime
    end: datetime
    label: Label

    def describe(self) -> dict[str, str | None]:
        """Return the interval as the API's JSON."""
        return {
            "from": format_time(self.start),
            "to": format_time(self.end),
            "state": self.label.state,
            "reason": self.label.reason,
        }


def get_timeline(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the intervals of a camera, the oldest first. If a range has more photos than can be
    read, it ends earlier, and `next_from` says where the next one begins."""
    camera, now = request[CAMERA], datetime.now(UTC)
    start, end = _range(request[FROM], request[TO], now)
    if not caller.may_see(camera):
        raise _unknown(camera)
    device = services.device_keys.device_of(camera, now)
    if device is None and services.index.last_seen(camera) is None:
        raise _unknown(camera)
    try:
        changes = read_changes(services.devices, device, start, end) if device else []
    except TooManyChangesError:
        detail = f"The camera's state changed more than {MAX_CHANGES} times: use a shorter range."
        raise HTTPProblemError(422, detail) from None
    recorded, until = recorded_minutes(services.index, camera, start, end)
    shown = timeline(camera, changes, recorded, start, until)
    return json_response(
        {
            "camera": camera,
            "intervals": [one.describe() for one in shown],
            "next_from": format_time(until) if until < end else None,
        }
    )


def _range(
    first: datetime | None, last: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Return the whole minutes of a range, the one that is not over yet excluded. Raises WireError
    if it is too long."""
    check_range(first, last)
    end = min(last or now, now)
    start = first or end - DEFAULT_RANGE
    if (last or end) - start > MAX_RANGE:
        raise WireError("from", f"must not be more than {MAX_RANGE.days} days before 'to'")
    is_past = end < now and end != _minute(end)
    end = _minute(end) + (MINUTE if is_past else timedelta(0))
    end = min(end, _minute(now))
    return min(_minute(start), end), end


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _unknown(camera: str) -> HTTPProblemError:
    return HTTPProblemError(404, f"There is no camera {camera}.")


def recorded_minutes(
    index: PhotoIndex, camera: str, start: datetime, end: datetime
) -> tuple[set[datetime], datetime]:
    """Return the minutes in a range in which the camera took photos, and the end of the part of
    the range that was read: at most MAX_PAGES requests, of a thousand names each."""
    view = View(camera, since=start, until=end, oldest_first=True)
    minutes: set[datetime] = set()
    after = None
    for _ in range(MAX_PAGES):
        names = index.query_names(view, PAGE_SIZE, after)
        minutes |= {_minute(name.captured_at) for name in names}
        if len(names) < PAGE_SIZE:
            return minutes, end
        after = names[-1]
    return minutes, max(minutes) + MINUTE


def timeline(
    camera: str,
    changes: Iterable[Change],
    recorded: Collection[datetime],
    start: datetime,
    end: datetime,
) -> list[Interval]:
    """Return the intervals of a camera between two whole minutes. A minute in which it took a photo
    is recorded; any other has the label that held at its beginning. `changes` are in the order of
    time."""
    labels = _labels(camera, changes, recorded, start, end)
    intervals = []
    for label, of_label in groupby(labels, key=lambda one: one[1]):
        minutes = [minute for minute, _ in of_label]
        intervals.append(Interval(minutes[0], minutes[-1] + MINUTE, label))
    return intervals


def _labels(
    camera: str,
    changes: Iterable[Change],
    recorded: Collection[datetime],
    start: datetime,
    end: datetime,
) -> Iterator[tuple[datetime, Label]]:
    """Yield each minute with its label."""
    following = iter(changes)
    change, current = next(following, None), NEVER_HEARD_OF
    minute = start
    while minute < end:
        while change and change.at <= minute:
            current, change = label_in(change.labels, camera), next(following, None)
        yield minute, RECORDED if minute in recorded else current
        minute += MINUTE
