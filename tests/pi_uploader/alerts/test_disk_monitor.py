"""A disk that is read-only or hides photos is reported once, until that is over."""

from pathlib import Path

import pytest

from photo_wire.alert import DISK
from pi_uploader.alerts import disk_monitor
from pi_uploader.alerts.disk_monitor import FIRST_POLL_SECONDS, POLL_SECONDS, DiskMonitor
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.spool import Spool
from tests.support.disks import FailingPathDisk, Fault, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import START, put
from tests.support.uploading import Device


def test_a_folder_that_cannot_be_read_is_reported_once(tmp_path: Path) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(3)]
    disk = FailingPathDisk(Fault(Kind.NAMES, tmp_path / "waiting" / "00000000"))
    spool = Spool(tmp_path, disk)
    spool.quarantine_folder.joinpath("mine").mkdir()
    file = spool.waiting_folder / photos[0].path
    file.rename(spool.quarantine_folder / "mine" / file.name)
    with FaultServer() as server:
        device = Device(tmp_path, server, spool=spool)
        device.now = FIRST_POLL_SECONDS
        for _ in range(3):
            device.uploader.step()
            device.now += POLL_SECONDS
        [alert] = [one for one in server.store.alerts.values() if one.kind == DISK]
        assert "such as waiting/00000000 (Input/output error)" in alert.reason
        disk.fault = None
        device.try_all(max_tries=4)
        device.now += REPORT_SECONDS
        assert len(server.store.photos) == 2


def test_a_read_only_disk_is_reported_again_after_it_was_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, is_read_only = [0.0], [True]
    spool, outbox = Spool(tmp_path), AlertOutbox(tmp_path / "alerts.json")
    monkeypatch.setattr(disk_monitor, "is_read_only", lambda folder: is_read_only[0])
    monitor = DiskMonitor(spool, outbox, FakeClock(seconds=lambda: now[0], wall=START))

    def look() -> None:
        now[0] += POLL_SECONDS
        monitor.poll()

    look()
    assert outbox.pending() == []  # no photo, so no camera is known
    put(spool, 1)
    look()
    [alert] = outbox.pending()
    assert (alert.kind, "read-only" in alert.reason) == (DISK, True)
    outbox.record_sent(alert)
    look()
    assert outbox.pending() == []
    is_read_only[0] = False
    look()
    is_read_only[0] = True
    look()
    assert len(outbox.pending()) == 1
