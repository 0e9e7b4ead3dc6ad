"""What cameras did between two moments: from the rows of days, or of one camera from what those are
derived from (`timeline.py`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from function_app.auth.caller import Caller, Scope
from function_app.days import day_row
from function_app.days.day_row import KEPT, DayRow, parse_day_row
from function_app.days.device_runs import DeviceRun
from function_app.days.lane import Known, Lane, intervals
from function_app.days.minutes import MINUTES_A_DAY, minute_of
from function_app.devices.conditions import NEVER_HEARD_OF
from function_app.services import Services
from function_app.storage.day_keys import (
    DAYS,
    day_and_camera,
    day_header_key,
    day_key,
    days_between,
)
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore, single_keys

MAX_ROWS = 1_000_000
_ONE_DAY = timedelta(days=1)


def lanes(
    services: Services,
    caller: Caller,
    span: tuple[datetime, datetime],
    now: datetime,
    cameras: Collection[str] | None = None,
) -> list[Lane]:
    """Return the lanes of the cameras that the caller may see, by name, or of these among them: of
    the minutes of the span that are over, from that of its first moment to that before its last.

    One request for each thousand rows: one for each camera and UTC day, and one for the day. So a
    viewer's day of 499 cameras takes one, that of a thousand three. To make 1,000 lanes of 100
    intervals each takes a second: show some at once. Raises StorageUnavailableError.
    """
    return lanes_if_few(services, caller, span, now, cameras, MAX_ROWS) or []


def lanes_if_few(
    services: Services,
    caller: Caller,
    span: tuple[datetime, datetime],
    now: datetime,
    cameras: Collection[str] | None = None,
    max_rows: int = PAGE_SIZE,
) -> list[Lane] | None:
    """Return the lanes as `lanes` does; None if they take `max_rows` rows or more, by default as
    many as a request answers: 499 cameras, and 998 if the viewer's day is that of UTC."""
    start, end = span
    first = minute_of(start)
    until = min(end, now)  # `end` may be the last moment that there is
    last = min(minute_of(until + timedelta(minutes=1, microseconds=-1)), minute_of(now))
    if last <= first:
        return []
    days = _days(start, until)
    wanted = _wanted(caller, cameras)
    if wanted is not None and not wanted:
        return []
    if (found := _read(services.figures.rows, days, wanted, max_rows)) is None:
        return None
    as_of, rows = _by_day(found)
    rows = {**{one: {} for one in wanted or ()}, **rows}
    return [
        Lane(
            name,
            intervals(
                [_known(day, rows[name].get(day), as_of, now, caller) for day in days],
                first,
                last,
                minute_of(now - KEPT),
                Scope.DELETE in caller.scopes,
            ),
            max(as_of.values(), default=None),
            sum(row.stubs_between(day, start, end) for day, row in rows[name].items()),
        )
        for name in sorted(rows)
        if rows[name] or cameras is not None
    ]


def _read(
    table: TableStore, days: Sequence[date], cameras: frozenset[str] | None, max_rows: int
) -> list[Entity] | None:
    """Return the rows of these cameras on these days, with the days' headers; None if they are
    `max_rows` or more."""
    if cameras is None:
        found = table.query(DAYS, max_rows, *days_between(days[0], days[-1]))
        return found if len(found) < max_rows else None
    if (len(cameras) + 1) * len(days) >= max_rows:
        return None
    keys = [day_header_key(day) for day in days]
    keys += [day_key(day, one) for day in days for one in cameras]
    return table.query_ranges(DAYS, single_keys(keys))


def _by_day(
    found: Iterable[Entity],
) -> tuple[dict[date, datetime], dict[str, dict[date, DayRow]]]:
    """Return what the headers say, as of when the rows of each day are, and the rows of each camera
    by day."""
    as_of: dict[date, datetime] = {}
    rows: dict[str, dict[date, DayRow]] = {}
    for one in found:
        day, camera = day_and_camera(one.key)
        if not camera:
            if moment := day_row.as_of(one.properties):
                as_of[day] = moment
        elif row := parse_day_row(one.properties, day):
            rows.setdefault(camera, {})[day] = row
    return as_of, rows


def _wanted(caller: Caller, cameras: Collection[str] | None) -> frozenset[str] | None:
    """Return the cameras that are asked for and may be seen; None for all."""
    if cameras is None:
        return caller.cameras
    return frozenset(filter(caller.may_see, cameras))


def _days(start: datetime, end: datetime) -> list[date]:
    """Return the days (UTC) of which a span has some minutes."""
    last_moment = max(start, end - timedelta(microseconds=1))
    first, last = start.astimezone(UTC).date(), last_moment.astimezone(UTC).date()
    return [first + number * _ONE_DAY for number in range((last - first).days + 1)]


def _known(
    day: date,
    row: DayRow | None,
    as_of: Mapping[date, datetime],
    now: datetime,
    caller: Caller,
) -> Known:
    """Return what is known of a camera on a day. If it has no row on a day that has a header, it
    did not exist. A row of an earlier day without a header was written later, as a whole."""
    first = day_row.first_minute(day)
    end = first + MINUTES_A_DAY
    moment = as_of.get(day)
    if row is None:
        until = min(minute_of(moment), end) if moment else first
        return Known(first, end, [DeviceRun(first, NEVER_HEARD_OF)], as_of=until)
    if moment is None:
        until = end if day < now.astimezone(UTC).date() else first
    else:
        until = min(minute_of(moment), end)
    return row.known(day, until, caller.cameras is None)
