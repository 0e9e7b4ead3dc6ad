"""A device that falls silent is alerted once, and once more when it is back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.devices.backend_runs import read_runs
from function_app.devices.silence_alerts import device_names
from function_app.devices.watch import watch_devices
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.device_keys import STATES
from photo_wire.alert import BACK, SILENT
from photo_wire.heartbeat import SpoolState
from tests.support.counted_table import CountedTable
from tests.support.handlers import call
from tests.support.interruptions import at_call, until_done
from tests.support.memory_store import memory_services
from tests.support.silent_devices import START, Fleet, at


@pytest.fixture
def fleet(services: Services) -> Fleet:
    """Of a backend that has been awake for an hour."""
    fleet = Fleet(services)
    fleet.run(-60)
    fleet.run(-56)
    fleet.run(-52, -1)
    return fleet


@pytest.fixture
def memory() -> Fleet:
    fleet = Fleet(memory_services(Settings("")))
    fleet.run(-60, -1)
    return fleet


def test_a_device_that_dies_is_alerted_once(fleet: Fleet) -> None:
    """After two intervals and five minutes; and once when it is back."""
    fleet.beat("gate", 0)
    fleet.run(0, 14)
    assert fleet.alerts() == []
    fleet.run(15, 25)
    (alert,) = fleet.alerts()
    assert (alert.kind, alert.name.camera) == (SILENT, "gate")
    assert alert.name.captured_at == START
    assert alert.reason == "the device gate has sent no report since 2026-11-20 12:00 UTC"
    assert alert.details == {"devices": "gate", "since": "2026-11-20T12:00:00.000Z"}
    fleet.beat("gate", 85.5, spool=SpoolState(waiting=12))
    fleet.run(86, 99)
    silent, back = fleet.alerts()
    assert silent == alert
    assert (back.kind, back.name.captured_at) == (BACK, at(85.5))
    assert back.reason == "the device gate is back after 1 h 25 min; 12 photos wait"
    assert back.details == {
        "devices": "gate",
        "since": "2026-11-20T12:00:00.000Z",
        "minutes": 85,
        "waiting": 12,
    }
    own = fleet.own_alerts("gate")[1]
    assert own.reason == "the device gate is back after 1 h 25 min"
    assert "waiting" not in own.details


@pytest.mark.parametrize(("interval", "minutes"), [(60, 7), (300, 15), (900, 35), (3600, 125)])
def test_the_bound_is_two_intervals_and_five_minutes(
    memory: Fleet, interval: int, minutes: int
) -> None:
    memory.beat("gate", 0, interval=interval)
    memory.run(1, minutes - 1)
    assert memory.alerts() == []
    memory.run(minutes)
    assert len(memory.alerts()) == 1


def test_the_next_silence_is_another_alert(memory: Fleet) -> None:
    memory.beat("gate", 0)
    memory.run(1, 20)
    memory.beat("gate", 20)
    memory.run(21, 60)
    assert [alert.kind for alert in memory.alerts()] == [SILENT, BACK, SILENT]


def test_a_silence_that_no_timer_found_is_not_alerted(memory: Fleet) -> None:
    memory.beat("gate", 0)
    memory.run(1, 14)
    memory.beat("gate", 15.5)
    memory.run(16, 20)
    assert memory.alerts() == []


def test_a_goodbye_is_no_alarm(memory: Fleet) -> None:
    """And no return either."""
    memory.beat("gate", 0, goodbye="shutdown")
    memory.run(1, 120)
    memory.beat("gate", 121)
    memory.run(121, 125)
    assert memory.alerts() == []


@pytest.mark.parametrize(("interval", "minutes"), [(60, 10), (300, 15)])
def test_a_restart_has_ten_minutes(memory: Fleet, interval: int, minutes: int) -> None:
    """Or the bound, if that is longer."""
    memory.beat("gate", 0, interval=interval, goodbye="restart")
    memory.run(1, minutes - 1)
    assert memory.alerts() == []
    memory.run(minutes)
    (alert,) = memory.alerts()
    assert alert.reason.endswith("12:00 UTC after it said that it restarts")


def test_devices_of_a_site_are_one_alert(fleet: Fleet) -> None:
    """Those that fall silent within ten minutes, also when they are back; each camera's own list
    has its device alone."""
    for device, minutes in (("a", 0.0), ("b", 4.0), ("c", 9.9), ("d", 10.1)):
        fleet.beat(device, minutes, site="Hof")
    fleet.beat("elsewhere", 0, site="Park")
    fleet.run(1, 40)
    names = [device_names(alert.details) for alert in fleet.alerts(SILENT)]
    assert sorted(names) == [["a", "b", "c"], ["d"], ["elsewhere"]]
    (first,) = (one for one in fleet.alerts(SILENT) if "a" in device_names(one.details))
    assert first.reason == "3 devices have sent no report since 2026-11-20 12:00 UTC: a, b, c"
    for device in "abcd":
        (own,) = fleet.own_alerts(device)
        assert own.reason.startswith(f"the device {device} has sent no report since")
        assert device_names(own.details) == [device]
    for device, minutes, waiting in (("a", 50.0, 3), ("c", 51.0, 4), ("b", 59.0, None)):
        fleet.beat(device, minutes, site="Hof", spool=SpoolState(waiting))
        fleet.run(minutes + 1)
    (back,) = fleet.alerts(BACK)
    assert back.reason == "3 devices are back after up to 55 min; 7 photos wait: a, c, b"
    assert back.details["waiting"] == 7


def test_devices_without_a_site_are_of_one(memory: Fleet) -> None:
    for device in "ab":
        memory.beat(device, 0)
    memory.run(1, 20)
    assert [device_names(alert.details) for alert in memory.alerts()] == [["a", "b"]]


def test_a_site_of_many_devices_is_one_alert(memory: Fleet) -> None:
    """Its text is cut; the details have their names."""
    names = [f"device-with-a-long-name-{number:04d}" for number in range(120)]
    for name in names:
        memory.beat(name, 0)
    memory.run(1, 17)
    (alert,) = memory.alerts()
    assert alert.reason.startswith("120 devices have sent no report since")
    assert alert.reason.endswith(f"{names[5]} and 114 others")
    assert device_names(alert.details) == names


def test_no_alarm_after_the_backend_was_down(memory: Fleet) -> None:
    """No heartbeat could be stored: each device has its whole bound once the timer runs again."""
    memory.beat("alive", 0)
    memory.beat("dead", 0)
    memory.run(0, 5)  # and then not for three hours
    memory.run(185)
    memory.beat("alive", 185.5)
    memory.run(186, 199)
    assert memory.alerts() == []
    memory.beat("alive", 195)
    memory.run(200, 201)
    (alert,) = memory.alerts()
    assert device_names(alert.details) == ["dead"]
    assert alert.name.captured_at == START


def test_some_missed_runs_are_no_outage(memory: Fleet) -> None:
    memory.beat("gate", 0)
    memory.run(1, 12)
    memory.run(16)
    assert len(memory.alerts()) == 1


def test_a_new_backend_waits_for_a_bound() -> None:
    """As after an upgrade from a version without heartbeats."""
    fleet = Fleet(memory_services(Settings("")))
    fleet.beat("gate", 0)
    fleet.run(20, 35)
    assert fleet.alerts() == []
    fleet.run(36)
    assert len(fleet.alerts()) == 1


def test_runs_at_once_report_once(fleet: Fleet) -> None:
    """Whatever call of one run another whole run comes before."""
    for device, minutes in (("a", 0.0), ("b", 0.5)):
        fleet.beat(device, minutes)
    fleet.run(1, 14)
    moment = at(16) + timedelta(seconds=1)

    def another() -> None:
        watch_devices(fleet.services, moment + timedelta(seconds=1))

    for number in range(12):
        watch_devices(at_call(number, fleet.services, another)[0], moment)
    for device in "ab":
        fleet.beat(device, 20)
    later = at(21)
    for number in range(12):
        watch_devices(
            at_call(number, fleet.services, lambda: watch_devices(fleet.services, later))[0], later
        )
    assert [alert.kind for alert in fleet.alerts()] == [SILENT, BACK]
    assert [len(device_names(alert.details)) for alert in fleet.alerts()] == [2, 2]


@pytest.mark.parametrize("number", range(14))
def test_two_runs_report_once_whatever_comes_between(number: int, memory: Fleet) -> None:
    for device, minutes in (("a", 0.0), ("b", 0.5), ("c", 1.0)):
        memory.beat(device, minutes)
    memory.run(1, 14)
    moment = at(15.75)

    def another() -> None:  # it sees one device more
        watch_devices(memory.services, at(16.5))

    watch_devices(at_call(number, memory.services, another)[0], moment)
    memory.run(17)
    assert [device_names(alert.details) for alert in memory.alerts()] == [["a", "b", "c"]]


@pytest.mark.parametrize("number", range(14))
def test_a_heartbeat_may_come_at_any_call(number: int, memory: Fleet) -> None:
    """Then the device is silent and back, or neither, but never only one of the two."""
    memory.beat("gate", 0)
    memory.run(1, 14)
    watch_devices(at_call(number, memory.services, lambda: memory.beat("gate", 15.5))[0], at(15.4))
    memory.beat("gate", 15.6)
    memory.run(16, 18)
    assert [alert.kind for alert in memory.alerts()] in ([], [SILENT, BACK])


def test_a_run_that_is_stopped_is_made_up_for(memory: Fleet) -> None:
    """After each of its changes."""
    for device in "ab":
        memory.beat(device, 0)
    memory.run(1, 14)
    moment = at(16)
    changes = until_done(lambda services: watch_devices(services, moment), memory.services)
    assert changes >= 5
    assert [device_names(alert.details) for alert in memory.alerts()] == [["a", "b"]]
    for device in "ab":
        assert len(memory.own_alerts(device)) == 1
        memory.beat(device, 20)
    until_done(lambda services: watch_devices(services, at(21)), memory.services)
    assert [device_names(alert.details) for alert in memory.alerts(BACK)] == [["a", "b"]]


def test_a_row_that_a_person_edited_stops_nothing(memory: Fleet) -> None:
    memory.services.devices.insert(STATES, "odd", {"overdue_at": "1", "silence": "{"})
    memory.beat("gate", 0)
    memory.run(1, 16)
    assert [device_names(alert.details) for alert in memory.alerts()] == [["gate"]]


def test_a_run_without_news_takes_three_requests() -> None:
    """Also while a device has been silent for long."""
    devices, accounts = CountedTable(), CountedTable()
    fleet = Fleet(memory_services(Settings(""), devices=devices, accounts=accounts))
    fleet.run(-60, -1)
    fleet.beat("gate", 0)
    fleet.run(0, 20)
    for minutes in (21, 22):
        devices.requests.clear()
        accounts.requests.clear()
        fleet.run(minutes)
        assert (devices.requests, accounts.requests) == (["query"], ["get", "upsert"])
    assert read_runs(fleet.services.accounts).last_run == at(22) + timedelta(seconds=1)


Show = Callable[[str, "frozenset[str] | None"], list[dict[str, Any]]]


@pytest.fixture
def show(fleet: Fleet) -> Show:
    def show(query: str, cameras: frozenset[str] | None) -> list[dict[str, Any]]:
        """Return the alerts that somebody with these cameras gets."""
        rows, name = fleet.services.accounts, "-".join(sorted(cameras or ["all"]))
        grant = tokens.Grant(frozenset({Scope.READ}), cameras)
        secret = tokens.create(rows, f"reader-{name}{len(query)}", grant, datetime.now(UTC))
        headers = {"authorization": f"Bearer {secret}"}
        params = dict(one.split("=") for one in query.split("&") if one)
        request = func.HttpRequest("GET", "/api/alerts", headers=headers, params=params, body=b"")
        body = json.loads(call("list_alerts", request, fleet.services).body)
        alerts: list[dict[str, Any]] = body["alerts"]
        return alerts

    return show


def test_nobody_learns_of_devices_that_they_may_not_see(fleet: Fleet, show: Show) -> None:
    fleet.cameras = {"pi-1": ("east", "west"), "pi-2": ("north",)}
    for minutes in (0, 17):
        for device in ("pi-1", "pi-2"):
            fleet.beat(device, minutes, site="Hof", spool=SpoolState(7))
        fleet.run(minutes + 1, minutes + 16)
    everything = show("", None)
    assert [device_names(one["details"]) for one in everything] == [["pi-1", "pi-2"]] * 3
    assert everything[1]["details"]["waiting"] == 14
    for camera, device, other in (("east", "pi-1", "pi-2"), ("north", "pi-2", "pi-1")):
        mine = show("", frozenset({camera}))
        assert [one["kind"] for one in mine] == [SILENT, BACK, SILENT]
        assert {one["camera"] for one in mine} == {camera}
        assert other not in json.dumps(mine)
        assert "waiting" not in json.dumps(mine)
        assert all(device_names(one["details"]) == [device] for one in mine)
        assert show(f"camera={camera}", None) == mine
    assert show("", frozenset({"west", "elsewhere"})) == []  # not the first camera of its device
    both = show("", frozenset({"east", "north"}))
    assert sorted(device_names(one["details"]) for one in both) == [["pi-1"]] * 3 + [["pi-2"]] * 3
