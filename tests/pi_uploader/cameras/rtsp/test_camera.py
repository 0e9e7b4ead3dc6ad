"""Network cameras: ffmpeg reads a real RTSP server on loopback, also one that fails."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from PIL import Image

from function_app.media.inspection import inspect
from function_app.media.mp4 import cover
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import Camera, CameraError, CaptureContext, Shot, ffmpeg
from pi_uploader.cameras.media.mp4 import codecs_of
from pi_uploader.cameras.rtsp import session
from pi_uploader.cameras.rtsp.auth import Credentials
from pi_uploader.cameras.rtsp.camera import RtspCamera
from pi_uploader.cameras.rtsp.connection import Trust
from pi_uploader.settings import SettingsError
from tests.support.certificates import Authority
from tests.support.rtsp.camera import NetworkCamera, is_available, network_camera
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not is_available(),
        reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root",
    ),
]
CONTEXT = CaptureContext("gate", Trigger.DEMAND, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
PASSWORD = "s3same cr:et/@'%"  # no piece of it is in a random folder's name by chance


@pytest.fixture(scope="module")
def gate() -> Iterator[NetworkCamera]:
    """A camera without a password."""
    with network_camera() as camera:
        yield camera


def size_of(shot: Shot) -> tuple[int, int]:
    assert shot.media is Media.JPEG
    picture = Image.open(BytesIO(shot.content))
    picture.load()
    return picture.size


def has_ball(shot: Shot) -> bool:
    """Return whether the picture is the server's: a white ball on black, and no grey."""
    levels = Image.open(BytesIO(shot.content)).convert("L").histogram()
    return sum(levels[200:]) > 50 and sum(levels[:30]) > 0.9 * sum(levels)


def failure_text(camera: Camera) -> str:
    with pytest.raises(CameraError) as caught:
        camera.take(CONTEXT)
    return str(caught.value)


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_a_still_is_a_complete_picture(codec: str) -> None:
    """With camera, trigger and time in its EXIF."""
    with network_camera("--codec", codec) as camera:
        shot = RtspCamera(camera.url).take(CONTEXT)
    assert size_of(shot) == (640, 360)
    assert has_ball(shot)
    assert Image.open(BytesIO(shot.content)).getexif()[0x010E] == "gate, demand"


def test_a_still_between_two_key_frames_waits_for_the_next() -> None:
    """Another client keeps the stream running; a picture before a key frame would be grey."""
    with network_camera("--shared") as camera:
        clips: list[Shot] = []
        watcher = RtspCamera(camera.url, clip_seconds=60)
        watching = threading.Thread(target=lambda: clips.append(watcher.take(CONTEXT)))
        watching.start()
        wait_for(lambda: any(clip_size(one) for one in psutil.Process().children()))
        assert all(has_ball(RtspCamera(camera.url).take(CONTEXT)) for _ in range(3))
        watcher.stop_recording()
        watching.join(90)
    assert clips[0].media is Media.MP4


def test_a_clip_is_copied_from_a_key_frame_on(gate: NetworkCamera) -> None:
    """An MP4 with its description first, so that a browser can play it at once."""
    clip = RtspCamera(gate.url, clip_seconds=2).take(CONTEXT)
    assert clip.media is Media.MP4
    assert clip.content[4:8] == b"ftyp"
    assert 0 < clip.content.index(b"moov") < clip.content.index(b"mdat")
    assert b"avc1" in clip.content
    assert has_ball(Shot(cover(BytesIO(clip.content)), Media.JPEG))


def test_an_h265_clip_is_named_as_browsers_play_it() -> None:
    """hvc1, where ffmpeg names it hev1; the backend takes it and draws its poster."""
    with network_camera("--codec", "h265") as camera:
        clip = RtspCamera(camera.url, clip_seconds=2).take(CONTEXT)
    assert codecs_of(clip.content) == {b"hvc1"}
    assert b"hev1" not in clip.content
    assert inspect(clip.content) is Media.MP4
    assert inspect(clip.content.replace(b"hvc1", b"hev1")) is Media.MP4  # of other senders
    assert has_ball(Shot(cover(BytesIO(clip.content)), Media.JPEG))
    assert frames_of(clip.content) > 25


