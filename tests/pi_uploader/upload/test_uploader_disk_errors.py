"""A failing disk loses no photo, and no photo is sent again and again because of it."""

import errno
import threading
from itertools import count
from pathlib import Path

import pytest

from pi_uploader.clock import BootTime
from pi_uploader.spool import Spool
from pi_uploader.upload.process import upload_all
from pi_uploader.upload.wake_ups import POLL_SECONDS
from tests.support import faults
from tests.support.disks import FailingDisk, Kind
from tests.support.fault_server import FaultServer
from tests.support.oracle import entries
from tests.support.spool_photos import put
from tests.support.uploading import Device

MAX_SECONDS = 900.0
TAKEN = BootTime("00000000", 1)  # in an earlier boot, so that it is named at once


class StopAfterAWhile(threading.Event):
    """Set when the spool is empty, or after a while of the device's time: each step takes a second,
    and what it waits, which is a minute at most."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self._device = device

    def wait(self, timeout: float | None = None) -> bool:
        self._device.now += 1.0 + min(timeout or 0.0, POLL_SECONDS)
        waiting = list(entries(self._device.folder, ["waiting", "undated"]))
        if self._device.now >= MAX_SECONDS or not waiting:
            self.set()
        return self.is_set()


def upload(folder: Path, disk: FailingDisk) -> FaultServer:
    """Put four photos, of which the server rejects the second and the third needs a name, and
    upload them from this disk for a while."""
    spool = Spool(folder)
    photos = [put(spool, number, taken=TAKEN if number == 2 else None) for number in range(4)]
    rejecting = faults.for_photo({str(photos[1].name)}, faults.status(422))
    with FaultServer(rejecting) as server:
        device = Device(folder, server, spool=Spool(folder, disk), chance=1.0)
        stop = StopAfterAWhile(device)
        upload_all(device.uploader, stop, sleep=stop.wait)
    stored = {one.receipt.sha256 for one in server.store.photos.values()}
    assert photos[1].sha256 not in stored
    for photo in photos:
        assert device.places(photo) or photo.sha256 in stored
        assert len(device.places(photo)) <= 1
    return server


@pytest.mark.slow
def test_any_disk_operation_may_fail_once(tmp_path: Path) -> None:
    """Everything is uploaded all the same, once."""
    for at in count():
        disk = FailingDisk(at, errno.EIO)
        server = upload(tmp_path / f"{at}", disk)
        if not disk.failed:
            break
        assert len(server.store.photos) == 3, (at, disk.failed)
        assert server.store.repeats <= 1


@pytest.mark.parametrize("kind", [Kind.REMOVE, Kind.RENAME])
def test_a_read_only_disk_stops_no_upload_and_repeats_none(kind: Kind, tmp_path: Path) -> None:
    """A worn SD card turns read-only: the photos are sent, except one that cannot be named."""
    disk = FailingDisk(0, errno.EROFS, kinds={kind}, lasting=True)
    server = upload(tmp_path, disk)
    assert len(server.store.photos) == (2 if kind is Kind.RENAME else 3)
    assert len(server.requests) < 20
