"""The totals of folders: exact, and read again only where something has changed."""

import os
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_uploader.spool import Spool
from pi_uploader.spool.admin import count_spool
from pi_uploader.spool.disk import TIME_STEP_NS
from pi_uploader.spool.totals import CachedTotals, Totals
from tests.support.disks import FailingDisk, FailingPathDisk, Fault, Kind
from tests.support.file_names import file_names
from tests.support.oracle import entries
from tests.support.spool_photos import name, put

FOLDERS = ("waiting/00000000", "waiting/00000001", "undated/00000000", "waiting/1", "quarantine/x")
FILE_NAME = f"0000000001~{name(1)}~motion~synced~7~{'ab' * 32}.jpg"


def let_time_pass(folder: Path) -> None:
    """Set every folder's time back by as much as makes it unlike that of a change now."""
    for one in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        changed_at = one.stat().st_mtime_ns - 2 * TIME_STEP_NS
        os.utime(one, ns=(changed_at, changed_at))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FOLDERS), st.sets(file_names, max_size=8)))
def test_counts_and_usage_are_those_of_all_names_parsed(names: dict[str, set[str]]) -> None:
    """Whatever else is in the folders."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        spool = Spool(folder)
        for part, some in names.items():
            (folder / part).mkdir(parents=True, exist_ok=True)
            for file_name in some:
                (folder / part / file_name).touch()
        photos = {
            part: [photo for path, photo in entries(folder, [part]) if path.parent.name != "1"]
            for part in ("waiting", "undated", "quarantine")
        }
        waiting = photos["waiting"] + photos["undated"]
        counts = count_spool(folder)
        assert counts.waiting == len(waiting)
        assert counts.backlog.undated == len(photos["undated"])
        assert counts.backlog.bytes == sum(photo.size for photo in waiting)
        assert counts.quarantined == len(photos["quarantine"])
        assert spool.usage().used == sum(photo.size for some in photos.values() for photo in some)
        assert spool.waiting_by_camera() == Counter(one.name.camera for one in photos["waiting"])
        listed = next(spool.waiting_photos(), None) or next(spool.undated_photos(), None)
        assert counts.backlog.oldest == listed


@pytest.mark.usefixtures("folders_of_three_photos")
def test_only_a_folder_that_has_changed_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the next change may get the same time, the folder is read each time."""
    photos = [put(Spool(tmp_path), number, camera=f"camera-{number % 2}") for number in range(12)]
    let_time_pass(tmp_path)
    disk = FailingDisk(kinds={Kind.NAMES})  # never fails, but counts
    spool = Spool(tmp_path, disk)

    def count() -> tuple[int, dict[str, int]]:
        before = disk.operations
        cameras = dict(spool.waiting_by_camera())
        return disk.operations - before, cameras

    folders = len(list((tmp_path / "waiting").iterdir()))
    assert count() == (1 + folders, {"camera-0": 6, "camera-1": 6})
    assert count() == (1, {"camera-0": 6, "camera-1": 6})  # the parent alone
    Spool(tmp_path).remove(photos[5])
    changed_at = (tmp_path / "waiting" / photos[5].path).parent.stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: changed_at)  # however long this machine takes
        assert count() == (2, {"camera-0": 6, "camera-1": 5})
        assert count() == (2, {"camera-0": 6, "camera-1": 5})
    let_time_pass(tmp_path)
    count()
    assert count() == (1, {"camera-0": 6, "camera-1": 5})


def test_a_folder_that_cannot_be_read_counts_as_it_was_and_a_removed_one_not(
    tmp_path: Path,
) -> None:
    for part in ("good", "bad", "removed"):
        (tmp_path / part).mkdir()
        (tmp_path / part / FILE_NAME).touch()
    disk = FailingPathDisk()
    folders = [tmp_path / part for part in ("good", "bad", "removed")]
    totals = CachedTotals(lambda: folders, disk)
    one = Totals(7, {"entry": 1})
    assert totals.read() == [one, one, one]
    (tmp_path / "bad" / FILE_NAME).unlink()
    (tmp_path / "removed" / FILE_NAME).unlink()
    (tmp_path / "removed").rmdir()
    for kind in (Kind.NAMES, Kind.CHANGED_AT):
        disk.fault = Fault(kind, tmp_path / "bad")
        assert totals.read() == [one, one]
    disk.fault = None
    assert totals.read() == [one, Totals()]