def frames_of(clip: bytes) -> int:
    """Return how many pictures ffmpeg decodes of a clip, without complaint."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "clip.mp4")
        file.write_bytes(clip)
        done = subprocess.run(
            [*("ffmpeg", "-v", "error", "-i", file), *("-f", "framecrc", "-")],
            capture_output=True,
            text=True,
            check=True,
        )
    assert not done.stderr
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def test_a_camera_that_only_sends_over_udp_says_which_setting_to_change() -> None:
    """With that setting it delivers stills and clips."""
    with network_camera("--udp") as camera:
        assert failure_text(RtspCamera(camera.url)) == (
            f"127.0.0.1:{camera.port} does not send pictures over TCP; set CAMERA_TRANSPORT=udp "
            '(transport = "udp" in the config file)'
        )
        assert has_ball(RtspCamera(camera.url, transport="udp").take(CONTEXT))
        clip = RtspCamera(camera.url, transport="udp", clip_seconds=1).take(CONTEXT)
        assert codecs_of(clip.content) == {b"avc1"}


@pytest.mark.parametrize("clip_seconds", [None, 1])
def test_an_encrypted_camera_with_a_password_works(
    tmp_path: Path, clip_seconds: float | None
) -> None:
    """Trusted by its authority, or by its certificate's SHA-256; Basic is allowed there."""
    authority = Authority(tmp_path)
    certificate = authority.certificate()
    options = ("--certificate", str(certificate.file), "--user", "vera", "--password", PASSWORD)
    with network_camera(*options) as server:
        url = server.url.replace("rtsp:", "rtsps:")
        for trust in (Trust(authority.bundle), Trust(fingerprint=certificate.fingerprint)):
            credentials = Credentials("vera", PASSWORD)
            camera = RtspCamera(url, credentials, trust, clip_seconds=clip_seconds)
            assert camera.take(CONTEXT).content


def test_three_grey_pictures_are_an_error() -> None:
    """Each is discarded, and the next one taken."""
    with network_camera("--pattern", "pattern=solid-color foreground-color=0xff828282") as camera:
        assert failure_text(RtspCamera(camera.url)) == "3 pictures were grey or broken"


@pytest.mark.parametrize("colour", ["0xff000000", "0xffffffff", "0xff707070", "0xff909090"])
def test_a_picture_of_one_other_colour_is_accepted(colour: str) -> None:
    """A dark night, a headlight, fog: not the one grey with which a decoder fills missing data."""
    with network_camera("--pattern", f"pattern=solid-color foreground-color={colour}") as camera:
        assert size_of(RtspCamera(camera.url).take(CONTEXT)) == (640, 360)


def test_user_and_password_are_never_visible() -> None:
    """Neither in the process list while ffmpeg runs, nor in an error text."""
    credentials = Credentials("vera.w", PASSWORD)
    with network_camera("--user", "vera.w", "--password", PASSWORD, "--digest") as camera:
        taker = RtspCamera(camera.url, credentials, clip_seconds=3)
        clips: list[Shot] = []
        taking = threading.Thread(target=lambda: clips.append(taker.take(CONTEXT)))
        taking.start()
        ffmpeg = wait_for(
            lambda: [one for one in psutil.Process().children() if one.name() == "ffmpeg"],
            what="ffmpeg",
        )[0]
        process_list = " ".join([*ffmpeg.cmdline(), *ffmpeg.environ().values()])
        taking.join(90)
        assert clips[0].media is Media.MP4
        assert size_of(RtspCamera(camera.url, credentials).take(CONTEXT))
        wrong = RtspCamera(camera.url, Credentials("vera.w", "not-" + PASSWORD))
        visible = failure_text(wrong) + repr(wrong.__dict__) + process_list
        assert failure_text(RtspCamera(camera.url)) == (
            f"127.0.0.1:{camera.port} wants another user or password; "
            "see CAMERA_USER (user in the config file) and CAMERA_PASSWORD (the systemd credential "
            "camera_password)"
        )
    assert not any(secret in visible for secret in ("vera.w", "s3same", "cr:et", "cr%3Aet"))


