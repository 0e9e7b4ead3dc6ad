"""What is removed with a device, and with a camera."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.devices import states
from function_app.devices.heartbeats import record
from function_app.devices.removal import remove_camera, remove_device
from function_app.services import Services
from function_app.storage.command_rows import CommandRecord
from function_app.storage.device_keys import (
    CAMERAS,
    OLD_IDENTITIES,
    STATES,
    commands_of,
    history_of,
    intervals_of,
)
from function_app.storage.table_store import query_all
from photo_wire.command import Command, Kind
from tests.support.devices import Device, heartbeat

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


@pytest.fixture
def gate(services: Services) -> Device:
    """A device with a day of history and a command, beside another one."""
    devices = [Device(name, services).introduce(NOW) for name in ("gate-pi", "yard-pi")]
    for device in devices:
        for hours in range(24):
            sent = heartbeat(device.name.removesuffix("-pi"), f"{device.name}-2")
            record(services, device.caller(), sent, NOW + timedelta(hours=hours))
        services.devices.insert(intervals_of(device.name), "one", {"state": "silent"})
        wanted = Command("0" * 32, Kind.PHOTO, NOW + timedelta(hours=1))
        services.commands.ask(device.name, CommandRecord(wanted, "owner", NOW), NOW)
    return devices[0]


def rows_of(services: Services, device: str) -> int:
    partitions = (history_of(device), commands_of(device), intervals_of(device))
    rows = [row for one in partitions for row in query_all(services.devices, one)]
    own = [services.devices.get(one, device) for one in (OLD_IDENTITIES, STATES)]
    bindings = [
        row for row in query_all(services.devices, CAMERAS) if row.properties["device"] == device
    ]
    return len([*rows, *filter(None, own), *bindings])


def test_everything_of_a_device_is_removed(services: Services, gate: Device) -> None:
    """And nothing of another one; it may report again, with another key."""
    others = rows_of(services, "yard-pi")
    assert rows_of(services, gate.name) == others
    services.devices.insert(OLD_IDENTITIES, gate.name, {"key": "K"})  # of an earlier version
    for _ in range(2):
        remove_device(gate.name, services)
        assert rows_of(services, gate.name) == 0
        assert rows_of(services, "yard-pi") == others
    assert services.commands.read_blob(gate.name).content.open == ()
    later = NOW + timedelta(days=2)
    record(services, gate.introduce(later).caller(), heartbeat("gate"), later)
    assert states.find(services.devices, gate.name) is not None


def test_a_camera_is_removed_from_the_state_of_its_device(services: Services, gate: Device) -> None:
    before = services.devices.get(STATES, "gate-pi")
    for _ in range(2):
        remove_camera("gate", services)
        remove_camera("unheard-of", services)
        state = states.find(services.devices, "gate-pi")
        assert state is not None
        assert state.cameras == state.heartbeat.cameras.keys() == {"gate-pi-2"}
    after = services.devices.get(STATES, "gate-pi")
    assert before is not None
    assert after is not None
    assert before.properties[states.RECEIVED_AT] == after.properties[states.RECEIVED_AT]
