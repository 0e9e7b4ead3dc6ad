"""Cameras: what they give is a whole file of its kind."""

import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext, open_camera
from pi_uploader.cameras.exif import EXIF_FOLDER, with_exif
from pi_uploader.cameras.replay import ReplayCamera
from pi_uploader.cameras.simulated import SimulatedCamera
from pi_uploader.settings import CameraSettings, CaptureSettings, SettingsError
from pi_uploader.settings.camera import FORMATS

MOMENT = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
OCCASION = CaptureContext("garden", Trigger.MOTION, MOMENT)


def test_the_simulated_camera_gives_a_real_jpeg() -> None:
    """Pillow opens it and loads every pixel; EXIF has camera, trigger and the time in UTC."""
    shot = SimulatedCamera("garden", lambda: MOMENT).take(OCCASION)
    assert shot.media is Media.JPEG
    picture = Image.open(BytesIO(shot.content))
    picture.load()
    assert (picture.format, picture.size) == ("JPEG", (1280, 720))
    exif = picture.getexif()
    assert (exif[0x010E], exif[0x0110]) == ("garden, motion", "garden")
    assert exif[0x0132] == "2026:11:20 18:01:34"
    assert dict(exif.get_ifd(EXIF_FOLDER)) == {
        0x9003: "2026:11:20 18:01:34",
        0x9011: "+00:00",
        0x9291: "567",
    }


def test_a_photo_without_a_set_clock_says_no_time() -> None:
    """A wrong one would be believed."""
    timeless = CaptureContext("garden", Trigger.DEMAND, None)
    picture = Image.open(BytesIO(SimulatedCamera("garden").take(timeless).content))
    exif = picture.getexif()
    assert exif[0x010E] == "garden, demand"
    assert 0x0132 not in exif
    assert not exif.get_ifd(EXIF_FOLDER)


def test_what_is_no_jpeg_gets_no_exif() -> None:
    assert with_exif(b"\x00\x01", OCCASION) == b"\x00\x01"


def test_the_simulated_scene_follows_from_the_time_alone() -> None:
    """The same moment gives the same bytes; another moment, or another camera, gives others."""
    moments = [MOMENT + timedelta(seconds=n * 7) for n in range(10)]
    photos = [SimulatedCamera("garden", lambda m=m: m).take(OCCASION).content for m in moments]  # type: ignore[misc]
    assert len(set(photos)) == len(photos)
    assert SimulatedCamera("garden", lambda: MOMENT).take(OCCASION).content == photos[0]
    assert SimulatedCamera("drive", lambda: MOMENT).take(OCCASION).content != photos[0]


def test_something_moves_besides_the_caption() -> None:
    """Above the caption, two moments of one second differ as well."""
    above = [
        Image.open(BytesIO(SimulatedCamera("garden", lambda m=m: m).take(OCCASION).content))  # type: ignore[misc]
        .crop((0, 0, 1280, 650))
        .tobytes()
        for m in (MOMENT, MOMENT + timedelta(milliseconds=300))
    ]
    assert above[0] != above[1]


def test_replay_gives_the_pictures_by_name_again_and_again(tmp_path: Path) -> None:
    """Bytes unchanged, the kind from the name; what is no picture is left out."""
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
    shots = [camera.take(OCCASION) for _ in range(9)]
    expected = [pictures[name] for name in ("a.jpg", "b.JPEG", "c.dng", "d.mp4")] * 2
    assert [(shot.content, shot.media) for shot in shots] == [*expected, expected[0]]


def test_replay_sees_what_changes_in_the_folder(tmp_path: Path) -> None:
    """A picture that is added has its turn; one that is gone is no reason to stop."""
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_text(name)
    camera = ReplayCamera(tmp_path)
    assert camera.take(OCCASION).content == b"a.jpg"
    (tmp_path / "b.jpg").write_text("b.jpg")
    (tmp_path / "c.jpg").unlink()
    assert [camera.take(OCCASION).content for _ in range(2)] == [b"b.jpg", b"a.jpg"]


def test_replay_passes_over_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    """One that cannot be read is an error by name, and the next photo is the next picture."""
    (tmp_path / "a.jpg").mkdir()
    (tmp_path / "b.jpg").write_text("b.jpg")
    camera = ReplayCamera(tmp_path)
    with pytest.raises(CameraError, match=r"a\.jpg cannot be read: Is a directory"):
        camera.take(OCCASION)
    assert camera.take(OCCASION).content == b"b.jpg"


def test_replay_of_an_emptied_folder_is_an_error_of_that_photo(tmp_path: Path) -> None:
    """Pictures may come back."""
    (tmp_path / "a.jpg").write_text("a.jpg")
    camera = ReplayCamera(tmp_path)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(CameraError, match="there is no picture in"):
        camera.take(OCCASION)


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_replay_of_no_picture_is_a_wrong_setting(tmp_path: Path, folder: str) -> None:
    """The message names the variable and the folder."""
    (tmp_path / "empty").mkdir()
    [settings] = CaptureSettings.from_environ(
        {"CAMERA_SOURCE": "simulated", "CAMERA_REPLAY": str(tmp_path / folder)}
    ).cameras
    with pytest.raises(SettingsError, match=rf"^CAMERA_REPLAY: .*{folder}"):
        open_camera(settings)


def test_without_pillow_the_simulated_camera_says_what_to_install(tmp_path: Path) -> None:
    """A Pi that uses its own camera has no need of Pillow."""
    code = (
        "import sys; sys.modules['PIL'] = None\n"
        "from pi_uploader.cli import main; sys.exit(main(['capture']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"CAMERA_SOURCE": "simulated", "CAMERA_SPOOL": str(tmp_path / "spool")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    assert "CAMERA_SOURCE" in done.stderr
    assert "pip install 'nightjar[simulated]'" in done.stderr


def test_hidden_files_are_no_pictures(tmp_path: Path) -> None:
    """macOS lays a ._a.jpg beside each picture on a stick, which is none."""
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    (tmp_path / "._a.jpg").write_bytes(bytes.fromhex("0005160700020000") + b"Mac OS X")
    camera = ReplayCamera(tmp_path)
    assert {camera.take(OCCASION).content for _ in range(3)} == {b"a picture"}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_is_opened_and_named(kind: str) -> None:
    """open_camera takes a kind without a case for the simulated one."""
    source = dict(CameraSettings.table())["source"]
    assert kind in source.expected.replace(",", "").split()
    assert kind == "simulated" or f'case "{kind}"' in inspect.getsource(open_camera)
