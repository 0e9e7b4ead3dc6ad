"""Why a photo came late."""

from datetime import datetime, timedelta

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.days.day_row import DayRow, Source, first_minute, header
from function_app.days.device_runs import DeviceRun
from function_app.days.lateness import NO_CONNECTION, why_late
from function_app.days.minutes import Facts, PhotoMinute
from function_app.devices.conditions import Condition, State
from function_app.settings import Settings
from function_app.storage.day_keys import DAYS, day_header_key, day_key
from photo_wire.name import new_name
from tests.support.counted_table import CountedTable
from tests.support.memory_store import memory_services
from tests.support.silent_devices import START, at

OWNER = Caller("owner", frozenset(Scope))
VIEWER = Caller("vera", frozenset({Scope.READ}), frozenset({"yard"}))


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (100, None),  # it was connected, and nothing is known
        (130, (NO_CONNECTION, 129, 400)),
        (399, (NO_CONNECTION, 129, 400)),
        (700, ("paused", 600, 800)),
        (799, ("paused", 600, 800)),
        (900, None),
        (1100, None),  # silent still
    ],
)
def test_the_reason_is_what_the_device_did(
    minute: int, expected: tuple[str, int, int] | None
) -> None:
    """In one request, and for nobody who may not see the camera."""
    table = CountedTable()
    services = memory_services(Settings(""), rows=table)
    day = START.date()
    first = first_minute(day)
    start = at(0).replace(hour=0, minute=0, second=0, microsecond=0)

    def moment(number: int) -> datetime:
        return start + timedelta(minutes=number)

    quiet = Condition(State.QUIET)
    runs = [
        DeviceRun(first, quiet),
        DeviceRun(first + 130, Condition(State.SILENT), moment(129), moment(400)),
        DeviceRun(first + 400, quiet),
        DeviceRun(first + 600, Condition(State.QUIET, "paused")),
        DeviceRun(first + 800, quiet),
        DeviceRun(first + 1000, Condition(State.SILENT), moment(1000), None),
    ]
    late = [
        PhotoMinute(first + one, Facts(late=1, came_first=first + 1300, came_last=first + 1300))
        for one in (130, 700)
    ]
    row = DayRow(Source(), runs, first + 1440, first + 1440, late).to_properties(day)
    services.figures.rows.upsert(DAYS, day_header_key(day), header(at(3000)))
    services.figures.rows.upsert(DAYS, day_key(day, "gate"), row)
    name = new_name("gate", moment(minute) + timedelta(seconds=30))
    table.requests.clear()
    found = why_late(services, OWNER, name, at(3000))
    assert table.requests == ["query_ranges"]
    assert (found and tuple(found)) == (
        expected and (expected[0], moment(expected[1]), moment(expected[2]))
    )
    assert why_late(services, VIEWER, name, at(3000)) is None
