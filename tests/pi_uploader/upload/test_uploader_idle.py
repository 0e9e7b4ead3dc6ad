"""While nothing can be sent, the uploader sleeps: its steps are counted."""

import math
from pathlib import Path

import pytest

from pi_uploader.alerts.disk_monitor import FIRST_POLL_SECONDS
from pi_uploader.alerts.reporter import REPORT_SECONDS, RETRY_SECONDS
from pi_uploader.clock import BootTime
from pi_uploader.spool import Loss, Quota, Spool
from pi_uploader.spool.losses import NO_ROOM
from tests.support import faults
from tests.support.fault_server import FaultServer, store_photo
from tests.support.spool_photos import put
from tests.support.uploading import Device

FIVE_MINUTES = 300.0


def steps(device: Device, seconds: float) -> int:
    """Run the uploader for `seconds`, each step when the one before says; return how many."""
    end, count = device.now + seconds, 0
    while (wait := device.uploader.step()) + device.now <= end:
        device.now += wait
        count += 1
    device.now = end
    return count


def test_an_idle_uploader_sleeps_until_it_is_notified(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = Device(tmp_path, server)
        steps(device, FIVE_MINUTES)
        assert device.uploader.step() == math.inf
        assert server.requests == []


def test_a_poll_wakes_up_a_thread_if_there_is_something_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo that waits, also for the clock, or a check of the disk."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        calls: list[str] = []
        monkeypatch.setattr(device.uploader, "notify", lambda: calls.append("notified"))
        device.uploader.poll()
        assert calls == []
        photo = put(device.spool, 1)
        device.uploader.poll()
        assert len(calls) == 1
        device.spool.remove(photo)
        device.uploader.poll()
        assert len(calls) == 1
        put(device.spool, 2, taken=BootTime("0123abcd", 1000))
        device.uploader.poll()
        assert len(calls) == 2
        device.spool.remove(next(device.spool.undated_photos()))
        device.now += FIRST_POLL_SECONDS
        device.uploader.poll()
        assert len(calls) == 3


def test_a_delivery_costs_three_steps(tmp_path: Path) -> None:
    """It is sent, then there is nothing to send, and then the state file is written."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        steps(device, FIVE_MINUTES)
        device.take(1)
        device.uploader.notify()
        assert steps(device, FIVE_MINUTES) <= 3
        assert len(server.store.photos) == 1


def test_an_outage_costs_a_step_for_each_attempt(tmp_path: Path) -> None:
    with FaultServer(faults.status(503)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(1)
        steps(device, 600)
        before = len(server.requests)
        assert steps(device, 3600) <= len(server.requests) - before + 1
        server.handler = store_photo
        steps(device, 120)
        assert len(server.store.photos) == 1


def test_the_breaker_is_tried_when_it_closes_and_not_before(tmp_path: Path) -> None:
    with FaultServer(faults.status(503)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(1)
        assert device.uploader.step() == device.wait > 0
        device.now += device.wait
        device.uploader.step()
        assert len(server.requests) == 2


def test_a_loss_is_reported_when_it_is_notified(tmp_path: Path) -> None:
    """At once if the last report is five seconds old, else when it is."""
    with FaultServer() as server:
        spool = Spool(tmp_path, quota=Quota(max_bytes=150, reserve=0))
        device = Device(tmp_path, server, spool=spool)
        steps(device, FIVE_MINUTES)
        for count in (1, 2):
            device.take(2, start=2 * count)
            device.uploader.notify()
            steps(device, REPORT_SECONDS)
            assert len(server.store.alerts) == count


@pytest.mark.parametrize("count", [1, 3])
def test_photos_are_named_as_soon_as_the_clock_is_set(tmp_path: Path, count: int) -> None:
    """While some wait for it, the clock is looked at every second."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        boot = BootTime("0123abcd", 1000)
        device.clock.boot_time, device.clock.synchronized = boot, False
        for number in range(count):
            put(device.spool, number, taken=boot)
        assert 55 <= steps(device, 60) <= 70
        device.clock.synchronized = True
        steps(device, 2)
        assert len(server.store.photos) == count
        assert steps(device, FIVE_MINUTES) <= 2


def test_the_loss_of_the_photo_that_failed_is_reported(tmp_path: Path) -> None:
    """Its failure has opened the breaker, and no other photo is there to close it."""
    with FaultServer(faults.status(503)) as server:
        device = Device(tmp_path, server, chance=1.0)
        (photo,) = device.take(1)
        device.uploader.step()
        path = next(tmp_path.rglob(photo.file_name))
        device.spool.losses.evict(path, Loss(photo, NO_ROOM))
        device.uploader.notify()
        assert steps(device, 600) <= 600 / RETRY_SECONDS + 2
        server.handler = store_photo
        steps(device, 2 * RETRY_SECONDS)
        assert [alert.name for alert in server.store.alerts.values()] == [photo.name]
