"""Which key speaks for a device."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import device_keys
from function_app.auth.caller import DEVICE
from function_app.auth.device_keys import DeviceKeys, name_in_key
from function_app.auth.device_rows import DeviceIdentity
from function_app.auth.timed_cache import CACHE_TIME
from function_app.devices.states import kept_devices, read_rows
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.device_keys import OLD_IDENTITIES, STATES
from tests.support.device_callers import OTHER, OURS, THEIRS, alerts_of, verified

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


@pytest.fixture
def services(empty: Services) -> Services:
    """A backend that knows no device, in memory and on Azurite."""
    return empty


@pytest.fixture
def keys(services: Services) -> DeviceKeys:
    return services.device_keys


def elsewhere(services: Services) -> DeviceKeys:
    """As another instance of the app sees the same rows."""
    return DeviceKeys(services.devices, services.alerts)


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
    first = keys.record_key("gate", OURS, 7, NOW)
    assert first
    assert (first.key, first.counter) == (OURS, 6)
    for _ in range(2):
        again = keys.record_key("gate", THEIRS, 9, NOW)
        assert again
        assert again.key == OURS
        assert [one.key for one in again.waiting] == [THEIRS]
    assert elsewhere(services).find("gate", NOW) == keys.find("gate", NOW)
    assert len(alerts_of(services)) == 1


def test_no_more_than_three_keys_wait_and_one_alert_a_day_is_raised(
    services: Services, keys: DeviceKeys
) -> None:
    keys.record_key("gate", OURS, 1, NOW)
    for number in range(20):
        keys.record_key("gate", f"{number:043d}", 1, NOW + timedelta(seconds=number))
    identity = keys.find("gate", NOW)
    assert identity
    assert len(identity.waiting) == 3
    assert len(alerts_of(services)) == 1
    rejected = f"{0:043d}"
    assert keys.decide("gate", rejected, False, NOW)
    keys.record_key("gate", rejected, 1, NOW)  # which does not wait again
    identity = keys.find("gate", NOW)
    assert identity
    assert [one.key for one in identity.waiting] == [f"{n:043d}" for n in (1, 2)]
    keys.record_key("gate", OTHER, 1, NOW + timedelta(hours=23))
    assert len(alerts_of(services)) == 1
    assert keys.decide("gate", OTHER, False, NOW)
    keys.record_key("gate", THEIRS, 1, NOW + timedelta(hours=25))
    assert len(alerts_of(services)) == 2


def test_a_key_that_is_approved_replaces_the_first(services: Services, keys: DeviceKeys) -> None:
    keys.record_key("gate", OURS, 1, NOW)
    keys.check_is_new(verified("gate", 5000), NOW)
    keys.record_key("gate", THEIRS, 31, NOW)
    assert not keys.decide("gate", OTHER, True, NOW)
    assert not keys.decide("yard", THEIRS, True, NOW)
    assert keys.decide("gate", THEIRS, True, NOW)
    identity = keys.find("gate", NOW)
    assert identity
    assert (identity.key, identity.counter, identity.waiting) == (THEIRS, 30, ())
    old = elsewhere(services)
    old.find("gate", NOW)
    again = old.record_key("gate", OURS, 1, NOW)  # the old key has to wait now
    assert again
    assert [one.key for one in again.waiting] == [OURS]


def test_another_instance_learns_of_a_new_key_within_a_minute(
    services: Services, keys: DeviceKeys
) -> None:
    other = elsewhere(services)
    keys.record_key("gate", OURS, 1, NOW)
    keys.record_key("gate", THEIRS, 1, NOW)
    other.find("gate", NOW)
    keys.decide("gate", THEIRS, True, NOW)
    just_before, after = NOW + CACHE_TIME - timedelta(milliseconds=1), NOW + CACHE_TIME
    keys_seen = [other.find("gate", moment) for moment in (just_before, after)]
    assert [one and one.key for one in keys_seen] == [OURS, THEIRS]


def test_two_instances_meet_a_device_at_once(services: Services, keys: DeviceKeys) -> None:
    other = elsewhere(services)
    assert keys.find("gate", NOW) is None
    assert other.find("gate", NOW) is None
    ours, theirs = keys.record_key("gate", OURS, 1, NOW), other.record_key("gate", THEIRS, 1, NOW)
    assert ours
    assert theirs
    assert ours.key == theirs.key == OURS
    assert [one.key for one in theirs.waiting] == [THEIRS]


def test_a_counter_is_used_once(services: Services, keys: DeviceKeys) -> None:
    keys.record_key("gate", OURS, 10, NOW)
    other = elsewhere(services)
    other.find("gate", NOW)
    keys.check_is_new(verified("gate", 10), NOW)
    for instance, counter in ((keys, 10), (other, 10), (keys, 9)):  # `other` read the mark before
        with pytest.raises(HTTPProblemError) as caught:
            instance.check_is_new(verified("gate", counter), NOW)
        assert (caught.value.problem.status, caught.value.problem.counter_above) == (401, 10)
    other.check_is_new(verified("gate", 12), NOW)
    keys.check_is_new(verified("gate", 13), NOW)
    keys.check_is_new(DEVICE, NOW)  # which has no counter that counts
    with pytest.raises(HTTPProblemError):
        keys.check_is_new(verified("yard", 13), NOW)


def test_a_key_that_was_replaced_reports_nothing_more(services: Services, keys: DeviceKeys) -> None:
    """Also where the new one is not known yet."""
    keys.record_key("gate", OURS, 1, NOW)
    other = elsewhere(services)
    other.find("gate", NOW)
    keys.record_key("gate", THEIRS, 1, NOW)
    keys.decide("gate", THEIRS, True, NOW)
    with pytest.raises(HTTPProblemError) as caught:
        other.check_is_new(verified("gate", 5), NOW + timedelta(seconds=30))
    assert caught.value.problem.status == 401
    other.check_is_new(verified("gate", 5, key=THEIRS), NOW + timedelta(seconds=30))


def test_a_key_of_an_earlier_version_is_moved_into_the_device_s_row(
    services: Services, keys: DeviceKeys
) -> None:
    """Beside a heartbeat, and without one. Both are listed before, too."""
    for device in ("gate", "yard"):
        old = DeviceIdentity(device, OURS, 7, NOW)
        services.devices.insert(OLD_IDENTITIES, device, old.to_properties())
    services.devices.insert(STATES, "gate", {"heartbeat": "{}"})
    for device, columns in (("gate", 8), ("yard", 7)):
        found = keys.record_key(device, OURS, 8, NOW)
        assert found == DeviceIdentity(device, OURS, 7, NOW)
        row = services.devices.get(STATES, device)
        assert row is not None
        assert len(row.properties) == columns
        assert services.devices.get(OLD_IDENTITIES, device) is None
        keys.check_is_new(verified(device, 8), NOW)
        with pytest.raises(HTTPProblemError):
            keys.check_is_new(verified(device, 7), NOW)


def test_keys_of_an_earlier_version_are_moved_without_their_devices(
    services: Services, keys: DeviceKeys
) -> None:
    """So that the page of devices, which reads the rows of devices alone, shows these. What was
    stored since then stays."""
    services.devices.insert(OLD_IDENTITIES, "by-hand", {"counter": "1"})
    keys.record_key("yard", THEIRS, 1, NOW)
    for device in ("gate", "yard"):
        old = DeviceIdentity(device, OURS, 7, NOW)
        services.devices.insert(OLD_IDENTITIES, device, old.to_properties())
    for _ in range(2):
        keys.move_old()
        assert kept_devices(read_rows(services.devices)).keys() == {"gate", "yard"}
    assert services.devices.get(OLD_IDENTITIES, "gate") is None
    assert keys.read("gate") == DeviceIdentity("gate", OURS, 7, NOW)
    found = keys.read("yard")
    assert found
    assert found.key == THEIRS


def test_devices_of_an_earlier_version_count_in_the_quota(
    services: Services, keys: DeviceKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_keys, "MAX_DEVICES", 2)
    old = DeviceIdentity("gate", OURS, 7, NOW).to_properties()
    services.devices.insert(OLD_IDENTITIES, "gate", old)
    assert keys.record_key("yard", OURS, 1, NOW)
    assert keys.record_key("porch", OURS, 1, NOW) is None


def test_new_devices_have_a_quota(
    services: Services, keys: DeviceKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_keys, "MAX_NEW_DEVICES", 2)
    for number in range(4):
        keys.record_key(f"new-{number}", OURS, 1, NOW)
    assert keys.find("new-1", NOW)
    assert keys.find("new-2", NOW) is None
    assert keys.record_key("new-1", OURS, 2, NOW)  # a known one is not affected
    later = NOW + timedelta(days=1)
    assert keys.record_key("new-2", OURS, 1, later)
    monkeypatch.setattr(device_keys, "MAX_DEVICES", 3)
    assert keys.record_key("new-3", OURS, 1, later + timedelta(days=9)) is None


def test_a_camera_or_a_device_that_is_removed_is_new_again(
    services: Services, keys: DeviceKeys
) -> None:
    keys.record_key("gate", OURS, 1, NOW)
    for camera in ("gate", "gate-2"):
        keys.bindings.claim(verified("gate"), camera, NOW)
    keys.bindings.forget("gate")
    assert keys.bindings.device_of("gate", NOW) is None
    keys.forget_device("gate")
    assert keys.bindings.device_of("gate-2", NOW) is None
    assert keys.find("gate", NOW) is None
    new = keys.record_key("gate", THEIRS, 1, NOW)
    assert new
    assert new.key == THEIRS
