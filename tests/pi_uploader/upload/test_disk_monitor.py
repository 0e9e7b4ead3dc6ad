"""The backend is told that a device's disk is read-only or hides photos: once, until it is over."""

from pathlib import Path

from photo_wire.alert import DISK
from pi_uploader.alerts.disk_monitor import BETWEEN_LOOKS, FIRST_LOOK, DiskMonitor
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.reporter import REPORT_PAUSE
from pi_uploader.spool import Spool
from tests.pi_uploader.spool.photos import START, put
from tests.pi_uploader.upload.device import Device
from tests.support.disks import FailingPlaceDisk, Fault, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer


def test_a_folder_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(3)]
    disk = FailingPlaceDisk(Fault(Kind.NAMES, tmp_path / "waiting" / "00000000"))
    spool = Spool(tmp_path, disk)
    spool.quarantine_folder.joinpath("mine").mkdir()
    file = spool.waiting_folder / photos[0].path
    file.rename(spool.quarantine_folder / "mine" / file.name)
    with FaultServer() as server:
        device = Device(tmp_path, server, spool=spool)
        device.now = FIRST_LOOK
        for _ in range(3):
            device.uploader.step()
            device.now += BETWEEN_LOOKS
        [alert] = [one for one in server.store.alerts.values() if one.kind == DISK]
        assert "such as waiting/00000000 (Input/output error)" in alert.reason
        disk.fault = None
        device.try_all(most=4)
        device.now += REPORT_PAUSE
        assert len(server.store.photos) == 2


def test_a_read_only_disk_is_told_again_when_it_was_over(tmp_path: Path) -> None:
    now, is_read_only = [0.0], [True]
    spool, noticed = Spool(tmp_path), AlertOutbox(tmp_path / "alerts.json")
    monitor = DiskMonitor(
        spool,
        noticed,
        FakeClock(seconds=lambda: now[0], wall=START),
        lambda folder: is_read_only[0],
    )

    def look() -> None:
        now[0] += BETWEEN_LOOKS
        monitor.look()

    look()
    assert noticed.pending() == []  # no photo, so no camera is known
    put(spool, 1)
    look()
    [alert] = noticed.pending()
    assert (alert.kind, "read-only" in alert.reason) == (DISK, True)
    noticed.mark_sent(alert)
    look()
    assert noticed.pending() == []
    is_read_only[0] = False
    look()
    is_read_only[0] = True
    look()
    assert len(noticed.pending()) == 1
