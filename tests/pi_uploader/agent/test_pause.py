"""Uploads that are paused."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pi_uploader.agent.pause import UploadPause
from pi_uploader.clock import LATEST_TIME
from pi_uploader.upload.uploader import UploadOptions
from tests.support.disks import FailingDisk
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.uploading import Device

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_a_pause_ends_by_itself(tmp_path: Path) -> None:
    clock = FakeClock(wall=NOW, seconds=0.0)
    pause = UploadPause(tmp_path / "paused.json", clock)
    assert (pause.remaining(), pause.until) == (0, None)
    pause.pause(600)
    assert (pause.remaining(), pause.until) == (600, NOW + timedelta(minutes=10))
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == 600
    clock.wall = NOW + timedelta(minutes=11)
    assert (pause.remaining(), pause.until) == (0, None)


def test_a_pause_without_an_end_lasts_until_it_is_resumed(tmp_path: Path) -> None:
    clock = FakeClock(wall=NOW)
    pause = UploadPause(tmp_path / "paused.json", clock)
    pause.pause(None)
    again = UploadPause(tmp_path / "paused.json", clock)
    assert (again.remaining(), again.until) == (math.inf, LATEST_TIME)
    again.resume()
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == 0


def test_while_the_clock_is_not_set_a_pause_lasts_its_time(tmp_path: Path) -> None:
    clock = FakeClock(wall=datetime(1970, 1, 1, tzinfo=UTC), seconds=5.0, is_set=False)
    pause = UploadPause(tmp_path / "paused.json", clock)
    pause.pause(60)
    assert pause.remaining() == 60
    assert UploadPause(tmp_path / "paused.json", clock).remaining() == math.inf
    clock.seconds = 66.0
    assert pause.remaining() == 0


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
