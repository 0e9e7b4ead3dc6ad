"""An unreadable photo holds up no other; an unreadable disk sends few photos to quarantine."""

import errno
from collections.abc import Collection
from pathlib import Path

import pytest

from photo_wire.alert import QUARANTINE
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.admin import requeue, verify
from pi_uploader.upload.outcomes import MAX_UNREADABLE
from pi_uploader.upload.time_correction import DEFER_SECONDS
from tests.support.disks import READ, FailingPathDisk, Kind
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import put
from tests.support.uploading import Device


class BadPhotosDisk(FailingPathDisk):
    """Fails at operations of these kinds with the bad photos."""

    def __init__(self, kinds: Collection[Kind | str], error: int = errno.EBADMSG) -> None:
        super().__init__(error=error)
        self.kinds = kinds
        self.bad: set[str] = set()  # file names

    def _fails(self, kind: Kind | str, path: Path) -> bool:
        return kind in self.kinds and path.name in self.bad


def device_with(
    folder: Path, server: FaultServer, disk: BadPhotosDisk, count: int, bad: Collection[int]
) -> tuple[Device, list[SpooledPhoto]]:
    photos = [put(Spool(folder), number) for number in range(count)]
    disk.bad = {photos[number].file_name for number in bad}
    return Device(folder, server, spool=Spool(folder, disk)), [photos[number] for number in bad]


def report(device: Device) -> None:
    device.now += REPORT_SECONDS
    device.uploader.step()


@pytest.mark.parametrize("error", [errno.EBADMSG, errno.EACCES])
@pytest.mark.parametrize("position", [0, 2, 4])
@pytest.mark.parametrize("kind", [Kind.OPEN, READ])
def test_it_goes_to_quarantine_and_is_reported_and_the_others_are_sent(
    kind: Kind | str, position: int, error: int, tmp_path: Path
) -> None:
    with FaultServer() as server:
        disk = BadPhotosDisk({kind}, error)
        device, [bad] = device_with(tmp_path, server, disk, 5, [position])
        device.try_all(max_tries=6)
        report(device)
        assert len(server.store.photos) == 4
        alert = server.store.alerts[str(bad.name)]
    assert (alert.kind, alert.reason) == (QUARANTINE, "unreadable")
    assert list(device.spool.quarantined_photos()) == [("unreadable", bad)]


def test_when_it_can_be_read_again_it_is_requeued_and_sent(tmp_path: Path) -> None:
    with FaultServer() as server:
        disk = BadPhotosDisk({Kind.OPEN})
        device, [bad] = device_with(tmp_path, server, disk, 3, [1])
        device.try_all(max_tries=4)
        disk.bad = set()
        assert list(requeue(device.spool)) == [bad]
        device.try_all(max_tries=1)
        assert len(server.store.photos) == 3


def test_one_that_cannot_be_moved_either_is_skipped_for_an_hour_and_reported(
    tmp_path: Path,
) -> None:
    with FaultServer() as server:
        disk = BadPhotosDisk({Kind.OPEN, Kind.RENAME})
        device, [bad] = device_with(tmp_path, server, disk, 5, [4])
        for _ in range(20):
            device.try_once()
        report(device)
        assert len(server.store.photos) == 4
        reason = server.store.alerts[str(bad.name)].reason
        disk.bad = set()
        device.try_once()
        assert device.places(bad) == ["waiting"]
        device.now += DEFER_SECONDS
        device.try_once()
        assert len(server.store.photos) == 5
    assert reason == "unreadable; cannot be quarantined: Bad message"


def test_an_unreadable_disk_sends_few_photos_to_quarantine(tmp_path: Path) -> None:
    """The others are tried again in an hour."""
    with FaultServer() as server:
        disk = BadPhotosDisk({Kind.OPEN})
        device, _ = device_with(tmp_path, server, disk, 12, range(12))
        for _ in range(20):
            device.try_once()
        assert len(list(device.spool.quarantined_photos())) == MAX_UNREADABLE
        disk.bad = set()
        device.now += DEFER_SECONDS
        device.try_all(max_tries=12)
        assert len(server.store.photos) == 12 - MAX_UNREADABLE


def test_a_process_without_file_descriptors_quarantines_nothing(tmp_path: Path) -> None:
    """The error is not about the photo."""
    with FaultServer() as server:
        disk = BadPhotosDisk({Kind.OPEN}, errno.EMFILE)
        device, _ = device_with(tmp_path, server, disk, 2, range(2))
        for _ in range(3):
            with pytest.raises(OSError, match="Too many open files"):
                device.try_once()
        disk.bad = set()
        device.try_all(max_tries=2)
        assert len(server.store.photos) == 2


def test_verify_names_it_and_goes_on(tmp_path: Path) -> None:
    with FaultServer() as server:
        device, bad = device_with(tmp_path, server, BadPhotosDisk({Kind.OPEN}), 5, [0, 2])
    assert [photo for photo, _ in verify(device.spool)] == bad
