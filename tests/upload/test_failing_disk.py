"""A disk that fails under the uploader loses no photo, and does not have it sent for ever."""

import errno
import threading
from itertools import count
from pathlib import Path

import pytest

from pi_uploader.spool import Spool
from pi_uploader.upload.loop import work
from tests.rigs import faults
from tests.rigs.disks import FailingDisk, Kind
from tests.rigs.fault_server import FaultServer
from tests.rigs.oracle import entries
from tests.spool.photos import put
from tests.upload.device import Device

HOUR = 3600.0  # seconds


class AnHour(threading.Event):
    """Stops the uploader's work after an hour of its clock, which resting turns, or when nothing
    waits any more."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self._device = device

    def wait(self, timeout: float | None = None) -> bool:
        self._device.now += timeout or 0.0
        if self._device.now >= HOUR or not list(entries(self._device.folder, ["waiting"])):
            self.set()
        return self.is_set()


def test_every_operation_may_fail_once(tmp_path: Path) -> None:
    """Each photo is stored, or still here and set aside at worst, and none is stored twice."""
    for at in count():
        folder = tmp_path / f"{at}"
        photos = [put(Spool(folder), number) for number in range(3)]
        disk = FailingDisk(at, errno.EIO)
        with FaultServer(faults.for_photo({str(photos[1].name)}, faults.status(422))) as server:
            device = Device(folder, server, spool=Spool(folder, disk), chance=1.0)
            work(device.uploader, AnHour(device))
        if not disk.failed:
            break
        for photo in photos:
            stored = str(photo.name) in server.store.photos
            assert len(device.places(photo)) + stored == 1, (at, disk.failed)
        assert server.store.repeats <= 1


@pytest.mark.parametrize("kind", [Kind.REMOVE, Kind.RENAME])
def test_a_disk_that_takes_no_change_is_no_reason_to_send_a_photo_for_ever(
    kind: Kind, tmp_path: Path
) -> None:
    """A worn SD card turns read-only: the photos are sent, and seldom again."""
    photos = [put(Spool(tmp_path), number) for number in range(3)]
    disk = FailingDisk(0, errno.EROFS, kinds={kind}, lasting=True)
    with FaultServer(faults.for_photo({str(photos[1].name)}, faults.status(422))) as server:
        device = Device(tmp_path, server, spool=Spool(tmp_path, disk), chance=1.0)
        work(device.uploader, AnHour(device))
    assert len(server.store.photos) == 2
    assert len(server.requests) < 60
