"""A USB camera that is read all the time. In the place of the device, which would need a kernel
module, a wrapper named ffmpeg gives the real one pictures that show the time (as
tests/support/rtsp/server.py does), to one program at a time."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from function_app.media.mp4 import cover
from function_app.media.previews import find
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext, feed
from pi_uploader.cameras.feed import Watching
from pi_uploader.cameras.usb import UsbCamera
from tests.support.rtsp.clock_picture import first_time_in_clip, time_in_photo
from tests.support.waiting import wait_for

FFMPEG = shutil.which("ffmpeg")
pytestmark = pytest.mark.skipif(not FFMPEG, reason="needs ffmpeg: make rtsp-server, as root")
CONTEXT = CaptureContext("shed", Trigger.MOTION, None)
PRE_ROLL = 1.0
WRAPPER = """#!/usr/bin/env python3
import fcntl, os, sys, time
args = sys.argv[1:]
if "v4l2" in args:
    device = os.open({device!r}, os.O_RDWR)
    try:
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("/dev/video0: Device or resource busy")
    os.set_inheritable(device, True)
    reading, writing = os.pipe()
    if not os.fork():
        os.closerange(0, writing)
        os.closerange(writing + 1, 256)
        due = time.monotonic()
        while True:
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / 25
            grey = os.path.getsize({device!r}) > 0
            bits = f"{{int(time.monotonic() * 1000) % 2**32:032b}}"
            line = b"".join((b"\\xe0" if bit == "1" else b"\\x20") * 10 for bit in bits)
            picture = (b"\\x80" * 320 if grey else line) * 240
            while picture:
                picture = picture[os.write(writing, picture):]
    os.close(writing)
    os.set_inheritable(reading, True)
    raw = "-probesize 32 -f rawvideo -pix_fmt gray -s 320x240 -r 25 -i".split()
    at = args.index("v4l2")
    args[at - 1 : args.index("-i") + 2] = [*raw, f"pipe:{{reading}}"]
os.execv({ffmpeg!r}, ["ffmpeg", *args])
"""


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the place of the device; what is in it makes its pictures grey."""
    file = tmp_path / "video0"
    file.touch()
    wrapper = tmp_path / "bin" / "ffmpeg"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(ffmpeg=FFMPEG, device=str(file)))
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    return file


@pytest.fixture
def shed(device: Path) -> Iterator[UsbCamera]:
    """A camera in whose picture motion is looked for."""
    with closing(UsbCamera("/dev/video0", watching=Watching(True, 6.0, PRE_ROLL))) as camera:
        yield camera


def wait_until_it_remembers(camera: UsbCamera, seconds: float) -> None:
    wait_for(
        lambda: camera.remembers(time.monotonic() - seconds), what=f"pictures of {seconds:g} s"
    )


def test_one_program_delivers_everything(shed: UsbCamera) -> None:
    """Frames, the photo of a moment, that of now, live pictures and clips, in each order."""
    frames = shed.frames(threading.Event())
    assert int(np.ptp(next(frames).luma)) > 100
    wait_until_it_remembers(shed, PRE_ROLL)
    called = time.monotonic()
    photo = shed.take_at(CONTEXT, called - 0.8)
    assert photo.media is Media.JPEG
    assert Image.open(BytesIO(photo.content)).getexif()[0x010E] == "shed, motion"
    assert find(photo.content)
    assert time_in_photo(photo.content) < called
    begin = time.monotonic()
    clip = shed.take_clip(CONTEXT, 0.3).content
    assert begin - first_time_in_clip(clip) >= PRE_ROLL
    assert cover(BytesIO(clip))
    assert Image.open(BytesIO(shed.preview())).size == (320, 240)
    later = time.monotonic()
    assert time_in_photo(shed.take(CONTEXT).content) > later - 5
    assert next(frames).at > later


@pytest.mark.slow
def test_a_clip_is_of_the_moment_of_its_trigger(device: Path) -> None:
    watching = Watching(kept_seconds=6.0, pre_roll=PRE_ROLL)
    with closing(UsbCamera("/dev/video0", clip_seconds=0.3, watching=watching)) as camera:
        wait_until_it_remembers(camera, PRE_ROLL + 0.5)
        at = time.monotonic() - 0.5
        clip = camera.take_at(CONTEXT, at)
        assert clip.media is Media.MP4
        assert at - first_time_in_clip(clip.content) >= PRE_ROLL


@pytest.mark.slow
def test_grey_pictures_are_no_photo(shed: UsbCamera, device: Path) -> None:
    """Such as a decoder makes of missing data."""
    wait_until_it_remembers(shed, 0.0)
    device.write_text("grey")
    frames = shed.frames(threading.Event())
    wait_for(lambda: int(np.ptp(next(frames).luma)) < 4, what="a grey frame")
    wait_for(lambda: not _can_take(shed), what="an error")
    device.write_text("")
    wait_for(lambda: _can_take(shed), what="a photo")


def _can_take(camera: UsbCamera) -> bool:
    try:
        return bool(camera.take(CONTEXT).content)
    except CameraError as error:
        assert "grey or broken" in str(error)  # noqa: PT017  any other error fails the test
        return False


@pytest.mark.slow
def test_a_camera_that_is_unplugged_says_so_and_comes_back(
    shed: UsbCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo fails with the device's reason; the first one after it works again succeeds."""
    monkeypatch.setattr(feed, "FIRST_RETRY_SECONDS", 0.01)
    wait_until_it_remembers(shed, 0.0)
    wrapper = tmp_path / "bin" / "ffmpeg"
    works = wrapper.read_text()
    gone = 'if "v4l2" in args: sys.exit("/dev/video0: No such file or directory")\n'
    wrapper.write_text(works.replace('if "v4l2"', f'{gone}if "v4l2"', 1))
    for process in psutil.Process().children():
        if "pipe:1" in process.cmdline():
            process.kill()
    wait_for(lambda: "there is no camera at /dev/video0" in _problem_of(shed), what="its reason")
    with pytest.raises(CameraError, match="there is no camera at /dev/video0"):
        shed.take(CONTEXT)
    wrapper.write_text(works)
    wait_for(lambda: shed.remembers(time.monotonic()) or not _problem_of(shed), what="a picture")
    assert shed.take(CONTEXT).content


def _problem_of(camera: UsbCamera) -> str:
    """Return why there is no frame, an empty text if one comes."""
    try:
        next(camera.frames(threading.Event()))
    except CameraError as error:
        return str(error)
    return ""


def test_without_watching_the_device_is_free(device: Path) -> None:
    camera = UsbCamera("/dev/video0")
    with pytest.raises(CameraError, match="without a stream of frames"):
        camera.frames(threading.Event())
    assert not camera.remembers(time.monotonic())
    assert not [one for one in psutil.Process().children() if one.name() == "ffmpeg"]
