"""A network camera that is read all the time: frames, the photo of a moment, and pre-roll, with a
real RTSP server whose pictures show the time."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import psutil
import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CaptureContext, feed
from pi_uploader.cameras.feed import Watching
from pi_uploader.cameras.rtsp import session
from pi_uploader.cameras.rtsp.camera import RtspCamera
from tests.support.rtsp.camera import NetworkCamera, is_available, network_camera
from tests.support.rtsp.clock_picture import first_time_in_clip, time_in_photo
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not is_available(),
        reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root",
    ),
]
CONTEXT = CaptureContext("gate", Trigger.MOTION, None)
PRE_ROLL = 3.0


@pytest.fixture
def server() -> Iterator[NetworkCamera]:
    with network_camera("--scripted") as camera:
        yield camera


def watch(url: str, watching: Watching, clip_seconds: float | None = None) -> RtspCamera:
    return RtspCamera(url, clip_seconds=clip_seconds, watching=watching, name="gate")


def wait_until_it_remembers(camera: RtspCamera, seconds: float) -> None:
    wait_for(
        lambda: camera.remembers(time.monotonic() - seconds), what=f"pictures of {seconds:g} s"
    )


def connections() -> int:
    return sum(one.name() == "ffmpeg" for one in psutil.Process().children())


def test_one_connection_delivers_frames_photos_of_a_moment_and_live_pictures(
    server: NetworkCamera,
) -> None:
    with closing(watch(server.url, Watching(has_frames=True, kept_seconds=8))) as camera:
        frames = camera.frames(threading.Event())
        first = next(frames)
        assert first.luma.shape == (240, 320)
        assert int(np.ptp(first.luma)) > 100
        wait_until_it_remembers(camera, 1.5)
        called = time.monotonic()
        photo = camera.take_at(CONTEXT, called - 1.5)
        assert photo.media is Media.JPEG
        earlier, later = (
            time_in_photo(one.content) for one in (photo, camera.take_at(CONTEXT, called - 0.5))
        )
        assert earlier < later < called
        assert connections() == 1
        assert camera.preview()
        server.show("grey")
        wait_for(lambda: int(np.ptp(next(frames).luma)) < 4, what="a grey frame")


def test_a_clip_begins_the_pre_roll_before_its_trigger(server: NetworkCamera) -> None:
    """At least, by the time that its first picture shows. The bench takes a hundred."""
    watching = Watching(kept_seconds=8, pre_roll=PRE_ROLL)
    with closing(watch(server.url, watching, clip_seconds=0.5)) as camera:
        wait_until_it_remembers(camera, PRE_ROLL)
        for take in (camera.take_at, lambda context, _: camera.take(context)):
            at = time.monotonic()
            assert at - first_time_in_clip(take(CONTEXT, at).content) >= PRE_ROLL
        assert connections() == 1


def test_a_trigger_that_waited_too_long_gets_a_clip_of_now(server: NetworkCamera) -> None:
    """Its own moment is forgotten."""
    watching = Watching(kept_seconds=1)
    with closing(watch(server.url, watching, clip_seconds=0.5)) as camera:
        wait_until_it_remembers(camera, 0.5)
        begin = time.monotonic()
        assert first_time_in_clip(camera.take_at(CONTEXT, begin - 60).content) > begin - 10


def test_frames_come_from_the_second_stream(server: NetworkCamera) -> None:
    """And what is kept from the main one."""
    with network_camera() as main:
        watching = Watching(has_frames=True, kept_seconds=5)
        both = RtspCamera(main.url, watching=watching, substream=server.url)
        with closing(both) as camera:
            server.show("grey")
            frames = camera.frames(threading.Event())
            wait_for(lambda: int(np.ptp(next(frames).luma)) < 4, what="a grey frame")
            wait_until_it_remembers(camera, 0.0)
            assert connections() == 2
            assert len(camera.take_at(CONTEXT, time.monotonic()).content) > 1000


def test_a_camera_that_is_away_says_why_and_comes_back(
    server: NetworkCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo of a moment is then the next one that the camera can take."""
    monkeypatch.setattr(session, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(feed, "FIRST_RETRY_SECONDS", 0.01)
    with closing(watch(server.url, Watching(has_frames=True, kept_seconds=8))) as camera:
        next(camera.frames(threading.Event()))
        server.freeze()
        with pytest.raises(CameraError, match="sent no data for 1 s"):
            for _ in camera.frames(threading.Event()):
                pass
        wait_for(lambda: not camera.remembers(0.0), what="pictures that are old")
        server.thaw()
        assert next(camera.frames(threading.Event()))
        begin = time.monotonic()
        wait_until_it_remembers(camera, 0.0)
        assert time_in_photo(camera.take_at(CONTEXT, begin - 3600).content) > begin - 10


def test_without_watching_there_are_no_frames(server: NetworkCamera) -> None:
    with pytest.raises(CameraError, match="without a stream of frames"):
        RtspCamera(server.url).frames(threading.Event())


def test_a_camera_that_sends_motion_jpeg_is_watched_and_has_no_past() -> None:
    """Its photos and live pictures come from connections of their own."""
    with network_camera("--codec", "mjpeg") as server:
        watching = Watching(has_frames=True, kept_seconds=5)
        with closing(watch(server.url, watching)) as camera:
            frames = camera.frames(threading.Event())
            assert int(np.ptp(next(frames).luma)) > 100
            assert camera.take_at(CONTEXT, time.monotonic() - 1).media is Media.JPEG
            assert camera.preview()
            assert not camera.remembers(time.monotonic())
            assert next(frames)
