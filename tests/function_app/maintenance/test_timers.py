"""What the timers log, and what the hourly one removes of devices."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from function_app.devices import history
from function_app.devices.history import MAX_AGE
from function_app.devices.intervals import INTERVALS_TTL, write_changes
from function_app.devices.states import DeviceState
from function_app.maintenance.repair import RepairReport
from function_app.maintenance.timers import log_repair, purge_devices
from function_app.settings import Settings
from function_app.storage.device_keys import history_of, intervals_of
from function_app.storage.table_store import query_all
from photo_wire.camera_state import CameraState
from tests.support.counted_table import CountedTable
from tests.support.devices import add_device, heartbeat, store_state
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 28, 4, 17, tzinfo=UTC)


def test_skipped_cameras_are_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Without any there is no warning."""
    log_repair(RepairReport(cameras=["attic"]))
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    log_repair(RepairReport(cameras=["attic"], skipped=["barn", "zoo"]))
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "2 cameras" in record.getMessage()
    assert "barn, zoo" in record.getMessage()


def test_the_devices_are_listed_once_and_each_is_purged_within_a_day() -> None:
    table = CountedTable()
    services = memory_services(Settings(""), devices=table)
    devices = [f"gate-{number}" for number in range(30)]
    for device in devices:
        add_device(services, device, [])
        for age in (INTERVALS_TTL, MAX_AGE):
            sent = heartbeat(device, cameras={device: CameraState(armed=age is MAX_AGE)})
            at = NOW - age - timedelta(days=2)
            state = DeviceState(device, sent, at, frozenset({device}), at)
            store_state(services, state)
            history.write(table, state)
        write_changes(table, device, {NOW - INTERVALS_TTL - timedelta(days=1): "{}"})
    for hours in range(24):
        purge_devices(services, NOW + timedelta(hours=hours))
    for device in devices:
        assert list(query_all(table, history_of(device))) == []
        assert len(list(query_all(table, intervals_of(device)))) == 2
    table.requests.clear()
    for hours in range(24):
        purge_devices(services, NOW + timedelta(hours=hours))
    # Each hour the list, and the commands of each device. Once a day one for its figures, and two
    # for its changes.
    assert len(table.requests) == 24 * (1 + len(devices)) + 3 * len(devices)