def test_a_frozen_camera_times_out_and_works_again_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with network_camera() as camera:
        assert has_ball(RtspCamera(camera.url).take(CONTEXT))
        camera.freeze()
        with monkeypatch.context() as patch:
            patch.setattr(session, "SILENCE_SECONDS", 1.0)
            assert "sent no data for 1 s" in failure_text(RtspCamera(camera.url))
        camera.thaw()
        assert has_ball(RtspCamera(camera.url).take(CONTEXT))


def test_a_stopped_clip_has_what_was_recorded(
    gate: NetworkCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a minute; the next one ends at once, and fails without a picture. On a busy machine
    ffmpeg needs longer to end than a device waits for it."""
    monkeypatch.setattr(ffmpeg, "STOP_SECONDS", 90.0)
    clips: list[Shot] = []
    taker = RtspCamera(gate.url, clip_seconds=60)
    taking = threading.Thread(target=lambda: clips.append(taker.take(CONTEXT)))
    taking.start()
    wait_for(lambda: any(clip_size(one) for one in psutil.Process().children()))
    taker.stop_recording()
    taking.join(90)
    assert b"avc1" in clips[0].content
    assert failure_text(taker) == "the clip was stopped before its first picture"


def test_an_interrupted_clip_keeps_its_beginning() -> None:
    """The camera freezes during it. Snow fills ffmpeg's write buffer quickly."""
    with network_camera("--pattern", "pattern=snow") as camera:
        clips: list[Shot] = []
        taker = RtspCamera(camera.url, clip_seconds=20)
        taking = threading.Thread(target=lambda: clips.append(taker.take(CONTEXT)))
        taking.start()
        wait_for(lambda: any(clip_size(one) > 30_000 for one in psutil.Process().children()))
        camera.freeze()
        taking.join(90)
    assert b"avc1" in clips[0].content


def clip_size(process: psutil.Process) -> int:
    """Return the bytes of the clip that ffmpeg, and not the server, is writing."""
    try:
        files = process.open_files() if process.name() == "ffmpeg" else []
        return sum(Path(one.path).stat().st_size for one in files if one.path.endswith(".mp4"))
    except (psutil.NoSuchProcess, FileNotFoundError):  # it has just ended
        return 0


def test_a_camera_that_was_away_works_again() -> None:
    """With the same object: nothing of the old connection is left."""
    with network_camera() as camera:
        taker = RtspCamera(camera.url)
        assert has_ball(taker.take(CONTEXT))
        port = camera.port
    assert "nothing listens at" in failure_text(taker)
    with network_camera(port=port):
        assert has_ball(taker.take(CONTEXT))


def test_another_protocol_is_named() -> None:
    """Something listens there that is not a camera."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(bytes(range(256)) * 40 + b"\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        port = listener.getsockname()[1]
        error = failure_text(RtspCamera(f"rtsp://127.0.0.1:{port}/stream"))
    assert f"127.0.0.1:{port}" in error
    assert "not RTSP" in error


def test_a_wrong_path_and_an_unknown_host_are_named(gate: NetworkCamera) -> None:
    assert "no such stream" in failure_text(RtspCamera(gate.url + "/other"))
    assert "is not known" in failure_text(RtspCamera("rtsp://no-such-host.invalid/stream"))


def test_without_ffmpeg_the_setting_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match="apt-get install ffmpeg"):
        RtspCamera("rtsp://127.0.0.1/stream")


def test_a_live_picture_comes_from_one_connection_while_somebody_looks(gate: NetworkCamera) -> None:
    camera = RtspCamera(gate.url)
    first = camera.preview()
    assert size_of(Shot(first, Media.JPEG)) == (640, 360)
    [process] = [one for one in psutil.Process().children() if one.name() == "ffmpeg"]
    wait_for(lambda: camera.preview() != first, what="a newer picture")
    assert camera.take(CONTEXT).media is Media.JPEG  # beside it
    assert process.is_running()
    camera.close()
    assert not process.is_running()


def test_a_live_picture_that_fails_has_the_relays_reason(gate: NetworkCamera) -> None:
    with pytest.raises(CameraError, match="no such stream"):
        RtspCamera(gate.url + "/other").preview()


def test_a_camera_of_photos_records_a_clip_on_request(gate: NetworkCamera) -> None:
    camera = RtspCamera(gate.url)
    assert camera.records_clips
    assert has_ball(Shot(cover(BytesIO(camera.take_clip(CONTEXT, 1).content)), Media.JPEG))
