"""States are read back as they were written, by name or all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.auth.device_rows import CameraBinding
from function_app.days.sources import read_sources
from function_app.days.update import begin
from function_app.devices import states
from function_app.devices.api import read_devices
from function_app.devices.heartbeats import record
from function_app.devices.silence import overdue_at
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage.device_keys import CAMERAS, NEW_ALERTS, STATES
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import Entity
from photo_wire.alert import DISK, Alert
from photo_wire.heartbeat import MAX_CAMERAS
from photo_wire.name import new_name
from tests.support.devices import Device, heartbeat
from tests.support.many_cameras import Requests
from tests.support.samples import photo_of

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
    """As the rows of cameras say when the counting timer runs; those that have sent a heartbeat
    have what it named. If nothing has changed, nothing is written."""
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

    assert kept() == {"a-pi": (set(), False), "b-pi": (set(), False), "c-pi": ({"gate"}, False)}
    for camera in ("yard", "drive"):
        assert bindings.claim(Device("a-pi", services).caller(), camera, NOW)
        assert not bindings.claim(Device("b-pi", services).caller(), camera, NOW)
    both = {"yard", "drive"}
    assert kept() == {"a-pi": (both, False), "b-pi": (set(), True), "c-pi": ({"gate"}, False)}
    bindings.hand_over("b-pi", ["yard"], is_approved=True)
    assert kept() == {
        "a-pi": ({"drive"}, False),
        "b-pi": ({"yard"}, True),
        "c-pi": ({"gate"}, False),
    }
    bindings.hand_over("b-pi", ["drive"], is_approved=False)
    bindings.forget("yard")
    assert kept() == {"a-pi": ({"drive"}, False), "b-pi": (set(), False), "c-pi": ({"gate"}, False)}
    record(services, Device("a-pi", services, count(9)).caller(), heartbeat("drive"), NOW)
    assert kept()["a-pi"] == ({"drive"}, False)


def test_more_cameras_than_a_column_takes_are_kept_in_part(services: Services) -> None:
    """A key may claim any number of them, with long names; the timer goes on."""
    for name in ("a-pi", "b-pi"):
        Device(name, services).introduce(NOW)
    names = [f"{number:032}" for number in range(1100)]
    binding = CameraBinding("a-pi", wanted_by="b-pi").to_properties()
    for start in range(0, len(names), 100):
        some = names[start : start + 100]
        services.devices.upsert_all(CAMERAS, dict.fromkeys(some, binding))
    begin(services, NOW)
    kept = states.kept_devices(states.read_rows(services.devices))
    assert kept["a-pi"].cameras == frozenset(names[:MAX_CAMERAS])
    assert kept["b-pi"].needs_decision


def test_a_row_that_cannot_be_written_stops_no_other(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor the counting. The next run writes it."""
    bindings, replace_row = services.device_keys.bindings, services.devices.replace
    for name in ("a-pi", "b-pi", "c-pi"):
        Device(name, services).introduce(NOW)
        assert bindings.claim(Device(name, services).caller(), f"{name}-camera", NOW)
    services.index.add(photo_of("gate", NOW), NOW)

    def fail(partition: str, row: Entity, properties: Any) -> bool:
        if row.key == "a-pi":
            raise StorageUnavailableError("it answered 400 EntityTooLarge")
        return replace_row(partition, row, properties)

    def kept() -> dict[str, set[str]]:
        found = states.kept_devices(states.read_rows(services.devices))
        return {name: {*one.cameras} for name, one in found.items()}

    with monkeypatch.context() as patch:
        patch.setattr(services.devices, "replace", fail)
        update_figures(services, NOW)
    assert kept() == {"a-pi": set(), "b-pi": {"b-pi-camera"}, "c-pi": {"c-pi-camera"}}
    assert services.figures.read().keys() == {"gate"}
    assert "the device a-pi has or wants is not kept: it answered 400 EntityTooLarge" in caplog.text
    update_figures(services, NOW)
    assert kept()["a-pi"] == {"a-pi-camera"}


def test_a_device_whose_heartbeat_cannot_be_read_keeps_its_cameras(services: Services) -> None:
    """Those that it named."""
    record(services, Device("a-pi", services).introduce(NOW).caller(), heartbeat("gate"), NOW)
    row = services.devices.get(STATES, "a-pi")
    assert row
    services.devices.replace(STATES, row, {**row.properties, states.HEARTBEAT: "{"})
    update_figures(services, NOW)
    limited = Caller("vera", frozenset({Scope.READ}), cameras=frozenset({"gate"}))
    for as_kept in (True, False):
        (shown,) = read_devices(services, limited, NOW, as_kept=as_kept)
        assert [one["camera"] for one in shown["cameras"]] == ["gate"]
