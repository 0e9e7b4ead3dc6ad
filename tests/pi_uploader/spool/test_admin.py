"""`pi-uploader spool ...`: what a person may do with a spool by hand."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.processes import ROOT
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto


@pytest.fixture
def photos(tmp_path: Path) -> list[SpooledPhoto]:
    """Four photos in a spool: two that wait, one set aside, one set aside as damaged."""
    spool = Spool(tmp_path / "spool")
    photos = [
        spool.put(
            b"photo %d" % minute,
            PhotoInfo(
                new_name("gate", datetime(2026, 11, 20, 12, minute, tzinfo=UTC)),
                Media.JPEG,
                Trigger.MOTION,
                ClockStatus.SYNCED,
            ),
        )
        for minute in range(4)
    ]
    spool.quarantine(photos[2], "rejected-422")
    spool.quarantine(photos[3], "damaged")
    return photos


def spool_command(
    folder: Path, *args: str, cwd: Path = ROOT, **env: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", "spool", *args],
        cwd=cwd,
        env={"CAMERA_SPOOL": str(folder), "PATH": "", "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_list_shows_every_photo_and_where_it_is(tmp_path: Path, photos: list[SpooledPhoto]) -> None:
    done = spool_command(tmp_path / "spool", "list", "--json")
    output = [json.loads(line) for line in done.stdout.splitlines()]
    places = ["waiting", "waiting", "quarantine/damaged", "quarantine/rejected-422"]
    assert [one["place"] for one in output] == places
    assert {one["id"] for one in output} == {str(photo.name) for photo in photos}
    text = spool_command(tmp_path / "spool", "list").stdout
    assert all(str(photo.name) in text for photo in photos)


def test_verify_finds_a_flipped_bit(tmp_path: Path, photos: list[SpooledPhoto]) -> None:
    assert spool_command(tmp_path / "spool", "verify").returncode == 0
    (tmp_path / "spool" / "waiting" / photos[1].path).write_bytes(b"photo 0")
    done = spool_command(tmp_path / "spool", "verify")
    assert done.returncode == 1
    assert str(photos[1].name) in done.stdout
    assert str(photos[0].name) not in done.stdout


def test_requeue_lets_all_but_damaged_photos_wait_again(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    done = spool_command(tmp_path / "spool", "requeue")
    assert done.stdout.endswith("1 requeued\n")
    assert list(Spool(tmp_path / "spool").waiting_photos()) == photos[:3]


def test_export_copies_every_photo_and_changes_nothing(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    done = spool_command(tmp_path / "spool", "export", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    for minute, photo in enumerate(photos):
        assert (tmp_path / "out" / f"{photo.name}.jpg").read_bytes() == b"photo %d" % minute
        output = json.loads((tmp_path / "out" / f"{photo.name}.json").read_text())
        assert (output["sha256"], output["trigger"]) == (photo.sha256, "motion")
    assert list(Spool(tmp_path / "spool").waiting_photos()) == photos[:2]


def test_export_copies_photos_that_are_kept_on_the_device(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    """And `list` shows them."""
    Spool(tmp_path / "spool").remove(photos[0], keep=True)
    done = spool_command(tmp_path / "spool", "export", str(tmp_path / "out"))
    assert done.stdout.endswith(f"4 copied into {tmp_path / 'out'}\n")
    assert (tmp_path / "out" / f"{photos[0].name}.jpg").read_bytes() == b"photo 0"
    output = json.loads((tmp_path / "out" / f"{photos[0].name}.json").read_text())
    place = "kept/gate/2026-11-20"
    assert (output["place"], output["sha256"]) == (place, photos[0].sha256)
    listed = spool_command(tmp_path / "spool", "list").stdout
    assert [line.split()[1] for line in listed.splitlines() if line.startswith(place)] == [
        str(photos[0].name)
    ]


def test_verify_and_export_go_on_past_a_photo_that_cannot_be_read(
    tmp_path: Path, photos: list[SpooledPhoto]
) -> None:
    """They name it, and end with 1."""
    file = tmp_path / "spool" / "waiting" / photos[0].path
    file.unlink()
    file.symlink_to(file)  # whoever opens it is told ELOOP
    verified = spool_command(tmp_path / "spool", "verify")
    assert (verified.returncode, "1 damaged" in verified.stdout) == (1, True)
    exported = spool_command(tmp_path / "spool", "export", str(tmp_path / "out"))
    assert exported.returncode == 1
    assert f"3 copied into {tmp_path / 'out'}, 1 left out" in exported.stdout
    assert str(photos[0].name) in exported.stderr
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 3


@pytest.mark.usefixtures("photos")
def test_export_into_a_folder_that_goes_with_the_process_is_refused(tmp_path: Path) -> None:
    """systemd removes it at the end: who then wipes the card would have lost the photos."""
    fleeting = tmp_path / "run"
    fleeting.mkdir()
    for target in ("out", ".", str(fleeting / "out"), f"{tmp_path}/x/../run/out"):
        done = spool_command(
            tmp_path / "spool", "export", target, cwd=fleeting, RUNTIME_DIRECTORY=f"/x:{fleeting}"
        )
        assert done.returncode == 1
        assert f"nothing is exported: {target} would be in {fleeting}" in done.stderr
        assert "give the absolute path" in done.stderr
        assert not done.stdout
    assert not list(fleeting.iterdir())


@pytest.mark.usefixtures("photos")
def test_export_says_the_whole_path_of_its_folder(tmp_path: Path) -> None:
    done = spool_command(tmp_path / "spool", "export", "out", cwd=tmp_path)
    assert done.stdout.endswith(f"4 copied into {tmp_path / 'out'}\n")


def test_without_a_spool_each_command_says_so(tmp_path: Path) -> None:
    for args in (["list"], ["verify"], ["requeue"], ["export", str(tmp_path / "out")]):
        done = spool_command(tmp_path / "none", *args)
        assert done.returncode == 1
        assert f"nothing spooled yet: there is no folder {tmp_path / 'none'}" in done.stderr
        assert not (tmp_path / "none").exists()
