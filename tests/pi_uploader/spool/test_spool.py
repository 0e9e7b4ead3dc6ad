"""The spool's folders: made by two processes at once, and removed once they are empty."""

from pathlib import Path

from pi_uploader.spool import Spool
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.photo import SHARD_SIZE
from tests.support.spool_photos import put


class SlowDisk(Disk):
    """Another process has made each folder just before this one does."""

    def make_folder(self, folder: Path) -> None:
        folder.mkdir()
        super().make_folder(folder)


class RecordingNames(Disk):
    """Keeps in `listed` the folders that are listed."""

    def __init__(self) -> None:
        self.listed: list[Path] = []

    def names(self, folder: Path) -> list[str]:
        self.listed.append(folder)
        return super().names(folder)


def test_folders_may_be_made_by_another_process_at_the_same_moment(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", SlowDisk())
    assert put(spool, 1) == spool.newest()


def test_the_last_photo_takes_its_folder_with_it_but_not_the_newest(tmp_path: Path) -> None:
    """No folder of photos is listed for that, and the folder that they are in once for the photos
    of an older one, however many there are."""
    disk = RecordingNames()
    spool = Spool(tmp_path / "spool", disk)
    photos = [put(spool, number) for number in range(SHARD_SIZE)]
    folders = [spool.waiting_folder / f"{shard:08d}" for shard in (0, 1)]
    disk.listed.clear()
    for photo in photos[:-2]:
        spool.remove(photo)
    assert all(folder.is_dir() for folder in folders)
    for photo in photos[-2:]:
        spool.remove(photo)
    assert [folder.is_dir() for folder in folders] == [False, True]
    assert disk.listed == 2 * [spool.waiting_folder]
