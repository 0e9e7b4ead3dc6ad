"""Why a photo came late, as far as it is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from function_app.auth.caller import Caller
from function_app.days.day_row import end_of_day, start_of_day
from function_app.days.lane import Lane
from function_app.days.lanes import lanes_if_few
from function_app.devices.conditions import State
from function_app.services import Services
from photo_wire.moment import parse_time
from photo_wire.name import PhotoName

NO_CONNECTION = "no-connection"
HELD_BACK = frozenset({"paused", "data-budget-spent"})  # the reasons why a device uploads nothing
_MINUTE = timedelta(minutes=1)


class Lateness(NamedTuple):
    """Why a photo came late: the device had no connection, or a reason for which it uploaded
    nothing; and from when to when that was so, as far as the photo's day (UTC) tells."""

    reason: str
    start: datetime
    end: datetime


def why_late(services: Services, caller: Caller, name: PhotoName, now: datetime) -> Lateness | None:
    """Return why a photo that came late did so; None if that is not known. One request: the lane of
    its camera on its day. Raises StorageUnavailableError."""
    day = name.captured_at.astimezone(UTC).date()
    span = start_of_day(day), end_of_day(day)
    found = lanes_if_few(services, caller, span, now, [name.camera])
    lane = next(iter(found or []), None)
    return next(_reasons(lane, name.captured_at), None) if lane else None


def _reasons(lane: Lane, at: datetime) -> Iterator[Lateness]:
    for one in lane.intervals:
        details = one.condition.details
        if one.condition.state is State.SILENT and details.get("from") and details.get("to"):
            start, end = (parse_time(str(details[name])) for name in ("from", "to"))
            if start <= at < end:  # it took the photo, so it was on
                yield Lateness(NO_CONNECTION, start, end)
    # Minutes in which it took photos split what it did otherwise.
    others = [
        one for one in lane.intervals if one.condition.state not in (State.LATE, State.RECORDED)
    ]
    for reason, spans in groupby(others, lambda one: one.condition.reason):
        found = list(spans)
        start, end = found[0].start, found[-1].end
        if reason in HELD_BACK and start - _MINUTE <= at < end + _MINUTE:
            yield Lateness(str(reason), start, end)
