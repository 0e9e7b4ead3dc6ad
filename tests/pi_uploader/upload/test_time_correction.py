"""Photos that were taken before the clock was set get their names when their time is known."""

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus
from pi_uploader.clock import BootTime
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.time_correction import (
    DEFER_SECONDS,
    MAX_CLOCK_WAIT_MS,
    RETRY_SECONDS,
    TimeCorrection,
    final_name,
)
from tests.support.disks import FailingDisk, Kind
from tests.support.fake_clock import FakeClock
from tests.support.spool_photos import put

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOOT, EARLIER_BOOT = "11111111", "00000000"
TAKEN = BootTime(BOOT, 5_000)


def at(milliseconds: int) -> BootTime:
    """Return the time of this boot that is `milliseconds` after the photo."""
    return BootTime(BOOT, TAKEN.milliseconds + milliseconds)


def photo(folder: Path, taken: BootTime = TAKEN) -> SpooledPhoto:
    return put(Spool(folder), 1, taken=taken)


def test_once_the_clock_is_set_the_time_is_worked_out(tmp_path: Path) -> None:
    named = photo(tmp_path)
    final = final_name(named, at(90_000), NOON, clock_is_set=True)
    assert final is not None
    name, clock = final
    assert name.captured_at == NOON - timedelta(seconds=90)
    assert (name.camera, name.tag) == (named.name.camera, named.name.tag)
    assert clock is ClockStatus.CORRECTED


def test_until_then_it_waits_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    waits = photo(tmp_path)
    assert final_name(waits, at(MAX_CLOCK_WAIT_MS - 1), NOON, clock_is_set=False) is None
    final = final_name(waits, at(MAX_CLOCK_WAIT_MS), NOON, clock_is_set=False)
    assert final == (waits.name, ClockStatus.UNSYNCED)


@pytest.mark.parametrize("clock_is_set", [True, False])
def test_a_photo_of_an_earlier_boot_keeps_its_time(clock_is_set: bool, tmp_path: Path) -> None:
    old = photo(tmp_path, BootTime(EARLIER_BOOT, 1))
    assert final_name(old, at(0), NOON, clock_is_set) == (old.name, ClockStatus.UNSYNCED)


def test_a_time_that_no_name_can_hold_is_not_corrected(tmp_path: Path) -> None:
    old = photo(tmp_path)
    just_after_1970 = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    final = final_name(old, at(60_000), just_after_1970, clock_is_set=True)
    assert final == (old.name, ClockStatus.UNSYNCED)


def test_a_photo_that_the_disk_does_not_rename_is_reported_at_its_second_failure(
    tmp_path: Path,
) -> None:
    """After a minute; then it is left alone for an hour, and named when the disk allows it."""
    stuck = photo(tmp_path)
    disk = FailingDisk(0, errno.EROFS, kinds={Kind.RENAME}, lasting=True)
    spool, reports = Spool(tmp_path, disk), list[tuple[str, SpooledPhoto]]()
    clock = FakeClock(seconds=0.0, wall=NOON, boot_time=at(1000))
    correction = TimeCorrection(spool, clock, lambda reason, one: reports.append((reason, one)))
    correction.name_undated()
    assert reports == []
    clock.seconds = RETRY_SECONDS
    correction.name_undated()
    assert reports == [("cannot be named: Read-only file system", stuck)]
    disk.at = None
    correction.name_undated()
    assert list(spool.undated_photos()) == [stuck]
    clock.seconds = RETRY_SECONDS + DEFER_SECONDS
    correction.name_undated()
    assert list(spool.undated_photos()) == []
    [named] = spool.waiting_photos()
    assert named.clock is ClockStatus.CORRECTED
