"""Photos that stay on the device after they were uploaded."""

from pathlib import Path

from pi_uploader.spool import Spool, tally
from pi_uploader.upload.delivery import Delivery
from pi_uploader.upload.loop import Uploader
from tests.rigs.disks import TAKE_ROOM, FailingDisk
from tests.rigs.fault_server import FaultServer
from tests.spool.photos import content, put


def test_an_uploaded_photo_is_kept_under_its_own_name(tmp_path: Path) -> None:
    with FaultServer() as server:
        spool = Spool(tmp_path)
        photo = put(spool, 1)
        Uploader(spool, Delivery(server.base_url, "key"), keep=True).step()
        assert list(server.store.photos) == [str(photo.name)]
    assert spool.kept.path(photo).read_bytes() == content(1)
    assert (tally(tmp_path).waiting, tally(tmp_path).kept) == (0, 1)


def test_a_disk_that_cannot_keep_it_holds_up_no_other(tmp_path: Path) -> None:
    """It was delivered and is not sent again; when the disk can, it is kept."""
    now, disk = 0.0, FailingDisk(kinds=TAKE_ROOM, lasting=True)
    with FaultServer() as server:
        spool = Spool(tmp_path, disk)
        photos = [put(spool, number) for number in range(3)]
        uploader = Uploader(spool, Delivery(server.base_url, "key"), keep=True, clock=lambda: now)
        disk.operations, disk.at = 0, 0
        for _ in range(5):
            uploader.step()
        assert len(server.store.photos) == 3
        assert server.store.repeats == 0
        disk.at = None
        now += 3600
        uploader.step()
    assert all(spool.kept.path(photo).exists() for photo in photos)
    assert tally(tmp_path).waiting == 0
