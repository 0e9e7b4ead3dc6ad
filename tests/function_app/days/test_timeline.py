"""The timeline has no gap and no overlap, to the minute, and nothing of the future."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.days import sources
from function_app.days import timeline as module
from function_app.days.timeline import MINUTE, read_known
from function_app.devices.conditions import Change
from function_app.devices.intervals import TooManyChangesError
from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Settings
from photo_wire.moment import format_time
from tests.support.devices import bind
from tests.support.handlers import call
from tests.support.memory_store import memory_services
from tests.support.samples import photo_of
from tests.support.silent_devices import START, Fleet, at


def test_a_device_is_quiet_up_to_its_last_heartbeat(services: Services) -> None:
    """It is quiet up to the last heartbeat; later it is unknown, then silent since then; or quiet
    all the time, if they go on. Nobody knows what it did while one was missed. After a goodbye
    there is nothing to wait for."""
    fleet = Fleet(services)
    for device in ("dies", "stays", "ends"):
        bind(services, device, device)
        fleet.beat(device, 0)
        fleet.beat(device, 5)
    fleet.beat("ends", 6, goodbye="shutdown")
    query = {"from": format_time(at(1)), "to": format_time(at(20))}

    def shown(device: str) -> list[tuple[str, str | None, str]]:
        found = intervals(get(services, None, device, **query))
        return [(one["state"], one["reason"], one["to"]) for one in found]

    end = format_time(at(20))
    waiting = [("quiet", None, format_time(at(5))), ("unknown", "no-heartbeat-yet", end)]
    assert shown("dies") == shown("stays") == waiting
    assert shown("ends") == [("quiet", None, format_time(at(6))), ("silent", "shutdown", end)]
    fleet.beat("stays", 10)
    fleet.beat("stays", 19)
    fleet.run(-1, 20)
    assert shown("stays") == [
        ("quiet", None, format_time(at(10))),
        ("unknown", "heartbeat-missed", format_time(at(19))),
        waiting[1],
    ]
    assert shown("dies") == [waiting[0], ("silent", None, end)]


def test_the_minutes_of_photos(services: Services) -> None:
    """Of a camera's own, from the first minute of a range to the last."""
    for minutes in (-0.01, 0, 0.5, 3.99, 4):
        for camera in ("gate", "gate-2"):
            photo = photo_of(camera, at(minutes + 10 * (camera != "gate")))
            services.index.add(photo, START)
    known, until = read_known(services, "gate", None, (at(0), at(4)))
    assert [one.minute - known.first for one in known.photos] == [0, 3]
    assert until == at(4)


def test_more_photos_than_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    services = memory_services(Settings(""))
    monkeypatch.setattr(sources, "PAGE_SIZE", 2)
    monkeypatch.setattr(module, "MAX_PAGES", 2)
    for minutes in (0, 1, 1.5, 5, 6):
        services.index.add(photo_of("gate", at(minutes)), START)
    known, until = read_known(services, "gate", None, (at(0), at(9)))
    assert [one.minute - known.first for one in known.photos] == [0, 1, 5]
    assert until == at(6)
    assert known.end - known.first == 6
    assert read_known(services, "gate", None, (at(6), at(9)))[1] == at(9)


def get(services: Services, cameras: frozenset[str] | None, camera: str, **query: str) -> Response:
    """Return the response for somebody who may see these cameras."""
    now = datetime.now(UTC)
    name = f"reader-{now.timestamp():.6f}"
    secret = tokens.create(
        services.accounts, name, tokens.Grant(frozenset({Scope.READ}), cameras), now
    )
    request = func.HttpRequest(
        "GET",
        f"/api/cameras/{camera}/timeline",
        headers={"authorization": f"Bearer {secret}"},
        params=query,
        route_params={"camera": camera},
        body=b"",
    )
    return call("get_timeline", request, services)


def intervals(response: Response) -> list[dict[str, Any]]:
    assert response.status == 200
    found: list[dict[str, Any]] = json.loads(response.body)["intervals"]
    return found


def test_the_route(services: Services) -> None:
    """Of a camera whose device has reported; the minute that is not over is left out."""
    fleet = Fleet(services, {"pi": ("gate", "yard")})
    bind(services, "gate", "pi")
    fleet.beat("pi", 2.5)
    fleet.beat("pi", 5.5)
    fleet.beat("pi", 8)
    photo = replace(photo_of("gate", at(4.2)), received_at=at(4.3))
    services.index.add(photo, START)
    query = {"from": format_time(at(0.5)), "to": format_time(at(6.2))}
    response = get(services, frozenset({"gate"}), "gate", **query)
    assert intervals(response) == [
        {
            "from": format_time(at(one)),
            "to": format_time(at(other)),
            "state": state,
            "reason": None,
            "details": details,
        }
        for one, other, state, details in (
            (0, 3, "unknown", {}),
            (3, 4, "quiet", {}),
            (4, 5, "recorded", {"photos": 1}),
            (5, 7, "quiet", {}),
        )
    ]
    assert json.loads(response.body)["next_from"] is None
    now = datetime.now(UTC)
    last = intervals(get(services, None, "gate", to=format_time(now + timedelta(days=3))))[-1]
    assert (
        now - MINUTE
        < datetime.fromisoformat(last["to"].replace("Z", "+00:00"))
        <= datetime.now(UTC)
    )
    future = {"from": format_time(now + timedelta(hours=1))}
    assert intervals(get(services, None, "gate", **future)) == []


def test_the_default_is_a_day() -> None:
    services = memory_services(Settings(""))
    services.index.add(photo_of("gate"), START)
    (only,) = intervals(get(services, None, "gate"))
    first, last = (
        datetime.fromisoformat(only[one].replace("Z", "+00:00")) for one in ("from", "to")
    )
    assert last - first == timedelta(days=1)
    assert only["state"] == "unknown"  # of an old device, which sends no heartbeats


@pytest.mark.parametrize("camera", ["gate", "nowhere"])
def test_a_hidden_camera_is_as_one_that_does_not_exist(camera: str) -> None:
    services = memory_services(Settings(""))
    services.index.add(photo_of("gate"), START)
    response = get(services, frozenset({"yard"}), camera)
    assert (response.status, json.loads(response.body)["detail"]) == (
        404,
        f"There is no camera {camera}.",
    )


@pytest.mark.parametrize(("minutes", "status"), [(31 * 1440, 200), (31 * 1440 + 1, 400), (-1, 400)])
def test_a_range_has_31_days_at_most(minutes: int, status: int) -> None:
    services = memory_services(Settings(""))
    services.index.add(photo_of("gate"), START)
    query = {"from": format_time(at(-minutes)), "to": format_time(START)}
    assert get(services, None, "gate", **query).status == status


def test_too_many_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_changes(*_: Any) -> list[Change]:
        raise TooManyChangesError

    services = memory_services(Settings(""))
    bind(services, "gate", "pi")
    monkeypatch.setattr(module, "changes_in", read_changes)
    assert get(services, None, "gate").status == 422
