"""States are read back as they were written, by name or all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from function_app.days.sources import read_sources
from function_app.devices import states
from function_app.devices.heartbeats import record
from function_app.devices.silence import overdue_at
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage.device_keys import NEW_ALERTS, STATES
from function_app.storage.models import StoredAlert
from photo_wire.alert import DISK, Alert
from photo_wire.name import new_name
from tests.support.devices import Device, heartbeat
from tests.support.many_cameras import Requests

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


def test_some_devices_or_all_are_found(services: Services) -> None:
    for name in ("a-pi", "b-pi", "c-pi"):
        device = Device(name, services).introduce(NOW)
        record(services, device.caller(), heartbeat(f"{name}-camera"), NOW)
    services.devices.insert(STATES, "by-hand", {"heartbeat": "{}"})
    assert [one.device for one in states.find_all(services.devices)] == ["a-pi", "b-pi", "c-pi"]
    some = states.find_all(services.devices, frozenset({"c-pi-camera", "a-pi-camera", "none"}))
    assert [one.device for one in some] == ["a-pi", "c-pi"]
    assert states.find_all(services.devices, frozenset()) == []
    assert states.find(services.devices, "nobody") is None


def test_the_row_of_the_new_alerts_is_no_device(services: Services) -> None:
    Device("a-pi", services).introduce(NOW)
    name = new_name("a-camera", NOW, "00000000")
    services.alerts.add([StoredAlert(Alert(name, DISK, "full"), NOW)])
    assert states.find_all(services.devices) == []
    assert states.list_devices(services.devices) == ["a-pi"]
    rows = states.read_rows(services.devices, with_new_alerts=True)
    assert [row.key for row in rows] == ["a-pi", NEW_ALERTS]
    assert [row.key for row in states.read_rows(services.devices)] == ["a-pi"]


def test_a_device_is_silent_after_two_intervals_and_five_minutes() -> None:
    sent = heartbeat("gate", interval=900)
    overdue = overdue_at(sent, NOW)
    assert overdue == NOW + timedelta(minutes=35)
    state = states.DeviceState("gate-pi", sent, NOW, frozenset({"gate"}), overdue)
    assert not state.is_silent(NOW + timedelta(minutes=35))
    assert state.is_silent(NOW + timedelta(minutes=35, milliseconds=1))
    assert overdue_at(replace(sent, goodbye="shutdown"), NOW) is None


def test_an_hour_begins_with_its_first_heartbeat() -> None:
    sent = heartbeat("gate")
    state = states.DeviceState("gate-pi", sent, NOW, frozenset({"gate"}), None)
    assert states.is_first_in_hour(None, NOW)
    assert not states.is_first_in_hour(state, NOW + timedelta(minutes=29))
    assert states.is_first_in_hour(state, NOW + timedelta(minutes=30))
    assert states.is_first_in_hour(state, NOW + timedelta(days=1))


def test_which_cameras_devices_want_and_have_is_kept(services: Services) -> None:
    """As the rows of cameras say when the counting timer runs; of those that have sent no heartbeat
    which they have. If nothing has changed, nothing is written."""
    for name in ("a-pi", "b-pi"):
        Device(name, services).introduce(NOW)
    record(services, Device("c-pi", services).introduce(NOW).caller(), heartbeat("gate"), NOW)
    bindings = services.device_keys.bindings

    def kept() -> dict[str, tuple[set[str], bool]]:
        update_figures(services, NOW)
        update = Requests()
        sources = read_sources(update.of(services).devices)
        states.keep_bindings(update.of(services).devices, sources.rows, sources.bindings)
        assert update.count == 2
        found = states.kept_devices(states.read_rows(services.devices))
        return {name: ({*one.cameras}, one.needs_decision) for name, one in found.items()}

    assert kept() == {"a-pi": (set(), False), "b-pi": (set(), False), "c-pi": (set(), False)}
    for camera in ("yard", "drive"):
        assert bindings.claim(Device("a-pi", services).caller(), camera, NOW)
        assert not bindings.claim(Device("b-pi", services).caller(), camera, NOW)
    both = {"yard", "drive"}
    assert kept() == {"a-pi": (both, False), "b-pi": (set(), True), "c-pi": (set(), False)}
    bindings.hand_over("b-pi", ["yard"], is_approved=True)
    assert kept() == {"a-pi": ({"drive"}, False), "b-pi": ({"yard"}, True), "c-pi": (set(), False)}
    bindings.hand_over("b-pi", ["drive"], is_approved=False)
    bindings.forget("yard")
    assert kept() == {"a-pi": ({"drive"}, False), "b-pi": (set(), False), "c-pi": (set(), False)}
    record(services, Device("a-pi", services, count(9)).caller(), heartbeat("drive"), NOW)
    assert kept()["a-pi"] == (set(), False)
