"""Which key speaks for a device, and which device for a camera."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import device_keys
from function_app.auth.caller import DEVICE, Caller, RequestSignature, Standing
from function_app.auth.device_keys import ALERT_KIND, DeviceKeys, name_in_key
from function_app.auth.timed_cache import CACHE_TIME
from function_app.problems import HTTPProblemError
from function_app.services import Services

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
OURS, THEIRS, OTHER = "O" * 43, "T" * 43, "X" * 43


@pytest.fixture
def services(empty: Services) -> Services:
    """A backend that knows no device, in memory and on Azurite."""
    return empty


@pytest.fixture
def keys(services: Services) -> DeviceKeys:
    return services.device_keys


def verified(device: str, counter: int = 1, key_name: str | None = None) -> Caller:
    signature = RequestSignature("", "", counter, "")
    return replace(
        DEVICE,
        device=device,
        standing=Standing.VERIFIED,
        signature=signature,
        key_name=key_name,
    )


def elsewhere(services: Services) -> DeviceKeys:
    """As another instance of the app sees the same rows."""
    return DeviceKeys(services.devices, services.alerts)


def alerts_of(services: Services) -> list[str]:
    return [
        f"{one.alert.name.camera}: {one.alert.reason}"
        for one in services.alerts.newest(100, None)
        if one.alert.kind == ALERT_KIND
    ]


@pytest.mark.parametrize(
    ("function_key", "name"),
    [
        ("gate." + "a" * 64, "gate"),
        ("pi-1." + "A_b-9" * 8 + "==", "pi-1"),
        ("gate." + "a" * 31, None),
        ("Gate." + "a" * 64, None),
        ("g\u0430te." + "a" * 64, None),
        ("gate.." + "a" * 64, None),
        (".".join(["gate", "a" * 64, "a" * 64]), None),
        ("." + "a" * 64, None),
        ("a" * 64, None),
        ("abcDEF_-" * 6 + "AzFu==", None),
        ("", None),
        (None, None),
    ],
)
def test_a_function_key_may_name_whom_it_speaks_for(
    function_key: str | None, name: str | None
) -> None:
    assert name_in_key(function_key) == name


def test_the_first_key_of_a_name_stays(services: Services, keys: DeviceKeys) -> None:
    first = keys.meet("gate", OURS, 7, NOW)
    assert first
    assert (first.key, first.counter) == (OURS, 6)
    for _ in range(2):
        again = keys.meet("gate", THEIRS, 9, NOW)
        assert again
        assert again.key == OURS
        assert [one.key for one in again.waiting] == [THEIRS]
    assert elsewhere(services).find("gate", NOW) == keys.find("gate", NOW)
    assert len(alerts_of(services)) == 1


def test_no_more_than_three_keys_wait_and_one_alert_a_day_is_raised(
    services: Services, keys: DeviceKeys
) -> None:
    keys.meet("gate", OURS, 1, NOW)
    for number in range(20):
        keys.meet("gate", f"{number:043d}", 1, NOW + timedelta(seconds=number))
    identity = keys.find("gate", NOW)
    assert identity
    assert len(identity.waiting) == 3
    assert len(alerts_of(services)) == 1
    rejected = f"{0:043d}"
    assert keys.decide("gate", rejected, False, NOW)
    keys.meet("gate", rejected, 1, NOW)  # which does not wait again
    identity = keys.find("gate", NOW)
    assert identity
    assert [one.key for one in identity.waiting] == [f"{n:043d}" for n in (1, 2)]
    keys.meet("gate", OTHER, 1, NOW + timedelta(hours=23))
    assert len(alerts_of(services)) == 1
    assert keys.decide("gate", OTHER, False, NOW)
    keys.meet("gate", THEIRS, 1, NOW + timedelta(hours=25))
    assert len(alerts_of(services)) == 2


def test_a_key_that_is_approved_replaces_the_first(services: Services, keys: DeviceKeys) -> None:
    keys.meet("gate", OURS, 1, NOW)
    assert keys.advance(verified("gate", 5000), NOW)
    keys.meet("gate", THEIRS, 31, NOW)
    assert not keys.decide("gate", OTHER, True, NOW)
    assert not keys.decide("yard", THEIRS, True, NOW)
    assert keys.decide("gate", THEIRS, True, NOW)
    identity = keys.find("gate", NOW)
    assert identity
    assert (identity.key, identity.counter, identity.waiting) == (THEIRS, 30, ())
    old = elsewhere(services)
    old.find("gate", NOW)
    again = old.meet("gate", OURS, 1, NOW)  # the old key has to wait now
    assert again
    assert [one.key for one in again.waiting] == [OURS]


def test_another_instance_learns_of_a_new_key_within_a_minute(
    services: Services, keys: DeviceKeys
) -> None:
    other = elsewhere(services)
    keys.meet("gate", OURS, 1, NOW)
    keys.meet("gate", THEIRS, 1, NOW)
    other.find("gate", NOW)
    keys.decide("gate", THEIRS, True, NOW)
    just_before, after = NOW + CACHE_TIME - timedelta(milliseconds=1), NOW + CACHE_TIME
    keys_seen = [other.find("gate", moment) for moment in (just_before, after)]
    assert [one and one.key for one in keys_seen] == [OURS, THEIRS]


def test_two_instances_meet_a_device_at_once(services: Services, keys: DeviceKeys) -> None:
    other = elsewhere(services)
    assert keys.find("gate", NOW) is None
    assert other.find("gate", NOW) is None
    ours, theirs = keys.meet("gate", OURS, 1, NOW), other.meet("gate", THEIRS, 1, NOW)
    assert ours
    assert theirs
    assert ours.key == theirs.key == OURS
    assert [one.key for one in theirs.waiting] == [THEIRS]


def test_a_counter_is_used_once(services: Services, keys: DeviceKeys) -> None:
    keys.meet("gate", OURS, 10, NOW)
    other = elsewhere(services)
    other.find("gate", NOW)
    assert keys.advance(verified("gate", 10), NOW)
    assert not keys.advance(verified("gate", 10), NOW)
    assert not other.advance(verified("gate", 10), NOW)  # although it has read the mark before
    assert not keys.advance(verified("gate", 9), NOW)
    assert other.advance(verified("gate", 12), NOW)
    with pytest.raises(HTTPProblemError) as caught:
        keys.check_is_new(verified("gate", 12), NOW)
    assert (caught.value.problem.status, caught.value.problem.counter_above) == (401, 12)
    keys.check_is_new(verified("gate", 13), NOW)
    assert not keys.advance(DEVICE, NOW)
    assert not keys.advance(verified("yard", 13), NOW)


def test_a_camera_is_its_first_devices(services: Services, keys: DeviceKeys) -> None:
    gate, yard = verified("gate"), verified("yard")
    assert keys.may_speak(DEVICE, "gate", NOW)
    assert keys.may_speak(yard, "gate", NOW)
    assert keys.claim(gate, "gate", NOW)
    assert keys.claim(gate, "gate-2", NOW)
    for caller in (DEVICE, yard, replace(gate, standing=Standing.UNKNOWN)):
        assert not keys.may_speak(caller, "gate", NOW)
        assert not keys.claim(caller, "gate", NOW)
    assert keys.may_speak(gate, "gate", NOW)
    assert device_keys.device_of(services.devices, "gate") == "gate"
    assert device_keys.device_of(services.devices, "other") is None
    assert keys.cameras("gate") == {"gate": True, "gate-2": True}


def test_a_device_gets_another_ones_camera_from_an_owner(
    services: Services, keys: DeviceKeys
) -> None:
    for device, key in (("gate", OURS), ("yard", THEIRS)):
        keys.meet(device, key, 1, NOW)
    keys.claim(verified("gate"), "gate", NOW)
    for _ in range(3):
        assert not keys.claim(verified("yard"), "gate", NOW)
    assert not keys.claim(verified("third"), "gate", NOW)  # one at a time
    assert keys.cameras("yard") == {"gate": False}
    assert len(alerts_of(services)) == 1
    assert keys.decide("yard", THEIRS, False, NOW)
    assert not keys.claim(verified("yard"), "gate", NOW)  # and does not wait again
    assert keys.cameras("yard") == {}
    assert len(alerts_of(services)) == 1
    assert not keys.claim(verified("third"), "gate", NOW)
    keys.meet("third", OTHER, 1, NOW)
    assert keys.decide("third", OTHER, True, NOW)
    assert keys.claim(verified("third"), "gate", NOW)
    assert not keys.may_speak(verified("gate"), "gate", NOW)


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
    assert keys.may_speak(caller, camera, NOW) is may
    assert keys.claim(caller, camera, NOW) is may


def test_new_devices_have_a_quota(
    services: Services, keys: DeviceKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_keys, "MAX_NEW_DEVICES", 2)
    for number in range(4):
        keys.meet(f"new-{number}", OURS, 1, NOW)
    assert keys.find("new-1", NOW)
    assert keys.find("new-2", NOW) is None
    assert keys.meet("new-1", OURS, 2, NOW)  # a known one is not affected
    later = NOW + timedelta(days=1)
    assert keys.meet("new-2", OURS, 1, later)
    monkeypatch.setattr(device_keys, "MAX_DEVICES", 3)
    assert keys.meet("new-3", OURS, 1, later + timedelta(days=9)) is None


def test_a_camera_or_a_device_that_is_removed_is_new_again(
    services: Services, keys: DeviceKeys
) -> None:
    keys.meet("gate", OURS, 1, NOW)
    for camera in ("gate", "gate-2"):
        keys.claim(verified("gate"), camera, NOW)
    keys.forget_camera("gate")
    assert keys.device_of("gate", NOW) is None
    keys.forget_device("gate")
    assert keys.device_of("gate-2", NOW) is None
    assert keys.find("gate", NOW) is None
    new = keys.meet("gate", THEIRS, 1, NOW)
    assert new
    assert new.key == THEIRS


def test_a_device_that_is_removed_wants_no_camera_any_more(
    services: Services, keys: DeviceKeys
) -> None:
    """Else the camera would wait for it for ever, and for no other one."""
    for device, key in (("gate", OURS), ("thief", THEIRS), ("new", OTHER)):
        keys.meet(device, key, 1, NOW)
    assert keys.claim(verified("gate"), "gate", NOW)
    assert not keys.claim(verified("thief"), "gate", NOW)
    keys.forget_device("thief")
    assert keys.device_of("gate", NOW) == "gate"
    assert not keys.claim(verified("new"), "gate", NOW)
    assert keys.cameras("new") == {"gate": False}
    assert keys.decide("new", OTHER, True, NOW)
    assert keys.device_of("gate", NOW) == "new"
