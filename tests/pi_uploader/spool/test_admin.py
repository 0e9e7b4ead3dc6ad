"""`pi-uploader spool list`, `verify` and `requeue`."""

import json
from pathlib import Path

import pytest

from photo_wire.motion import Box, Motion
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.admin import count_spool
from pi_uploader.spool.disk import Disk
from tests.support.spool_command import spool_command
from tests.support.spool_photos import put


class RecordingNames(Disk):
    """Keeps in `listed` the folders that are listed."""

    def __init__(self) -> None:
        self.listed: list[Path] = []

    def names(self, folder: Path) -> list[str]:
        self.listed.append(folder)
        return super().names(folder)


def test_list_shows_every_photo_and_where_it_is(tmp_path: Path, photos: list[SpooledPhoto]) -> None:
    done = spool_command(tmp_path / "spool", "list", "--json")
    output = [json.loads(line) for line in done.stdout.splitlines()]
    places = ["waiting", "waiting", "quarantine/damaged", "quarantine/rejected-422"]
    assert [one["place"] for one in output] == places
    assert {one["id"] for one in output} == {str(photo.name) for photo in photos}
    text = spool_command(tmp_path / "spool", "list").stdout
    assert all(str(photo.name) in text for photo in photos)


def test_list_says_what_is_known_of_motion(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for number, motion in enumerate((None, Motion(), Motion(Box(0.125, 0.25, 0.375, 0.5)))):
        put(spool, number, motion=motion)
    done = spool_command(tmp_path / "spool", "list", "--json")
    output = [json.loads(line).get("motion") for line in done.stdout.splitlines()]
    assert output == [None, {"box": None}, {"box": [0.125, 0.25, 0.375, 0.5]}]
    ends = [
        line.partition("bytes")[2]
        for line in spool_command(tmp_path / "spool", "list").stdout.splitlines()
    ]
    assert ends == ["", "  without motion", "  motion at 0.125, 0.25, 0.375, 0.5"]


@pytest.mark.usefixtures("folders_of_three_photos")
def test_counting_lists_each_folder_once_and_parses_the_oldest_alone(
    tmp_path: Path, parsed_names: list[str]
) -> None:
    spool = Spool(tmp_path)
    photos = [put(spool, number) for number in range(12)]
    spool.quarantine(photos[4], "rejected-422")
    disk = RecordingNames()
    parsed_names.clear()
    counts = count_spool(tmp_path, disk=disk)
    assert (counts.waiting, counts.quarantined) == (11, 1)
    assert counts.backlog.oldest == photos[0]
    assert parsed_names == [photos[0].file_name]
    assert len(disk.listed) == len(set(disk.listed))
    shards = set((tmp_path / "waiting").iterdir())
    assert len(shards) > 3
    assert shards < set(disk.listed)


def test_verify_finds_a_flipped_bit(tmp_path: Path, photos: list[SpooledPhoto]) -> None:
    assert spool_command(tmp_path / "spool", "verify").returncode == 0
    (tmp_path / "spool" / "waiting" / photos[1].path).write_bytes(b"photo 0")
    done = spool_command(tmp_path / "spool", "verify")
    assert done.returncode == 1
    assert str(photos[1].name) in done.stdout
    assert str(photos[0].name) not in done.stdout


def test_requeue_moves_all_but_damaged_photos_back(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    done = spool_command(tmp_path / "spool", "requeue")
    assert done.stdout.endswith("1 requeued\n")
    assert list(Spool(tmp_path / "spool").waiting_photos()) == photos[:3]


def test_requeue_says_why_photos_stay_and_what_to_do(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    for _ in range(2):
        done = spool_command(tmp_path / "spool", "requeue")
        assert "1 damaged photo left in quarantine: " in done.stdout
        assert "pi-uploader spool export FOLDER" in done.stdout
    assert done.stdout.endswith("\n0 requeued\n")
    Spool(tmp_path / "empty")
    empty = spool_command(tmp_path / "empty", "requeue")
    assert empty.stdout == "no photo is in quarantine\n0 requeued\n"


def test_without_a_spool_each_command_says_so(tmp_path: Path) -> None:
    for args in (["list"], ["verify"], ["requeue"], ["export", str(tmp_path / "out")]):
        done = spool_command(tmp_path / "none", *args)
        assert done.returncode == 1
        assert f"nothing spooled yet: there is no folder {tmp_path / 'none'}" in done.stderr
        assert not (tmp_path / "none").exists()
