"""What the timers log."""

import logging

import pytest

from function_app.maintenance.repair import RepairReport
from function_app.maintenance.timers import log_repair


def test_skipped_cameras_are_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Without any there is no warning."""
    log_repair(RepairReport(cameras=["attic"]))
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    log_repair(RepairReport(cameras=["attic"], skipped=["barn", "zoo"]))
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "2 cameras" in record.getMessage()
    assert "barn, zoo" in record.getMessage()
