"""What others leave in the spool's folders costs no photo, and nothing stumbles over it.

A file manager leaves `.DS_Store` and `Thumbs.db`, ext4 `lost+found`, a person whatever.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from pi_uploader.clock import BootTime
from pi_uploader.spool import Quota, Spool
from pi_uploader.spool.admin import count_spool, list_photos, requeue, verify
from pi_uploader.spool.export import export
from tests.support.fault_server import FaultServer
from tests.support.spool_photos import content, put
from tests.support.uploading import Device

SIZE = 96
STATE_FILES = (  # of Nightjar itself, in the spool's own folder
    *("armed.json", "capture.sock", "commands.json", "paused.json"),
    *("device-counter", "device-key", "upload.json", "upload.sock"),
)
FOLDERS = (
    ".",
    "waiting",
    "waiting/00000000",
    "undated",
    "undated/00000000",
    "quarantine",
    "quarantine/rejected-422",
    "lost",
    "lost/no-room",
    "reported",
    "reported/no-room",
    "kept",
    "kept/entry",
    "kept/entry/2026-11-20",
)


def a_file(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"of somebody else")


def a_folder(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).mkdir()


def a_dangling_link(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "nowhere")


def a_name_that_is_no_text(folder: Path) -> None:
    (folder / "\udcff\udcfe").mkdir()


FOREIGN = (
    a_file(".DS_Store"),
    a_file("Thumbs.db"),
    a_folder("lost+found"),
    a_file("00000007"),  # like a folder of photos
    a_folder("99999999"),  # behind the last number
    a_folder("²"),
    a_folder("1" * 30),
    a_dangling_link,
    a_name_that_is_no_text,
    *map(a_file, STATE_FILES),
)


@pytest.fixture
def _full_spool(tmp_path: Path) -> None:
    """A spool with something in each of its folders: three photos are evicted, and the loss of one
    is reported; one is kept, one quarantined, one undated, one waits."""
    spool = room_for(tmp_path, 3)
    photos = [put(spool, number) for number in range(6)]
    spool.losses.record_reported(next(spool.losses.unreported()))
    spool.remove(photos[3], keep=True)
    spool.quarantine(photos[4], "rejected-422")
    put(spool, 6, taken=BootTime("00000000", 1))


def room_for(folder: Path, photos: int) -> Spool:
    return Spool(folder, quota=Quota(photos * SIZE, reserve=0), keep_bytes=10 * SIZE)


@pytest.mark.usefixtures("_full_spool")
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_photo_is_lost_and_nothing_stumbles(folder: str, tmp_path: Path) -> None:
    before = count_spool(tmp_path)
    for leave in FOREIGN:
        leave(tmp_path / folder)
    spool = room_for(tmp_path, 5)
    fitting = [put(spool, number) for number in (20, 21)]
    after = count_spool(tmp_path)
    assert (after.waiting, after.quarantined, after.losses) == (4, 1, before.losses)
    put(spool, 22)  # the quarantined one is evicted
    after = count_spool(tmp_path)
    assert (after.waiting, after.quarantined, after.losses) == (5, 0, before.losses + 1)
    assert spool.usage().used == 5 * SIZE
    assert len(list(list_photos(spool))) == after.waiting + after.unreported
    assert not list(verify(spool))
    copies = {copy.name for copy in export(spool, tmp_path.with_name(f"{tmp_path.name}-out"))}
    assert copies >= {f"{one.name}.jpg" for one in fitting}
    spool.quarantine(fitting[0], "rejected-422")
    assert list(requeue(spool)) == fitting[:1]
    spool.archive.purge(None)
    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.try_all(max_tries=8)
        device.now += 60
        device.uploader.step()
        assert len(server.store.photos) == 5
        assert len(server.store.alerts) >= after.unreported


def test_a_file_in_the_place_of_a_folder_of_photos_costs_none(tmp_path: Path) -> None:
    """The photos go into the folder behind it."""
    spool = Spool(tmp_path)
    put(spool, 0)
    (tmp_path / "waiting" / "00000001").write_bytes(b"")
    photos = [put(spool, number) for number in range(1, 300)]
    assert len(list(spool.waiting_photos())) == 300
    assert photos[-1] == spool.newest()
    again = Spool(tmp_path)
    assert put(again, 300) == again.newest()
    with again.open(photos[260]) as file:
        assert file.read() == content(261)
