"""The rows of devices' keys and of cameras' devices."""

from datetime import UTC, datetime

from function_app.auth.device_rows import (
    MAX_REPLACED_KEYS,
    CameraBinding,
    DeviceIdentity,
    WaitingKey,
    parse_binding,
    parse_identity,
)
from function_app.settings import Settings
from function_app.storage.device_keys import STATES
from function_app.storage.table_store import Entity
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
OURS, THEIRS, OTHER = "O" * 43, "T" * 43, "X" * 43


def test_a_row_says_all_that_is_known() -> None:
    new = DeviceIdentity("gate", OURS, 7, NOW)
    waiting = (WaitingKey(THEIRS, NOW, 3),)
    changed = new._replace(waiting=waiting, rejected=(OTHER, OURS), alerted_at=NOW)
    replaced = changed.with_key(waiting[0], NOW)
    assert (replaced.own_until(OURS), replaced.own_until(THEIRS)) == (NOW, None)
    for identity in (new, changed, replaced):
        assert parse_identity(Entity("gate", identity.to_properties())) == identity
    for binding in (CameraBinding("gate"), CameraBinding("gate", "yard", ("entry", "drive"))):
        assert parse_binding(Entity("cam", binding.to_properties())) == binding


def test_the_last_replaced_keys_are_remembered() -> None:
    identity = DeviceIdentity("gate", OURS, 7, NOW)
    for number in range(2 * MAX_REPLACED_KEYS):
        identity = identity.with_key(WaitingKey(f"{number:043}", NOW, 0), NOW)
    assert len(identity.replaced) == MAX_REPLACED_KEYS
    assert identity.own_until(f"{2 * MAX_REPLACED_KEYS - 2:043}") == NOW


def test_a_row_without_replaced_keys_is_read() -> None:
    """As versions up to 0.1.0 stored it."""
    identity = DeviceIdentity("gate", OURS, 7, NOW)
    properties = identity.to_properties()
    del properties["replaced"]
    assert parse_identity(Entity("gate", properties)) == identity


def test_a_row_that_a_person_edited_lets_the_key_wait() -> None:
    services = memory_services(Settings(""))
    keys = services.device_keys
    services.devices.upsert(STATES, "gate", {"key": OURS, "counter": "many"})
    known = keys.record_key("gate", OURS, 1, NOW)
    assert known
    assert known.key == ""
    assert keys.decide("gate", OURS, True, NOW)
    known = keys.find("gate", NOW)
    assert known
    assert known.key == OURS
