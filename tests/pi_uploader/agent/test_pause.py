"""Uploads that are paused."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pi_uploader.agent.pause import UploadPause
from pi_uploader.clock import LATEST_TIME, BootTime
from pi_uploader.upload.uploader import UploadOptions
from tests.support.disks import FailingDisk
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.uploading import Device

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def at(clock: FakeClock, seconds: float, boot: str = "0123abcd") -> None:
    """Set the time since the boot."""
    clock.boot_time = BootTime(boot, round(seconds * 1000))


def test_a_pause_ends_by_itself(tmp_path: Path) -> None:
    clock = FakeClock(wall=NOW)
    at(clock, 5)
    pause = UploadPause(tmp_path / "paused.json", clock)
    assert not pause.remaining()
    pause.pause(600)
    assert (pause.remaining(), pause.until) == (600, NOW + timedelta(minutes=10))
    clock.wall = NOW + timedelta(minutes=4, milliseconds=7)
    at(clock, 245)
    for one in (pause, UploadPause(tmp_path / "paused.json", clock)):
        assert one.remaining() == 360
    assert pause.until == NOW + timedelta(minutes=10)  # the same time as before
    at(clock, 605)
    assert not pause.remaining()
    assert pause.until is None


def test_a_pause_without_an_end_lasts_until_it_is_resumed(tmp_path: Path) -> None:
    clock = FakeClock(wall=NOW)
    pause = UploadPause(tmp_path / "paused.json", clock)
    pause.pause(None)
    again = UploadPause(tmp_path / "paused.json", clock)
    assert (again.remaining(), again.until) == (math.inf, LATEST_TIME)
    again.resume()
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == 0


@pytest.mark.parametrize("was_set", [True, False])
@pytest.mark.parametrize("years", [-30, -1, 1, 30, 56])
def test_whatever_sets_the_clock_a_pause_lasts_its_time(
    years: int, was_set: bool, tmp_path: Path
) -> None:
    """Also across a restart of the process. Its end is shown by the clock as it is set now."""
    clock = FakeClock(wall=NOW, is_set=was_set)
    at(clock, 100)
    pause = UploadPause(tmp_path / "paused.json", clock)
    pause.pause(600)
    clock.wall, clock.synchronized = NOW.replace(year=NOW.year + years), True
    at(clock, 200)
    for one in (pause, UploadPause(tmp_path / "paused.json", clock)):
        assert one.remaining() == 500
        assert one.until == clock.wall + timedelta(seconds=500)
    at(clock, 700)
    for one in (pause, UploadPause(tmp_path / "paused.json", clock)):
        assert one.remaining() == 0


@pytest.mark.parametrize(
    ("was_set", "is_set", "left"), [(True, True, 400), (True, False, 590), (False, True, 590)]
)
def test_after_a_reboot_the_clock_counts_if_it_was_and_is_set(
    was_set: bool, is_set: bool, left: int, tmp_path: Path
) -> None:
    """Else nobody knows for how long the device was off."""
    clock = FakeClock(wall=NOW, is_set=was_set)
    at(clock, 100)
    UploadPause(tmp_path / "paused.json", clock).pause(600)
    clock.wall, clock.synchronized = NOW + timedelta(seconds=200), is_set
    at(clock, 10, boot="another1")
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == left
    at(clock, 601, boot="another1")
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == 0


@pytest.mark.parametrize("seconds", ["", ', "seconds": 900.0', ', "seconds": null'])
def test_the_file_of_an_earlier_version_is_read(seconds: str, tmp_path: Path) -> None:
    clock = FakeClock(wall=NOW)
    at(clock, 86400)
    file = tmp_path / "paused.json"
    file.write_text('{"until": "2026-11-28T12:10:00.000Z"' + seconds + "}")
    assert UploadPause(file, clock).remaining() == 600


def test_the_seconds_of_an_earlier_version_count_without_a_clock(tmp_path: Path) -> None:
    clock = FakeClock(wall=datetime(1970, 1, 1, tzinfo=UTC), is_set=False)
    at(clock, 86400)
    file = tmp_path / "paused.json"
    file.write_text('{"until": "2026-11-28T12:10:00.000Z", "seconds": 600.0}')
    assert UploadPause(file, clock).remaining() == 600


def test_a_disk_that_fails_changes_nothing(tmp_path: Path) -> None:
    pause = UploadPause(tmp_path / "paused.json", FakeClock(wall=NOW), FailingDisk(0, lasting=True))
    with pytest.raises(OSError, match="error"):
        pause.pause(60)
    assert pause.remaining() == 0


def test_nothing_is_sent_during_a_pause(tmp_path: Path) -> None:
    pause = UploadPause(tmp_path / "paused.json", FakeClock(wall=NOW))
    with FaultServer() as server:
        device = Device(tmp_path / "spool", server, options=UploadOptions(pause=pause))
        device.take(2)
        pause.pause(None)
        device.uploader.step()
        assert server.requests == []
        pause.resume()
        device.try_all(4)
        assert len(server.store.photos) == 2
