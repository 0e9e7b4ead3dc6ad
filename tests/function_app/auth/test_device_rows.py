"""The rows of devices' keys and of cameras' devices."""

from datetime import UTC, datetime

from function_app.auth.device_rows import (
    CameraBinding,
    DeviceIdentity,
    WaitingKey,
    parse_binding,
    parse_identity,
)
from function_app.settings import Settings
from function_app.storage.device_keys import IDENTITIES
from function_app.storage.table_store import Entity
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
OURS, THEIRS, OTHER = "O" * 43, "T" * 43, "X" * 43


def test_a_row_says_all_that_is_known() -> None:
    new = DeviceIdentity("gate", OURS, 7, NOW)
    waiting = (WaitingKey(THEIRS, NOW, 3),)
    changed = new._replace(waiting=waiting, rejected=(OTHER, OURS), alerted_at=NOW)
    for identity in (new, changed):
        assert parse_identity(Entity("gate", identity.to_properties())) == identity
    for binding in (CameraBinding("gate"), CameraBinding("gate", "yard", ("entry", "drive"))):
        assert parse_binding(Entity("cam", binding.to_properties())) == binding


def test_a_row_that_a_person_edited_lets_the_key_wait() -> None:
    services = memory_services(Settings(""))
    keys = services.device_keys
    services.devices.upsert(IDENTITIES, "gate", {"key": OURS, "counter": "many"})
    known = keys.meet("gate", OURS, 1, NOW)
    assert known
    assert known.key == ""
    assert keys.decide("gate", OURS, True, NOW)
    known = keys.find("gate", NOW)
    assert known
    assert known.key == OURS
