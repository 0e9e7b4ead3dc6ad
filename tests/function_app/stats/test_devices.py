"""How devices are, and the hours of one of them."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.devices import history
from function_app.devices.states import DeviceState
from function_app.services import Services
from function_app.settings import Settings
from function_app.stats.devices import read_device_statistics
from photo_wire.heartbeat import Network, NetworkKind
from tests.support.devices import heartbeat, store_state
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
OWNER = Caller("owner", frozenset(Scope))
VIEWER = Caller("vera", frozenset({Scope.READ}), frozenset({"gate"}))


def add(services: Services, device: str, *cameras: str) -> None:
    """A device that has reported each hour for two days."""
    network = Network(NetworkKind.WIFI, -61.0)
    sent = heartbeat(*cameras, temperature=41.5, network=network)
    for hours in range(48):
        at = NOW - timedelta(hours=hours)
        state = DeviceState(device, sent, at, frozenset(cameras), None)
        history.write(services.devices, state)
    store_state(services, DeviceState(device, sent, NOW, frozenset(cameras), None))


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings(""))
    add(services, "a-pi", "gate", "yard")
    add(services, "b-pi", "gate")
    add(services, "c-pi", "hall")
    return services


def test_one_device_has_its_hours(services: Services) -> None:
    found = read_device_statistics(services, OWNER, None, 1, NOW)
    assert found
    assert [one["device"] for one in found.devices] == ["a-pi", "b-pi", "c-pi"]
    assert found.chosen == "a-pi"
    assert len(found.hours) == 25
    assert found.hours[-1].figures == {"temperature": 41.5, "signal": -61.0}
    chosen = read_device_statistics(services, OWNER, "c-pi", 7, NOW)
    assert chosen
    assert (chosen.chosen, len(chosen.hours)) == ("c-pi", 48)


def test_figures_are_for_who_sees_the_whole_device(services: Services) -> None:
    found = read_device_statistics(services, VIEWER, None, 7, NOW)
    assert found
    assert [(one["device"], one["is_whole"]) for one in found.devices] == [
        ("a-pi", False),
        ("b-pi", True),
    ]
    assert found.devices[0]["temperature"] is None
    assert found.chosen == "b-pi"
    part = read_device_statistics(services, VIEWER, "a-pi", 7, NOW)
    assert part
    assert part.hours == []


def test_a_hidden_device_is_as_one_that_does_not_exist(services: Services) -> None:
    assert read_device_statistics(services, VIEWER, "c-pi", 7, NOW) is None
    assert read_device_statistics(services, OWNER, "d-pi", 7, NOW) is None
    empty = read_device_statistics(memory_services(Settings("")), OWNER, None, 7, NOW)
    assert empty
    assert (empty.devices, empty.chosen, empty.hours) == ([], None, [])
