"""How long before its trigger a clip begins, by the time that its first picture shows: of a real
RTSP server on loopback, read by ffmpeg, at any phase of its key frames."""

import random
import time
from contextlib import closing
from pathlib import Path

import psutil

from bench.effort import Effort
from bench.repeat import Samples
from bench.report import Figure
from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.feed import Watching
from pi_uploader.cameras.ring import MAX_RING_BYTES
from pi_uploader.cameras.rtsp.camera import RtspCamera
from tests.support.rtsp.camera import network_camera
from tests.support.rtsp.clock_picture import first_time_in_clip
from tests.support.waiting import wait_for

PRE_ROLL = 3.0  # seconds
CLIP_SECONDS = 0.3  # after the trigger
KEY_SECONDS = 2.0  # between two key frames of the server
CONTEXT = CaptureContext("gate", Trigger.MOTION, None)


def measure(folder: Path, effort: Effort) -> list[Figure]:
    clips = effort.pick(100, 20, 2)
    watching = Watching(has_frames=False, kept_seconds=PRE_ROLL + 5, pre_roll=PRE_ROLL)
    with network_camera("--scripted") as server:
        unread = psutil.Process().memory_info().rss
        taker = RtspCamera(server.url, clip_seconds=CLIP_SECONDS, watching=watching)
        with closing(taker):
            wait_for(lambda: taker.remembers(time.monotonic() - PRE_ROLL - KEY_SECONDS))
            before = [_seconds_before(taker) for _ in range(clips)]
            grown = psutil.Process().memory_info().rss - unread
            readers = [one for one in psutil.Process().children() if one.name() == "ffmpeg"]
            rss = sum(one.memory_info().rss for one in readers)
            ring = taker.kept_bytes
    early = sum(seconds >= PRE_ROLL for seconds in before)
    return [
        Figure(f"clips of {clips} that begin 3 s before their trigger", early, "", clips),
        Figure("seconds before the trigger, the least", min(before), "s", PRE_ROLL),
        Figure("seconds before the trigger", Samples(tuple(before)), "s"),
        Figure("pictures in memory", ring / 1e6, "MB", MAX_RING_BYTES / 1e6, at_most=True),
        Figure("RSS of this process, beyond that without", grown / 1e6, "MB"),
        Figure("RSS of ffmpeg that reads all the time", rss / 1e6, "MB"),
    ]


def _seconds_before(camera: RtspCamera) -> float:
    time.sleep(random.uniform(0, KEY_SECONDS / 2))  # noqa: S311  any phase of the key frames
    trigger = time.monotonic()
    return trigger - first_time_in_clip(camera.take_at(CONTEXT, trigger).content)
