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
from typing import cast

import numpy as np
import pytest
from PIL import Image

from function_app.media.inspection import inspect
from function_app.media.previews import find
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.cameras import CameraError, CaptureContext
from pi_uploader.cameras.media.exif import EXIF_IFD
from pi_uploader.cameras.simulated import camera as camera_module
from pi_uploader.cameras.simulated import clip, scene
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from pi_uploader.motion.detector import MotionDetector
from pi_uploader.motion.frame import FRAME_SIZE
from pi_uploader.motion.sensitivity import Sensitivity

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


class FastClock:
    """The clock of a camera whose frames come at once: waiting for the next frame moves it on."""

    def __init__(self, begin: datetime, seconds: float) -> None:
        self._begin, self._seconds, self._passed = begin, seconds, 0.0

    def monotonic(self) -> float:
        return self._passed

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._passed)

    def wait(self, seconds: float) -> bool:
        self._passed += seconds
        return self._passed >= self._seconds


def is_on(box: Box, visit: scene.Visit) -> bool:
    """Return whether a box has a part of the visitor in it."""
    half, height = (60, 200) if visit.is_person else (115, 130)
    left, right = box.left * scene.WIDTH, (box.left + box.width) * scene.WIDTH
    top, bottom = box.top * scene.HEIGHT, (box.top + box.height) * scene.HEIGHT
    across = left < visit.x + half and right > visit.x - half
    return across and top < visit.feet and bottom > visit.feet - height


@pytest.mark.slow
def test_the_detector_finds_every_visit_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """At each sensitivity: a fox and a person from both sides, and the pauses between visits."""
    clock = FastClock(TIME.replace(minute=0, second=30), 6 * scene.VISIT_EVERY)
    monkeypatch.setattr(camera_module, "time", clock)
    camera = SimulatedCamera("garden", clock.now, is_watched=True)
    detectors = {one: MotionDetector(one) for one in Sensitivity}
    found: dict[Sensitivity, set[int]] = {one: set() for one in Sensitivity}
    expected = set()
    for frame in camera.frames(cast(threading.Event, clock)):
        visit = scene.find_visit(clock.now().timestamp(), is_watched=True)
        if visit:
            expected.add(visit.number)
        for sensitivity, detector in detectors.items():
            if box := detector.look(frame):
                assert visit, f"{sensitivity}: {box} at {clock.now()}, where nobody is"
                assert is_on(box, visit), f"{sensitivity}: {box} is not on {visit}"
                found[sensitivity].add(visit.number)
    assert len(expected) == 6
    assert found == dict.fromkeys(Sensitivity, expected)


def test_a_photo_shows_whom_the_frames_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their difference is the sensor's noise."""
    monkeypatch.setattr(camera_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    moment = TIME.replace(minute=0, second=2)
    assert scene.find_visit(moment.timestamp(), is_watched=True)
    camera = SimulatedCamera("garden", lambda: moment, is_watched=True)
    frame = next(camera.frames(threading.Event()))
    picture = Image.open(BytesIO(camera.take_at(CONTEXT, frame.at).content))
    small = np.asarray(picture.resize(FRAME_SIZE, Image.Resampling.BOX).convert("L"), np.float64)
    assert np.abs(small - frame.luma).mean() < 2 * camera_module.SENSOR_NOISE


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

    def draw(moment: datetime, camera: str, is_watched: bool) -> Image.Image:
        drawn.append(moment)
        return scene.draw(moment, camera, is_watched)

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

    def draw_alone(time: datetime, camera: str, is_watched: bool) -> Image.Image:
        assert drawing.acquire(blocking=False)
        try:
            return draw(time, camera, is_watched)
        finally:
            drawing.release()

    monkeypatch.setattr(scene, "draw", draw_alone)
    camera = SimulatedCamera("garden", lambda: TIME)
    with ThreadPoolExecutor(4) as pool:
        photos = [pool.submit(camera.take, CONTEXT) for _ in range(4)]
        previews = [pool.submit(camera.preview) for _ in range(8)]
    assert all(one.result().content for one in photos)
    assert all(one.result() for one in previews)
