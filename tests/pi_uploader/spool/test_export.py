"""`pi-uploader spool export`: every photo is copied, and the spool stays as it is."""

import json
from pathlib import Path

import pytest

from pi_uploader.spool import Spool, SpooledPhoto
from tests.support.spool_command import spool_command


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


def test_export_copies_kept_photos(tmp_path: Path, photos: list[SpooledPhoto]) -> None:
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


def test_verify_and_export_continue_after_an_unreadable_photo(
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
def test_export_into_a_folder_that_systemd_removes_is_an_error(tmp_path: Path) -> None:
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
def test_export_prints_the_absolute_path_of_its_folder(tmp_path: Path) -> None:
    done = spool_command(tmp_path / "spool", "export", "out", cwd=tmp_path)
    assert done.stdout.endswith(f"4 copied into {tmp_path / 'out'}\n")
