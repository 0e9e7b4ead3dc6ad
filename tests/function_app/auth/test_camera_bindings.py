"""Which device takes a camera's photos."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from function_app.auth.caller import DEVICE, Caller, Standing
from function_app.auth.device_keys import DeviceKeys
from function_app.services import Services
from tests.support.device_callers import OTHER, OURS, THEIRS, alerts_of, verified

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


@pytest.fixture
def services(empty: Services) -> Services:
    """A backend that knows no device, in memory and on Azurite."""
    return empty


@pytest.fixture
def keys(services: Services) -> DeviceKeys:
    return services.device_keys


def test_a_camera_is_its_first_devices(keys: DeviceKeys) -> None:
    gate, yard = verified("gate"), verified("yard")
    assert keys.bindings.may_speak(DEVICE, "gate", NOW)
    assert keys.bindings.may_speak(yard, "gate", NOW)
    assert keys.bindings.claim(gate, "gate", NOW)
    assert keys.bindings.claim(gate, "gate-2", NOW)
    for caller in (DEVICE, yard, replace(gate, standing=Standing.UNKNOWN)):
        assert not keys.bindings.may_speak(caller, "gate", NOW)
        assert not keys.bindings.claim(caller, "gate", NOW)
    assert keys.bindings.may_speak(gate, "gate", NOW)
    assert keys.bindings.device_of("gate", NOW) == "gate"
    assert keys.bindings.device_of("other", NOW) is None
    assert keys.bindings.cameras("gate") == {"gate": True, "gate-2": True}


def test_a_device_gets_another_ones_camera_from_an_owner(
    services: Services, keys: DeviceKeys
) -> None:
    for device, key in (("gate", OURS), ("yard", THEIRS)):
        keys.record_key(device, key, 1, NOW)
    keys.bindings.claim(verified("gate"), "gate", NOW)
    for _ in range(3):
        assert not keys.bindings.claim(verified("yard"), "gate", NOW)
    assert not keys.bindings.claim(verified("third"), "gate", NOW)  # one at a time
    assert keys.bindings.cameras("yard") == {"gate": False}
    assert len(alerts_of(services)) == 1
    keys.bindings.hand_over("yard", ["gate"], is_approved=False)
    assert not keys.bindings.claim(verified("yard"), "gate", NOW)  # and does not wait again
    assert keys.bindings.cameras("yard") == {}
    assert len(alerts_of(services)) == 1
    assert not keys.bindings.claim(verified("third"), "gate", NOW)
    keys.record_key("third", OTHER, 1, NOW)
    keys.bindings.hand_over("third", ["gate", "yard"], is_approved=True)
    assert keys.bindings.claim(verified("third"), "gate", NOW)
    assert not keys.bindings.may_speak(verified("gate"), "gate", NOW)


@pytest.mark.parametrize(
    ("caller", "camera", "may"),
    [
        (replace(DEVICE, key_name="gate"), "gate", True),
        (replace(DEVICE, key_name="yard"), "gate", False),
        (verified("pi", key_name="gate"), "gate", True),
        (verified("pi", key_name="pi"), "gate", True),
        (verified("pi", key_name="yard"), "gate", False),
        (replace(verified("pi", key_name="pi"), standing=Standing.UNKNOWN), "gate", False),
    ],
)
def test_a_function_key_with_a_name_speaks_for_that_alone(
    keys: DeviceKeys, caller: Caller, camera: str, may: bool
) -> None:
    assert keys.bindings.may_speak(caller, camera, NOW) is may
    assert keys.bindings.claim(caller, camera, NOW) is may


def test_a_device_that_is_removed_wants_no_camera_any_more(keys: DeviceKeys) -> None:
    """Else the camera would wait for it for ever, and for no other one."""
    for device, key in (("gate", OURS), ("thief", THEIRS), ("new", OTHER)):
        keys.record_key(device, key, 1, NOW)
    assert keys.bindings.claim(verified("gate"), "gate", NOW)
    assert not keys.bindings.claim(verified("thief"), "gate", NOW)
    keys.forget_device("thief")
    assert keys.bindings.device_of("gate", NOW) == "gate"
    assert not keys.bindings.claim(verified("new"), "gate", NOW)
    assert keys.bindings.cameras("new") == {"gate": False}
    keys.bindings.hand_over("new", ["gate"], is_approved=True)
    assert keys.bindings.device_of("gate", NOW) == "new"
