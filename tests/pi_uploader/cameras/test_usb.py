"""USB cameras. A video device would need a kernel module. Instead a wrapper named ffmpeg precedes
the real one on PATH: it replaces the device in its arguments by a drawn picture, and calls the real
ffmpeg."""

import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageChops, ImageStat

from function_app.media.mp4 import cover
from function_app.media.previews import find
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext, ffmpeg, live_stream, usb
from pi_uploader.cameras.usb import UsbCamera
from pi_uploader.settings import SettingsError
from pi_uploader.spool import Spool
from tests.support.program import StartProgram
from tests.support.waiting import wait_for

FFMPEG = shutil.which("ffmpeg")
pytestmark = pytest.mark.skipif(not FFMPEG, reason="needs ffmpeg: make rtsp-server, as root")
CONTEXT = CaptureContext("shed", Trigger.GPIO, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
WRAPPER = """#!/usr/bin/env python3
import os, sys
args = sys.argv[1:]
if "v4l2" in args:
    at = args.index("v4l2")
    size = args[args.index("-video_size") + 1] if "-video_size" in args else "320x240"
    args[at - 1 : args.index("-i") + 2] = ["-re", "-f", "lavfi", "-i", "testsrc2=size=" + size]
os.execv({real!r}, ["ffmpeg", *args])
"""


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a camera that shows a picture of many colours."""
    wrapper = tmp_path / "bin" / "ffmpeg"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(real=FFMPEG))
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    return "/dev/video0"


def test_a_still_has_the_requested_size(device: str) -> None:
    """Its EXIF says when, where and why it was taken."""
    shot = UsbCamera(device, size=(640, 360)).take(CONTEXT)
    picture = Image.open(BytesIO(shot.content))
    picture.load()
    assert (shot.media, picture.size) == (Media.JPEG, (640, 360))
    assert picture.getexif()[0x010E] == "shed, gpio"


@pytest.mark.parametrize(("name", "is_pis"), [("unicam", True), ("HD Pro Webcam C920", False)])
def test_the_pis_own_camera_is_rejected(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_pis: bool
) -> None:
    """It is /dev/video0 on many Pis, the default of CAMERA_DEVICE."""
    (tmp_path / "video0").mkdir()
    (tmp_path / "video0" / "name").write_text(name + "\n")
    monkeypatch.setattr(usb, "DEVICE_NAMES", tmp_path)
    if not is_pis:
        UsbCamera(device)
        return
    with pytest.raises(SettingsError, match=r"CAMERA_DEVICE: /dev/video0 .*\(unicam\)"):
        UsbCamera(device)


def test_without_a_size_the_camera_chooses(device: str) -> None:
    shot = UsbCamera(device).take(CONTEXT)
    assert Image.open(BytesIO(shot.content)).size == (320, 240)


def test_a_clip_is_an_mp4_that_browsers_play(device: str) -> None:
    """Encoded as H.264, with a pixel format that all browsers support."""
    shot = UsbCamera(device, clip_seconds=1).take(CONTEXT)
    assert shot.media is Media.MP4
    assert shot.content.index(b"moov") < shot.content.index(b"mdat")
    assert b"avc1" in shot.content


CAPTURE = """\
import sys
from pi_uploader import cli
from pi_uploader.cameras import ffmpeg
ffmpeg.STOP_SECONDS = 90.0  # on a busy machine ffmpeg needs longer to end than a device waits
sys.exit(cli.main(["capture"]))
"""


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_ends_the_clip_and_keeps_what_was_recorded(
    device: str,
    start_program: StartProgram,
    spool_folder: Path,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    """It would take a minute; the clip plays."""
    program = start_program(
        "-c",
        CAPTURE,
        CAMERA_SOURCE="usb",
        CAMERA_DEVICE=device,
        CAMERA_FORMAT="mp4",
        CAMERA_CLIP="60s",
        CAMERA_SIZE="1280x720",
        PIR_PIN="none",
        CAMERA_EVERY="1h",
        PATH=os.environ["PATH"],
    )
    wait_for(
        lambda: any(clip_size(one) > 50_000 for one in program.children()),
        what="some of the clip",
    )
    assert program.stop(number) == 0
    assert "1 photo stored, 0 lost, 0 failed" in program.output
    clip = Spool(spool_folder).newest()
    assert clip
    assert clip.media is Media.MP4
    with Spool(spool_folder).open(clip) as file:
        (tmp_path / "clip.mp4").write_bytes(file.read())
    play = [FFMPEG or "", "-v", "error", "-i", f"{tmp_path}/clip.mp4", "-f", "null", "-"]
    played = subprocess.run(play, capture_output=True, check=True)
    assert played.stderr == b""


def clip_size(process: psutil.Process) -> int:
    """Return the bytes of the clip that ffmpeg is writing."""
    try:
        files = [Path(one.path) for one in process.open_files()]
        return sum(file.stat().st_size for file in files if file.suffix == ".mp4")
    except (psutil.NoSuchProcess, FileNotFoundError):
        return 0


def test_a_photo_is_not_stopped(device: str) -> None:
    """Only a clip is: half a photo is no photo."""
    camera = UsbCamera(device)
    camera.stop_recording()
    assert camera.take(CONTEXT).media is Media.JPEG


@pytest.mark.slow
def test_a_clip_carries_a_poster(device: str) -> None:
    """As wide as the clip, up to 480 pixels."""
    for size, expected in (((1280, 720), (480, 270)), ((320, 240), (320, 240))):
        clip = UsbCamera(device, size=size, clip_seconds=1).take(CONTEXT).content
        poster = Image.open(BytesIO(cover(BytesIO(clip))))
        poster.load()
        assert (poster.format, poster.size) == ("JPEG", expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 720), (480, 270)),
        ((720, 1280), (270, 480)),
        ((1001, 601), (480, 288)),
        ((320, 240), (320, 240)),
    ],
)
def test_a_still_carries_a_preview(
    device: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """480 pixels long at most, of the same frame, without ffmpeg's name in it."""
    photo = UsbCamera(device, size=size).take(CONTEXT).content
    found = find(photo)
    assert found
    preview = photo[found.offset : found.offset + found.size]
    small = Image.open(BytesIO(preview))
    small.load()
    assert (small.size, dict(small.getexif())) == (expected, {})
    assert b"Lav" not in preview
    whole = Image.open(BytesIO(photo)).convert("RGB").resize(expected)
    difference = ImageStat.Stat(ImageChops.difference(whole, small.convert("RGB")))
    assert max(difference.mean) < 5.5  # up to 4.4 by the size; the next frame differs by 6.1


def test_a_still_whose_preview_fails_is_kept_without(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here ffmpeg writes none."""
    wrapper = tmp_path / "bin" / "ffmpeg"
    forgets = 'args = ["/dev/null" if one.endswith("preview.jpg") else one for one in args]\n'
    wrapper.write_text(wrapper.read_text().replace("os.execv", forgets + "os.execv"))
    photo = UsbCamera(device).take(CONTEXT).content
    assert find(photo) is None
    assert Image.open(BytesIO(photo)).getexif()[0x010E] == "shed, gpio"


@pytest.mark.parametrize("seconds", [pytest.param("5", marks=pytest.mark.slow), "0.2"])
def test_a_clip_whose_poster_fails_is_kept_without(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    """Here ffmpeg takes too long for it, or fails."""
    monkeypatch.setattr(ffmpeg, "POSTER_SECONDS", 0.5)
    wrapper = tmp_path / "bin" / "ffmpeg"
    hangs = f'if "lavfi" not in args: import time; time.sleep({seconds}); sys.exit(1)\n'
    wrapper.write_text(wrapper.read_text().replace("os.execv", hangs + "os.execv"))
    clip = UsbCamera(device, clip_seconds=1).take(CONTEXT).content
    assert b"avc1" in clip
    assert cover(BytesIO(clip)) == b""


def test_the_error_names_a_missing_camera() -> None:
    """With the message of the real ffmpeg."""
    with pytest.raises(CameraError, match="there is no camera at /dev/video77"):
        UsbCamera("/dev/video77").take(CONTEXT)


def test_the_error_names_a_file_that_is_not_a_camera(tmp_path: Path) -> None:
    """And `take` does not hang."""
    file = tmp_path / "video0"
    file.write_bytes(b"no camera")
    with pytest.raises(CameraError, match=r"video0|ioctl"):
        UsbCamera(str(file)).take(CONTEXT)


def test_without_ffmpeg_the_setting_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match="apt-get install ffmpeg"):
        UsbCamera("/dev/video0")


def size_of(jpeg: bytes) -> tuple[int, int]:
    picture = Image.open(BytesIO(jpeg))
    picture.load()
    return picture.size


def ffmpegs() -> list[psutil.Process]:
    """Return the programs of this module's cameras; other tests of this process may have others."""
    return [one for one in psutil.Process().children() if one.name() == "ffmpeg"]


def test_a_live_picture_is_small_and_comes_from_one_process(device: str) -> None:
    camera = UsbCamera(device, size=(1280, 720))
    first = camera.preview()
    [process] = ffmpegs()
    wait_for(lambda: camera.preview() != first, what="a newer picture")
    assert size_of(first) == (640, 360)
    assert ffmpegs() == [process]
    camera.close()
    assert ffmpegs() == []


def test_a_photo_ends_the_live_picture_and_the_next_look_begins_another(device: str) -> None:
    """One program at a time can use the device."""
    camera = UsbCamera(device)
    camera.preview()
    [process] = ffmpegs()
    assert camera.take(CONTEXT).media is Media.JPEG
    assert not process.is_running()
    assert size_of(camera.preview()) == (320, 240)
    camera.close()


def test_a_live_picture_ends_when_nobody_looks(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    UsbCamera(device).preview()
    monkeypatch.setattr(live_stream, "IDLE_SECONDS", 0.0)  # not before the first picture is whole
    wait_for(lambda: not ffmpegs(), what="the end of ffmpeg")


def test_a_live_picture_that_fails_says_why(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])
    with pytest.raises(CameraError, match="there is no camera at /dev/nothing"):
        UsbCamera("/dev/nothing").preview()


@pytest.mark.slow
def test_a_clip_on_request_is_recorded_by_a_camera_of_photos(device: str) -> None:
    camera = UsbCamera(device)
    assert camera.records_clips
    assert camera.take_clip(CONTEXT, 1).media is Media.MP4
    assert camera.take(CONTEXT).media is Media.JPEG
    camera.stop_recording()
    with pytest.raises(CameraError):
        camera.take_clip(CONTEXT, 60)
    assert camera.take(CONTEXT).media is Media.JPEG
