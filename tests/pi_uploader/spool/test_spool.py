"""The spool's folders: capture and upload may create them at the same moment."""

from pathlib import Path

from pi_uploader.spool import Spool
from pi_uploader.spool.disk import Disk
from tests.support.spool_photos import put


class SlowDisk(Disk):
    """Another process has made each folder just before this one does."""

    def make_folder(self, folder: Path) -> None:
        folder.mkdir()
        super().make_folder(folder)


def test_folders_may_be_made_by_another_process_at_the_same_moment(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", SlowDisk())
    assert put(spool, 1) == spool.newest()
