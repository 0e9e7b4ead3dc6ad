"""The monthly quota and the rate limit."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.alert import QUARANTINE
from pi_uploader.client.backend import BackendClient
from pi_uploader.upload.limits import MonthlyQuota, RateLimit, UploadLimits
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support import faults
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.uploading import KEY, Device

NOVEMBER, DECEMBER = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_photos_in_flight_count_before_they_are_sent(tmp_path: Path) -> None:
    """Of two photos that are chosen at the same time, the second exceeds the quota."""
    quota = MonthlyQuota(tmp_path / "sent.json", 1_000_000)
    assert [bool(quota.reserve(600_000, NOVEMBER)) for _ in range(2)] == [True, False]
    assert quota.reserve(400_000, NOVEMBER)


def test_the_count_survives_a_restart_and_ends_with_the_month(tmp_path: Path) -> None:
    MonthlyQuota(tmp_path / "sent.json", 1_000_000).reserve(600_000, NOVEMBER)
    again = MonthlyQuota(tmp_path / "sent.json", 1_000_000)
    assert not again.reserve(600_000, NOVEMBER)
    assert again.reserve(600_000, DECEMBER)


@pytest.mark.parametrize("limit", [1_000_000, None])
def test_what_is_no_photo_counts_too(limit: int | None, tmp_path: Path) -> None:
    quota = MonthlyQuota(tmp_path / "sent.json", limit)
    assert quota.reserve(600_000, NOVEMBER)
    quota.add(400_000, NOVEMBER)
    assert quota.is_spent(NOVEMBER) == (limit is not None)
    quota.add(1, NOVEMBER)
    assert quota.used(NOVEMBER) == (1_000_001, limit)
    assert MonthlyQuota(tmp_path / "sent.json", limit).used(NOVEMBER) == (1_000_001, limit)
    assert quota.used(DECEMBER) == (0, limit)


def test_a_clock_that_is_not_set_begins_no_month(tmp_path: Path) -> None:
    quota = MonthlyQuota(tmp_path / "sent.json", 1_000_000)
    quota.add(1_000_000, NOVEMBER)
    assert quota.is_spent(datetime(1970, 1, 1, tzinfo=UTC))


class LimitedDevice(Device):
    """A device with a quota of a megabyte, or with a rate limit on the same clock."""

    def __init__(self, folder: Path, server: FaultServer, rate: float | None = None) -> None:
        super().__init__(folder, server)
        self.clock.wall = NOVEMBER
        self.file = folder / "data-sent.json"
        self.uploader = Uploader(
            self.spool,
            BackendClient(server.base_url, KEY),
            UploadOptions(
                UploadLimits(RateLimit(rate, self.clock, self.pass_time))
                if rate
                else UploadLimits(quota=MonthlyQuota(self.file, 1_000_000))
            ),
            clock=self.clock,
            chance=lambda: 0.0,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @property
    def charged(self) -> int:
        return int(json.loads(self.file.read_text())["bytes"])


def test_a_photo_that_cannot_be_read_does_not_count(tmp_path: Path) -> None:
    """Neither one that the disk does not read, nor one that is damaged."""
    with FaultServer() as server:
        device = LimitedDevice(tmp_path, server)
        [unreadable, damaged] = device.take(2, size=400_000)
        file = device.spool.waiting_folder / unreadable.path
        file.unlink()
        file.mkdir()
        (device.spool.waiting_folder / damaged.path).write_bytes(b"x" * 400_000)
        for _ in range(10):
            device.try_once()
        assert device.charged == 0
        device.take(2, start=2, size=500_000)
        for _ in range(10):
            device.try_once()
        assert (len(server.store.photos), device.charged) == (2, 1_000_000)


def test_a_refused_connection_does_not_count_and_a_second_try_counts_twice(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = LimitedDevice(tmp_path, server)
        device.take(1, size=400_000)
        server.refuse()
        for _ in range(10):
            device.try_once()
        assert device.charged == 0
        server.handler = faults.in_turn(faults.status(503))
        server.listen()
        device.try_once()
        device.try_once()
        assert (len(server.store.photos), device.charged) == (1, 800_000)


def test_a_photo_above_the_quota_holds_up_no_other(tmp_path: Path) -> None:
    """Not even when it is the turn of the oldest."""
    with FaultServer() as server:
        device = LimitedDevice(tmp_path, server)
        [too_much] = device.take(1, size=1_000_001)
        device.take(6, start=1)
        for _ in range(12):
            device.try_once()
        assert len(server.store.photos) == 6
        assert device.places(too_much) == ["waiting"]


def test_a_photo_too_large_for_the_rate_limit_waits_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At 1 KB/s, 220 KB arrive in time. The larger photo is tried once an hour."""
    with FaultServer() as server:
        device = LimitedDevice(tmp_path, server, rate=1000.0)
        [too_large] = device.take(1, size=300_000)
        [small] = device.take(1, start=1, size=1000)
        end = device.now + 3000
        while device.now < end:
            device.now += 60
            device.uploader.step()
        assert server.store.photos.keys() == {str(small.name)}
        assert device.places(too_large) == ["waiting"]
        [line] = [one.getMessage() for one in caplog.records if "KBPS" in one.getMessage()]
        assert line.startswith(f"{too_large.name} waits")
        assert "0.3 MB" in line
        assert "CAMERA_MAX_KBPS; set it to 11 or more" in line
        assert server.store.alerts[str(too_large.name)].kind == QUARANTINE


def test_photos_share_the_rate_only_while_each_arrives_in_time() -> None:
    rate = RateLimit(1000.0, FakeClock(seconds=0.0), lambda seconds: None)
    assert rate.allows([200_000])
    assert rate.allows([110_000, 1])
    assert not rate.allows([110_001, 1])
    assert rate.min_kbps(220_000) is None
    assert rate.min_kbps(220_001) == 9
