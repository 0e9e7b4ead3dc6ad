"""The simulated camera: a JPEG with EXIF that depends on the time alone."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from function_app.media.inspection import inspect
from function_app.media.previews import find
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext
from pi_uploader.cameras.media.exif import EXIF_IFD
from pi_uploader.cameras.simulated import camera as camera_module
from pi_uploader.cameras.simulated import clip, scene
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from pi_uploader.motion.frame import FRAME_SIZE

TIME = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
CONTEXT = CaptureContext("garden", Trigger.MOTION, TIME)


def test_a_photo_is_a_jpeg_with_exif() -> None:
    """Pillow loads every pixel; EXIF has camera, trigger and the time in UTC."""
    shot = SimulatedCamera("garden", lambda: TIME).take(CONTEXT)
    assert shot.media is Media.JPEG
    picture = Image.open(BytesIO(shot.content))
    picture.load()
    assert (picture.format, picture.size) == ("JPEG", (1280, 720))
    exif = picture.getexif()
    assert (exif[0x010E], exif[0x0110]) == ("garden, motion", "garden")
    assert exif[0x0132] == "2026:11:20 18:01:34"
    assert dict(exif.get_ifd(EXIF_IFD)) == {
        0x9003: "2026:11:20 18:01:34",
        0x9011: "+00:00",
        0x9291: "567",
    }


def test_a_photo_contains_its_preview() -> None:
    content = SimulatedCamera("garden", lambda: TIME).take(CONTEXT).content
    found = find(content)
    assert found
    assert 8_000 < found.size < 30_000


def test_frames_show_the_scene_small_and_grey() -> None:
    """They come until somebody stops them."""
    stop = threading.Event()
    moments = iter(TIME + timedelta(seconds=n) for n in range(3))
    frames = []
    for frame in SimulatedCamera("garden", lambda: next(moments)).frames(stop):
        frames.append(frame)
        if len(frames) == 3:
            stop.set()
    assert {(frame.luma.shape, frame.luma.dtype.name) for frame in frames} == {
        ((FRAME_SIZE[1], FRAME_SIZE[0]), "uint8")
    }
    assert sorted(frames, key=lambda frame: frame.at) == frames
    assert len({frame.luma.tobytes() for frame in frames}) == 3


def test_a_photo_of_a_moment_shows_what_was_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scene as it was when something moved, and not as it is now."""
    monkeypatch.setattr(camera_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    moment = SimulatedCamera("garden", lambda: TIME + timedelta(seconds=5)).take_at(CONTEXT, 95.0)
    assert moment == SimulatedCamera("garden", lambda: TIME).take(CONTEXT)


def test_while_the_clock_is_not_set_exif_has_no_time() -> None:
    """A wrong time would be believed."""
    timeless = CaptureContext("garden", Trigger.DEMAND, None)
    picture = Image.open(BytesIO(SimulatedCamera("garden").take(timeless).content))
    exif = picture.getexif()
    assert exif[0x010E] == "garden, demand"
    assert 0x0132 not in exif
    assert not exif.get_ifd(EXIF_IFD)


def test_the_scene_depends_on_the_time_alone() -> None:
    """The same time gives the same bytes; another time, or another camera, gives others."""
    moments = [TIME + timedelta(seconds=n * 7) for n in range(10)]
    photos = [SimulatedCamera("garden", lambda m=m: m).take(CONTEXT).content for m in moments]  # type: ignore[misc]
    assert len(set(photos)) == len(photos)
    assert SimulatedCamera("garden", lambda: TIME).take(CONTEXT).content == photos[0]
    assert SimulatedCamera("drive", lambda: TIME).take(CONTEXT).content != photos[0]


def test_something_moves_besides_the_caption() -> None:
    """Two times within one second, with the same caption, differ above it."""
    above = [
        Image.open(BytesIO(SimulatedCamera("garden", lambda m=m: m).take(CONTEXT).content))  # type: ignore[misc]
        .crop((0, 0, 1280, 650))
        .tobytes()
        for m in (TIME, TIME + timedelta(milliseconds=300))
    ]
    assert above[0] != above[1]


def test_without_pillow_the_error_says_what_to_install(tmp_path: Path) -> None:
    """A Pi with its own camera does not need Pillow."""
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
    assert "pip install '.[simulated]'" in done.stderr


def test_a_live_picture_is_the_scene_of_now() -> None:
    picture = Image.open(BytesIO(SimulatedCamera("garden", lambda: TIME).preview()))
    picture.load()
    assert (picture.format, picture.size) == ("JPEG", (640, 360))


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root")
def test_a_clip_shows_the_seconds_from_now_on() -> None:
    camera = SimulatedCamera("garden", lambda: TIME)
    assert camera.records_clips
    shot = camera.take_clip(CONTEXT, 2)
    assert shot.media is Media.MP4
    assert inspect(shot.content) is Media.MP4


def test_a_clip_begins_the_pre_roll_before_its_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[datetime] = []

    def draw(moment: datetime, camera: str) -> Image.Image:
        drawn.append(moment)
        return scene.draw(moment, camera)

    monkeypatch.setattr(clip, "draw", draw)
    SimulatedCamera("garden", lambda: TIME, pre_roll=1.0).take_clip(CONTEXT, 0.6)
    assert drawn[0] == TIME - timedelta(seconds=1)
    assert drawn[-1] == TIME + timedelta(seconds=0.4)


def test_without_ffmpeg_it_records_no_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    camera = SimulatedCamera("garden")
    assert not camera.records_clips
    with pytest.raises(CameraError, match="clips need ffmpeg"):
        camera.take_clip(CONTEXT, 1)


def test_a_clip_that_is_stopped_ends_at_once() -> None:
    camera = SimulatedCamera("garden")
    camera.stop_recording()
    with pytest.raises(CameraError, match=r"stopped|ffmpeg"):
        camera.take_clip(CONTEXT, 60)


def test_one_picture_is_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live pictures beside photos take no more memory than a photo."""
    drawing = threading.Lock()
    draw = scene.draw

    def draw_alone(time: datetime, camera: str) -> Image.Image:
        assert drawing.acquire(blocking=False)
        try:
            return draw(time, camera)
        finally:
            drawing.release()

    monkeypatch.setattr(scene, "draw", draw_alone)
    camera = SimulatedCamera("garden", lambda: TIME)
    with ThreadPoolExecutor(4) as pool:
        photos = [pool.submit(camera.take, CONTEXT) for _ in range(4)]
        previews = [pool.submit(camera.preview) for _ in range(8)]
    assert all(one.result().content for one in photos)
    assert all(one.result() for one in previews)
