"""The replay camera: the pictures of a folder, their bytes unchanged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext, open_camera
from pi_uploader.cameras.replay import ReplayCamera
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings

MOMENT = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
CONTEXT = CaptureContext("garden", Trigger.MOTION, MOMENT)


def test_pictures_are_replayed_by_name_again_and_again(tmp_path: Path) -> None:
    """Their bytes are unchanged, their type follows from the name; other files are ignored."""
    pictures = {
        "b.JPEG": (b"second", Media.JPEG),
        "a.jpg": (b"first", Media.JPEG),
        "c.dng": (b"third\r\n\x00", Media.DNG),
        "d.mp4": (b"fourth", Media.MP4),
    }
    for name, (content, _) in pictures.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("not a picture")
    camera = ReplayCamera(tmp_path)
    shots = [camera.take(CONTEXT) for _ in range(9)]
    expected = [pictures[name] for name in ("a.jpg", "b.JPEG", "c.dng", "d.mp4")] * 2
    assert [(shot.content, shot.media) for shot in shots] == [*expected, expected[0]]


def test_changes_of_the_folder_count(tmp_path: Path) -> None:
    """An added picture has its turn; a removed one is skipped."""
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_text(name)
    camera = ReplayCamera(tmp_path)
    assert camera.take(CONTEXT).content == b"a.jpg"
    (tmp_path / "b.jpg").write_text("b.jpg")
    (tmp_path / "c.jpg").unlink()
    assert [camera.take(CONTEXT).content for _ in range(2)] == [b"b.jpg", b"a.jpg"]


def test_an_unreadable_picture_is_skipped(tmp_path: Path) -> None:
    """The error names it, and the next photo is the next picture."""
    (tmp_path / "a.jpg").mkdir()
    (tmp_path / "b.jpg").write_text("b.jpg")
    camera = ReplayCamera(tmp_path)
    with pytest.raises(CameraError, match=r"a\.jpg cannot be read: Is a directory"):
        camera.take(CONTEXT)
    assert camera.take(CONTEXT).content == b"b.jpg"


def test_an_emptied_folder_is_an_error_of_that_photo(tmp_path: Path) -> None:
    """Pictures may come back."""
    (tmp_path / "a.jpg").write_text("a.jpg")
    camera = ReplayCamera(tmp_path)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(CameraError, match="there is no picture in"):
        camera.take(CONTEXT)


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_pictures_is_a_wrong_setting(tmp_path: Path, folder: str) -> None:
    """The message names the variable and the folder."""
    (tmp_path / "empty").mkdir()
    [settings] = load_settings(
        CaptureSettings, {"CAMERA_SOURCE": "simulated", "CAMERA_REPLAY": str(tmp_path / folder)}
    ).cameras
    with pytest.raises(SettingsError, match=rf"^CAMERA_REPLAY: .*{folder}"):
        open_camera(settings)


def test_hidden_files_are_ignored(tmp_path: Path) -> None:
    """macOS writes a ._a.jpg, which is not a picture, beside each a.jpg on a USB stick."""
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    (tmp_path / "._a.jpg").write_bytes(bytes.fromhex("0005160700020000") + b"Mac OS X")
    camera = ReplayCamera(tmp_path)
    assert {camera.take(CONTEXT).content for _ in range(3)} == {b"a picture"}
