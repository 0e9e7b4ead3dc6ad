"""Photos that stay on the device after they were uploaded."""

from pathlib import Path

from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Spool
from pi_uploader.spool.admin import count_spool
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support.disks import NEEDS_SPACE, FailingDisk
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import content, put


def test_an_uploaded_photo_is_kept_under_its_own_name(tmp_path: Path) -> None:
    with FaultServer() as server:
        spool = Spool(tmp_path)
        photo = put(spool, 1)
        Uploader(spool, BackendClient(server.base_url, "key"), UploadOptions(keep=True)).step()
        assert list(server.store.photos) == [str(photo.name)]
    assert spool.archive.path_of(photo).read_bytes() == content(1)
    assert (count_spool(tmp_path).waiting, count_spool(tmp_path).kept) == (0, 1)


def test_a_disk_that_cannot_keep_it_holds_up_no_other(tmp_path: Path) -> None:
    """It is delivered and not sent again. Once the disk works, it is kept."""
    now, disk = 0.0, FailingDisk(kinds=NEEDS_SPACE, lasting=True)
    with FaultServer() as server:
        spool = Spool(tmp_path, disk)
        photos = [put(spool, number) for number in range(3)]
        uploader = Uploader(
            spool,
            BackendClient(server.base_url, "key"),
            UploadOptions(keep=True),
            clock=FakeClock(seconds=lambda: now),
        )
        disk.operations, disk.at = 0, 0
        for _ in range(5):
            uploader.step()
        assert len(server.store.photos) == 3
        assert server.store.repeats == 0
        disk.at = None
        now += 3600
        uploader.step()
    assert all(spool.archive.path_of(photo).exists() for photo in photos)
    assert count_spool(tmp_path).waiting == 0
