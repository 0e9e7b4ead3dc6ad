"""The lanes that a caller gets, and what they cost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth import tokens
from function_app.auth.caller import Caller, Scope
from function_app.days.day_row import DayRow, Source, first_minute, header
from function_app.days.device_runs import DeviceRun
from function_app.days.lanes import lanes, lanes_if_few
from function_app.devices.conditions import Condition, State
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.day_keys import DAYS, day_header_key, day_key
from photo_wire.heartbeat import SpoolState
from photo_wire.moment import format_time
from tests.support.counted_table import CountedTable
from tests.support.devices import bind
from tests.support.handlers import call
from tests.support.memory_store import memory_services
from tests.support.silent_devices import START, Fleet, at

OWNER = Caller("owner", frozenset(Scope))
ONE = Caller("vera", frozenset({Scope.READ}), frozenset({"camera-0500"}))
READER = frozenset({Scope.READ})


def conditions(services: Services, caller: Caller, camera: str, minutes: float) -> list[str]:
    (found,) = lanes(services, caller, (at(0), at(minutes)), at(minutes), {camera})
    return [
        " ".join(filter(None, (one.condition.state, one.condition.reason)))
        for one in found.intervals
    ]


def fill(services: Services, cameras: int) -> None:
    """Write rows of so many cameras on two days, all quiet."""
    for day in (START.date(), START.date() + timedelta(days=1)):
        first = first_minute(day)
        quiet = DeviceRun(first, Condition(State.QUIET))
        row = DayRow(Source(), [quiet], first + 1440, first + 1440).to_properties(day)
        services.figures.rows.upsert(DAYS, day_header_key(day), header(at(3000)))
        for number in range(cameras):
            services.figures.rows.upsert(DAYS, day_key(day, f"camera-{number:04}"), row)


@pytest.mark.parametrize(("cameras", "requests"), [(3, 1), (499, 1), (1000, 3)])
def test_a_day_of_a_viewer_takes_a_request_for_each_thousand_rows(
    cameras: int, requests: int
) -> None:
    """Over midnight (UTC), also for who may see one camera."""
    table = CountedTable()
    services = memory_services(Settings(""), rows=table)
    fill(services, cameras)
    start, end, now = START, START + timedelta(days=1), at(3000)
    pages = -(-len(table.query(DAYS, 10_000)) // 1000)
    assert pages == requests
    table.requests.clear()
    found = lanes(services, OWNER, (start, end), now)
    assert table.requests == ["query"]  # one for each thousand rows
    assert len(found) == cameras
    for lane in found:
        (only,) = lane.intervals
        assert (only.start, only.end, only.condition) == (
            start,
            end,
            found[0].intervals[0].condition,
        )
    table.requests.clear()
    assert [one.camera for one in lanes(services, ONE, (start, end), now)] == (
        ["camera-0500"] if cameras > 500 else []
    )
    assert table.requests == ["query_ranges"]


@pytest.mark.parametrize("count", [1, 5, 6, 20])
def test_who_sees_some_of_many_cameras_gets_their_lanes(count: int) -> None:
    """As many as they may see, however many others there are. Up to five are read alone."""
    table = CountedTable()
    services = memory_services(Settings(""), rows=table)
    fill(services, 1000)
    cameras = [f"camera-{number:04}" for number in range(0, 40 * count, 40)]
    caller = Caller("vera", READER, frozenset(cameras))
    span, now = (START, START + timedelta(days=1)), at(3000)
    assert lanes_if_few(services, OWNER, span, now) is None
    table.requests.clear()
    found = lanes_if_few(services, caller, span, now)
    assert found is not None
    assert [one.camera for one in found] == cameras
    assert table.requests == ["query_ranges"]
    week = lanes(services, caller, (START, START + timedelta(days=7)), at(9 * 1440))
    assert [one.camera for one in week] == cameras


def test_a_hidden_camera_is_as_one_that_does_not_exist() -> None:
    services = memory_services(Settings(""))
    fill(services, 3)
    for camera in ("camera-0001", "nowhere"):
        assert lanes(services, ONE, (at(0), at(100)), at(3000), {camera}) == []
    assert conditions(services, OWNER, "nowhere", 100) == ["unknown"]


def test_who_sees_some_cameras_does_not_learn_that_photos_wait_on_a_device_of_several() -> None:
    """They may be of another camera. On a device with one camera everybody is."""
    services = memory_services(Settings(""))
    fleet = Fleet(services, {"pi": ("gate", "yard"), "alone": ("door",)})
    for camera, device in (("gate", "pi"), ("yard", "pi"), ("door", "alone")):
        bind(services, camera, device)
    waiting = SpoolState(waiting=1, oldest=at(2))
    for device in ("pi", "alone"):
        fleet.beat(device, 0)
        fleet.beat(device, 5, spool=waiting)
    update_figures(services, at(6))
    viewer = Caller("vera", READER, frozenset({"gate", "door"}))
    expected = ["quiet", "unknown photos-waiting", "unknown no-heartbeat-yet"]
    assert conditions(services, OWNER, "gate", 6) == expected
    assert conditions(services, viewer, "door", 6) == expected
    assert conditions(services, viewer, "gate", 6) == ["quiet", "unknown no-heartbeat-yet"]


def get(services: Services, cameras: frozenset[str] | None, **query: str) -> tuple[int, Any]:
    """Return the response for a token that may see these cameras."""
    now = datetime.now(UTC)
    grant = tokens.Grant(READER, cameras)
    secret = tokens.create(services.accounts, f"reader-{now.timestamp():.6f}", grant, now)
    headers = {"authorization": f"Bearer {secret}"}
    request = func.HttpRequest("GET", "/api/lanes", headers=headers, params=query, body=b"")
    response = call("get_lanes", request, services)
    return response.status, json.loads(response.body)


def test_the_route(services: Services) -> None:
    fleet = Fleet(services)
    for camera in ("gate", "yard"):
        bind(services, camera, camera)
        fleet.beat(camera, 0)
        fleet.beat(camera, 5)
    update_figures(services, at(6))
    query = {"from": format_time(at(0)), "to": format_time(at(4))}
    quiet: dict[str, Any] = {
        "from": format_time(at(0)),
        "to": format_time(at(4)),
        "state": "quiet",
        "reason": None,
        "details": {},
    }
    both = [{"camera": one, "intervals": [quiet]} for one in ("gate", "yard")]
    assert get(services, None, **query) == (200, {"as_of": format_time(at(6)), "lanes": both})
    assert get(services, frozenset({"yard"}), **query)[1]["lanes"] == both[1:]
    assert get(services, None, camera="gate", **query)[1]["lanes"] == both[:1]
    assert get(services, frozenset({"yard"}), camera="gate", **query)[1] == {
        "as_of": None,
        "lanes": [],
    }
    long = {"from": format_time(at(0)), "to": format_time(at(7 * 1440 + 1))}
    assert get(services, None, **long)[0] == 400
