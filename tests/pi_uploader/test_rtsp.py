"""Network cameras, taken from with ffmpeg: a real RTSP server on loopback and its misfortunes."""

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
from function_app.media.mp4_cover import cover
from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import Camera, CameraError, CaptureContext, Shot
from pi_uploader.cameras.ffmpeg import MAX_GREY, grey_share
from pi_uploader.cameras.hevc import codecs_of
from pi_uploader.cameras.rtsp import RtspCamera
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
OCCASION = CaptureContext("gate", Trigger.DEMAND, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
PASSWORD = "s3same cr:et/@'%"  # no piece of it is in a random folder's name by chance


@pytest.fixture(scope="module")
def gate() -> Iterator[NetworkCamera]:
    """A camera that works, without a password."""
    with network_camera() as camera:
        yield camera


def size_of(shot: Shot) -> tuple[int, int]:
    assert shot.media is Media.JPEG
    picture = Image.open(BytesIO(shot.content))
    picture.load()
    return picture.size


def has_ball(shot: Shot) -> bool:
    """Whether there is the server's white ball on black, and no grey."""
    grey = Image.open(BytesIO(shot.content)).convert("L").histogram()
    return sum(grey[200:]) > 50 and sum(grey[:30]) > 0.9 * sum(grey)


def refusal(camera: Camera) -> str:
    with pytest.raises(CameraError) as caught:
        camera.take(OCCASION)
    return str(caught.value)


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_a_still_is_a_whole_picture(codec: str) -> None:
    """With camera, trigger and time in its EXIF."""
    with network_camera("--codec", codec) as camera:
        shot = RtspCamera(camera.url).take(OCCASION)
    assert size_of(shot) == (640, 360)
    assert has_ball(shot)
    assert Image.open(BytesIO(shot.content)).getexif()[0x010E] == "gate, demand"


def test_who_comes_between_two_key_frames_waits_for_the_next() -> None:
    """Another one watches, so the stream goes on; what comes before a key frame would be grey."""
    with network_camera("--shared") as camera:
        clips: list[Shot] = []
        watcher = RtspCamera(camera.url, clip_seconds=60)
        watching = threading.Thread(target=lambda: clips.append(watcher.take(OCCASION)))
        watching.start()
        wait_for(lambda: any(written_by(one) for one in psutil.Process().children()))
        assert all(has_ball(RtspCamera(camera.url).take(OCCASION)) for _ in range(3))
        watcher.cut_short()
        watching.join(90)
    assert clips[0].media is Media.MP4


def test_a_clip_is_copied_from_a_key_frame_on(gate: NetworkCamera) -> None:
    """An MP4 that tells its length at its beginning, so that a browser can play it at once."""
    clip = RtspCamera(gate.url, clip_seconds=2).take(OCCASION)
    assert clip.media is Media.MP4
    assert clip.content[4:8] == b"ftyp"
    assert 0 < clip.content.index(b"moov") < clip.content.index(b"mdat")
    assert b"avc1" in clip.content
    assert has_ball(Shot(cover(BytesIO(clip.content)), Media.JPEG))


def test_an_h265_clip_is_named_as_browsers_play_it() -> None:
    """hvc1, where ffmpeg names it hev1; the backend takes it and draws its poster."""
    with network_camera("--codec", "h265") as camera:
        clip = RtspCamera(camera.url, clip_seconds=2).take(OCCASION)
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
    """And with it gives stills and clips."""
    with network_camera("--udp") as camera:
        assert refusal(RtspCamera(camera.url)) == (
            f"127.0.0.1:{camera.port} does not send pictures over TCP; set CAMERA_TRANSPORT=udp "
            '(transport = "udp" in the config file)'
        )
        assert has_ball(RtspCamera(camera.url, transport="udp").take(OCCASION))
        clip = RtspCamera(camera.url, transport="udp", clip_seconds=1).take(OCCASION)
        assert codecs_of(clip.content) == {b"avc1"}


@pytest.mark.parametrize("clip_seconds", [None, 1])
def test_an_encrypted_camera_with_a_password_is_taken_from(
    tmp_path: Path, clip_seconds: float | None
) -> None:
    """By its authority, or by its certificate's SHA-256; Basic may be used there."""
    authority = Authority(tmp_path)
    certificate = authority.certificate()
    words = ("--certificate", str(certificate.file), "--user", "vera", "--password", PASSWORD)
    with network_camera(*words) as camera:
        for trust in ({"ca": authority.bundle}, {"fingerprint": certificate.fingerprint}):
            taker = RtspCamera(
                camera.url.replace("rtsp:", "rtsps:"),
                user="vera",
                password=PASSWORD,
                clip_seconds=clip_seconds,
                **trust,
            )
            assert taker.take(OCCASION).content


def test_a_grey_picture_is_refused_and_another_one_awaited() -> None:
    """It is told, after three."""
    with network_camera("--pattern", "pattern=solid-color foreground-color=0xff828282") as camera:
        assert refusal(RtspCamera(camera.url)) == "3 pictures were grey or broken"


@pytest.mark.parametrize("colour", ["0xff000000", "0xffffffff", "0xff707070", "0xff909090"])
def test_a_dull_picture_is_taken(colour: str) -> None:
    """A dark night, a headlight, fog: not the one grey that a decoder shows for missing data."""
    with network_camera("--pattern", f"pattern=solid-color foreground-color={colour}") as camera:
        assert size_of(RtspCamera(camera.url).take(OCCASION)) == (640, 360)


def test_a_picture_that_is_grey_below_is_too_grey() -> None:
    """As after a packet that was lost in its upper half."""
    good, missing = 600, 400
    sample = bytes(range(200)) * 3 + b"\x80" * missing
    planes = sample + (b"\x60" * good + b"\x80" * missing) * 2
    assert 0.39 < grey_share(planes) < 0.41
    assert grey_share(planes) > MAX_GREY


def test_user_and_password_are_shown_to_nobody() -> None:
    """Not in the list of processes while it takes, and not in what is said about it."""
    with network_camera("--user", "vera.w", "--password", PASSWORD, "--digest") as camera:
        taker = RtspCamera(camera.url, user="vera.w", password=PASSWORD, clip_seconds=3)
        clips: list[Shot] = []
        taking = threading.Thread(target=lambda: clips.append(taker.take(OCCASION)))
        taking.start()
        ffmpeg = wait_for(
            lambda: [one for one in psutil.Process().children() if one.name() == "ffmpeg"],
            what="ffmpeg",
        )[0]
        shown = " ".join([*ffmpeg.cmdline(), *ffmpeg.environ().values()])
        taking.join(90)
        assert clips[0].media is Media.MP4
        assert size_of(RtspCamera(camera.url, user="vera.w", password=PASSWORD).take(OCCASION))
        wrong = RtspCamera(camera.url, user="vera.w", password="not-" + PASSWORD)
        said = refusal(wrong) + repr(wrong.__dict__) + shown
        assert refusal(RtspCamera(camera.url)) == (
            f"127.0.0.1:{camera.port} wants another user or password; "
            "see CAMERA_USER (user in the config file) and CAMERA_PASSWORD (the systemd credential "
            "camera_password)"
        )
    assert not any(secret in said for secret in ("vera.w", "s3same", "cr:et", "cr%3Aet"))


def test_a_camera_that_freezes_is_given_up_and_taken_again_when_it_wakes() -> None:
    """The time that this takes has a limit."""
    with network_camera() as camera:
        assert has_ball(RtspCamera(camera.url).take(OCCASION))
        camera.freeze()
        assert "gave nothing for 5 s" in refusal(RtspCamera(camera.url))
        camera.thaw()
        assert has_ball(RtspCamera(camera.url).take(OCCASION))


def test_a_clip_that_is_cut_short_has_what_there_was(gate: NetworkCamera) -> None:
    """It was to have a minute, and the next one is cut short, too, or fails."""
    clips: list[Shot] = []
    taker = RtspCamera(gate.url, clip_seconds=60)
    taking = threading.Thread(target=lambda: clips.append(taker.take(OCCASION)))
    taking.start()
    wait_for(lambda: any(written_by(one) for one in psutil.Process().children()))
    taker.cut_short()
    taking.join(90)
    assert b"avc1" in clips[0].content
    assert "no H.264" in refusal(taker)


def test_of_a_clip_that_breaks_off_the_beginning_is_kept() -> None:
    """The camera freezes in the middle of it; snow soon fills what ffmpeg holds back."""
    with network_camera("--pattern", "pattern=snow") as camera:
        clips: list[Shot] = []
        taker = RtspCamera(camera.url, clip_seconds=20)
        taking = threading.Thread(target=lambda: clips.append(taker.take(OCCASION)))
        taking.start()
        wait_for(lambda: any(written_by(one) > 30_000 for one in psutil.Process().children()))
        camera.freeze()
        taking.join(90)
    assert b"avc1" in clips[0].content


def written_by(process: psutil.Process) -> int:
    """Bytes of the clip that ffmpeg is writing; the server writes none."""
    try:
        files = process.open_files() if process.name() == "ffmpeg" else []
        return sum(Path(one.path).stat().st_size for one in files if one.path.endswith(".mp4"))
    except (psutil.NoSuchProcess, FileNotFoundError):  # it has just ended
        return 0


def test_a_camera_that_goes_away_and_returns_is_taken_again() -> None:
    """The same object: nothing of the old connection is left."""
    with network_camera() as camera:
        taker = RtspCamera(camera.url)
        assert has_ball(taker.take(OCCASION))
        port = camera.port
    assert "nothing listens at" in refusal(taker)
    with network_camera(port=port):
        assert has_ball(taker.take(OCCASION))


def test_garbage_is_told_as_such() -> None:
    """Something listens there that is no camera."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(bytes(range(256)) * 40 + b"\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        port = listener.getsockname()[1]
        said = refusal(RtspCamera(f"rtsp://127.0.0.1:{port}/stream"))
    assert f"127.0.0.1:{port}" in said
    assert "what is no RTSP" in said


def test_a_wrong_path_and_a_wrong_name_are_told(gate: NetworkCamera) -> None:
    assert "no such stream" in refusal(RtspCamera(gate.url + "/other"))
    assert "is not known" in refusal(RtspCamera("rtsp://no-such-host.invalid/stream"))


def test_without_ffmpeg_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match="apt-get install ffmpeg"):
        RtspCamera("rtsp://127.0.0.1/stream")
