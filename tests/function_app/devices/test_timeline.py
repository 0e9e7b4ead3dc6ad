"""The timeline has no gap and no overlap, to the minute, and nothing of the future."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.devices import timeline as module
from function_app.devices.conditions import Change, Label, State, label_of_all
from function_app.devices.intervals import TooManyChangesError
from function_app.devices.timeline import MINUTE, Interval, recorded_minutes, timeline
from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Settings
from photo_wire.moment import format_time
from tests.support.devices import bind
from tests.support.handlers import call
from tests.support.memory_store import memory_services
from tests.support.samples import photo_of
from tests.support.silent_devices import START, Fleet, at

QUIET, SILENT = Label(State.QUIET), Label(State.SILENT, "shutdown")


def test_a_minute_has_the_label_of_its_beginning() -> None:
    changes = [
        Change(at(1), label_of_all(QUIET)),
        Change(at(2.5), label_of_all(SILENT)),
        Change(at(2.9), label_of_all(QUIET)),
        Change(at(4.01), label_of_all(SILENT)),
    ]
    recorded = {at(3), at(6), at(7)}
    assert timeline("gate", changes, recorded, at(0), at(9)) == [
        Interval(at(0), at(1), Label(State.UNKNOWN)),
        Interval(at(1), at(3), QUIET),
        Interval(at(3), at(4), Label(State.RECORDED)),
        Interval(at(4), at(5), QUIET),
        Interval(at(5), at(6), SILENT),
        Interval(at(6), at(8), Label(State.RECORDED)),
        Interval(at(8), at(9), SILENT),
    ]
    assert timeline("gate", changes, recorded, at(3), at(3)) == []


def test_the_minutes_of_photos(services: Services) -> None:
    """By their names alone, a camera's own, from the first minute of a range to the last."""
    for minutes in (-0.01, 0, 0.5, 3.99, 4):
        for camera in ("gate", "gate-2"):
            photo = photo_of(camera, at(minutes + 10 * (camera != "gate")))
            services.index.add(photo, START)
    assert recorded_minutes(services.index, "gate", at(0), at(4)) == ({at(0), at(3)}, at(4))


def test_more_photos_than_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    services = memory_services(Settings(""))
    monkeypatch.setattr(module, "PAGE_SIZE", 2)
    monkeypatch.setattr(module, "MAX_PAGES", 2)
    for minutes in (0, 1, 1.5, 5, 6):
        services.index.add(photo_of("gate", at(minutes)), START)
    found = recorded_minutes(services.index, "gate", at(0), at(9))
    assert found == ({at(0), at(1), at(5)}, at(6))
    assert recorded_minutes(services.index, "gate", at(6), at(9)) == ({at(6)}, at(9))


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
    photo = photo_of("gate", at(4.2))
    services.index.add(photo, START)
    query = {"from": format_time(at(0.5)), "to": format_time(at(6.2))}
    response = get(services, frozenset({"gate"}), "gate", **query)
    assert intervals(response) == [
        {"from": format_time(at(one)), "to": format_time(at(other)), "state": state, "reason": None}
        for one, other, state in (
            (0, 3, "unknown"),
            (3, 4, "quiet"),
            (4, 5, "recorded"),
            (5, 7, "quiet"),
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
    monkeypatch.setattr(module, "read_changes", read_changes)
    assert get(services, None, "gate").status == 422
