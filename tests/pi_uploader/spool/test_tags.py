"""Finding photos by their tags, wherever they are on the device."""

from pathlib import Path

from pi_uploader.clock import BootTime
from pi_uploader.spool import Spool
from pi_uploader.spool.tags import find_by_tag
from tests.support.spool_photos import name, put


def test_a_photo_is_found_wherever_it_is(tmp_path: Path) -> None:
    """Waiting, undated, in quarantine, kept; and not once it is removed."""
    spool = Spool(tmp_path)
    photos = [put(spool, number) for number in range(1, 4)]
    put(spool, 4, taken=BootTime("5f3a9c2e", 1))
    put(spool, 300)
    spool.quarantine(photos[0], "rejected-422")
    spool.remove(photos[1], keep=True)
    spool.remove(photos[2])
    found = [find_by_tag(tmp_path, f"{number:08x}") for number in (1, 2, 3, 4, 5, 300)]
    assert found == [[name(1)], [name(2)], [], [name(4)], [], [name(300)]]


def test_photos_of_several_cameras_may_have_one_tag(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put(spool, 1, camera="gate")
    put(spool, 1, camera="entry")
    assert find_by_tag(tmp_path, f"{1:08x}") == [name(1, "entry"), name(1, "gate")]


def test_other_files_and_a_missing_folder_are_ignored(tmp_path: Path) -> None:
    Spool(tmp_path)
    (tmp_path / "waiting" / "00000000").mkdir()
    (tmp_path / "waiting" / "00000000" / "note-00000001~").touch()
    (tmp_path / "kept" / "a" / "b").mkdir(parents=True)
    (tmp_path / "kept" / "a" / "b" / "note-00000001.txt").touch()
    assert find_by_tag(tmp_path, "00000001") == []
    assert find_by_tag(tmp_path / "missing", "00000001") == []
