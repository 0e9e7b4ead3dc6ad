"""A photo is taken and stored, or counted as failed or lost, with the real spool."""

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture.photo_taker import PhotoTaker, retry_delay
from pi_uploader.clock import BootTime
from pi_uploader.spool import Spool
from pi_uploader.spool.disk import Disk
from pi_uploader.triggers import TriggerEvent
from tests.support.capturing import ScriptedCamera
from tests.support.fake_clock import FakeClock
from tests.support.program import photos_in


class FullDisk(Disk):
    """A disk without room, as long as `is_full`."""

    is_full = True

    def write(self, file: int, content: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(file, content)


def test_the_rest_grows_to_a_minute() -> None:
    """The camera is tried again, at most once a minute."""
    assert [retry_delay(failures) for failures in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert retry_delay(5000) == 60


def test_a_full_disk_loses_one_photo_and_the_next_is_stored(
    spool_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the photo's id, the disk's error and what to do."""
    disk = FullDisk()
    spool = Spool(spool_folder, disk)
    taker = PhotoTaker("gate", ScriptedCamera(), spool)
    taker.take(TriggerEvent(Trigger.SCHEDULE, 1.0))
    assert (taker.stats.lost, taker.stats.stored) == (1, 0)
    assert "photo lost gate-" in caplog.text
    assert "No space left on device; free some space" in caplog.text
    disk.is_full = False
    taker.take(TriggerEvent(Trigger.SCHEDULE, 2.0))
    assert (taker.stats.lost, taker.stats.stored, photos_in(spool_folder)) == (1, 1, 1)


def test_a_photo_from_before_the_clock_was_set_waits_for_it(spool_folder: Path) -> None:
    """It is stored as undated, with its boot time. Later photos wait to be sent."""
    moment = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
    is_set = False
    spool = Spool(spool_folder)
    taker = PhotoTaker(
        "gate",
        ScriptedCamera(),
        spool,
        clock=FakeClock(wall=moment, boot_time=BootTime("5f3a9c2e", 93_021), is_set=lambda: is_set),
    )
    taker.take(TriggerEvent(Trigger.SCHEDULE, 0.0))
    assert spool.newest() is None
    [undated] = spool.undated_photos()
    assert (undated.clock, undated.boot_time) == (
        ClockStatus.UNSYNCED,
        BootTime("5f3a9c2e", 93_021),
    )
    is_set = True
    taker.take(TriggerEvent(Trigger.SCHEDULE, 1.0))
    [photo] = spool.waiting_photos()
    assert (photo.name.captured_at, photo.clock, photo.boot_time) == (
        moment,
        ClockStatus.SYNCED,
        None,
    )


def test_the_first_photo_of_an_event_is_marked(spool_folder: Path) -> None:
    """Only the first of photos close together is: it is evicted last when room is short."""
    spool, now = Spool(spool_folder), [0.0]
    taker = PhotoTaker(
        "gate",
        ScriptedCamera(),
        spool,
        clock=FakeClock(seconds=lambda: now[0]),
    )
    for instant in (100.0, 130.0, 170.0, 300.0):
        now[0] = instant
        taker.take(TriggerEvent(Trigger.SCHEDULE, instant))
    assert [photo.is_first for photo in spool.waiting_photos()] == [True, False, False, True]


def test_a_photo_without_bytes_is_a_failure(spool_folder: Path) -> None:
    """An empty file is not stored."""

    class Empty(ScriptedCamera):
        def take(self, context: CaptureContext) -> Shot:
            return Shot(b"", Media.JPEG)

    taker = PhotoTaker("gate", Empty(), Spool(spool_folder))
    taker.take(TriggerEvent(Trigger.SCHEDULE, 1.0))
    assert (taker.stats.failed, taker.stats.stored, photos_in(spool_folder)) == (1, 0, 0)
