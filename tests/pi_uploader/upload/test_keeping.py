"""Photos that stay on the device after they were uploaded."""

import errno
import threading
from pathlib import Path

import pytest

from pi_uploader.spool import Spool, count_spool
from pi_uploader.spool.disk import Disk
from pi_uploader.status import status
from pi_uploader.upload.client import BackendClient
from pi_uploader.upload.local_archive import keep_all
from pi_uploader.upload.loop import Uploader
from tests.pi_uploader.spool.photos import content, put
from tests.support.disks import TAKE_ROOM, FailingDisk, FailingPlaceDisk, Fault, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer
from tests.support.waiting import wait_for


def test_an_uploaded_photo_is_kept_under_its_own_name(tmp_path: Path) -> None:
    with FaultServer() as server:
        spool = Spool(tmp_path)
        photo = put(spool, 1)
        Uploader(spool, BackendClient(server.base_url, "key"), keep=True).step()
        assert list(server.store.photos) == [str(photo.name)]
    assert spool.archive.path_of(photo).read_bytes() == content(1)
    assert (count_spool(tmp_path).waiting, count_spool(tmp_path).kept) == (0, 1)


def test_a_disk_that_cannot_keep_it_holds_up_no_other(tmp_path: Path) -> None:
    """It was delivered and is not sent again; when the disk can, it is kept."""
    now, disk = 0.0, FailingDisk(kinds=TAKE_ROOM, lasting=True)
    with FaultServer() as server:
        spool = Spool(tmp_path, disk)
        photos = [put(spool, number) for number in range(3)]
        uploader = Uploader(
            spool,
            BackendClient(server.base_url, "key"),
            keep=True,
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


def test_without_uploading_one_photo_that_cannot_be_moved_holds_up_no_other(
    tmp_path: Path,
) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(4)]
    disk = FailingPlaceDisk(Fault(Kind.RENAME, tmp_path / "waiting" / photos[0].path))
    spool, stop = Spool(tmp_path, disk), threading.Event()
    thread = threading.Thread(target=keep_all, args=(spool, stop))
    thread.start()
    try:
        wait_for(lambda: count_spool(tmp_path).kept == 3, what="three kept photos")
    finally:
        stop.set()
        thread.join(90)
    assert list(spool.waiting_photos()) == photos[:1]


def test_status_names_folders_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers are those of the others."""
    put(Spool(tmp_path), 1)
    bad = tmp_path / "quarantine" / "mine"
    bad.mkdir()
    names = Disk.names

    def failing(self: Disk, folder: Path) -> list[str]:
        if folder == bad:
            raise OSError(errno.EIO, "Input/output error")
        return names(self, folder)

    monkeypatch.setattr(Disk, "names", failing)
    text, facts = status(tmp_path)
    assert f"unreadable    {bad}: Input/output error" in text
    assert facts["unreadable"] == [f"{bad}: Input/output error"]
    assert facts["waiting"] == 1
