"""Motion in the stream of a real RTSP server takes photos of its moment. Whatever the stream does,
the pins and timers of another camera go on, and status says what is seen of it."""

import statistics
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image

from photo_wire.headers import Trigger
from pi_uploader.cameras import feed, receivers
from pi_uploader.cameras.rtsp import session
from pi_uploader.capture import motion_watch
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.status import motion_status
from tests.support.capturing import asking, idle_settings
from tests.support.pins import pulse
from tests.support.rtsp.camera import NetworkCamera, is_available, network_camera
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not is_available(),
        reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root",
    ),
]
TWO = """\
[camera.gate]
source = "rtsp"
url = "{url}"
motion = "medium"
every = "1h"

[camera.yard]
source = "simulated"
pir_pin = 5
cooldown = "0s"
every = "0.1s"
"""
SEES = "watching"
FAULTS = {  # what the server does, and what status says of it
    "hangs": "blind: 127.0.0.1",
    "nothing": "blind: ",
    "grey": "blind: its picture is blank",
    "small": SEES,  # ffmpeg follows a picture that changes its size
    "flood": SEES,  # and of many pictures it delivers five a second
}


def load(folder: Path, url: str) -> CaptureSettings:
    (folder / "config.toml").write_text(TWO.format(url=url))
    return load_settings(
        CaptureSettings,
        {
            "CAMERA_CONFIG": str(folder / "config.toml"),
            "CAMERA_SPOOL": str(folder / "spool"),
            "CAMERA_RUNTIME_FOLDER": str(folder / "run"),
            "CAMERA_CLOCK": "trusted",
        },
    )


def state_of_gate(settings: CaptureSettings) -> str:
    _, facts = motion_status(settings.spool)
    return str(facts["motion"].get("gate"))


def photos_of_yard(settings: CaptureSettings, trigger: Trigger) -> int:
    return sum(
        (photo.name.camera, photo.trigger) == ("yard", trigger)
        for photo in Spool(settings.spool).waiting_photos()
    )


def begin_fault(server: NetworkCamera, fault: str) -> None:
    if fault == "hangs":
        server.freeze()
    else:
        server.show(fault)


def test_a_stream_that_fails_costs_no_other_camera_a_photo(
    tmp_path: Path, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(receivers, "STALL_SECONDS", 2.0)
    monkeypatch.setattr(motion_watch, "BLANK_SECONDS", 0.5)
    monkeypatch.setattr(motion_watch, "STEADY_SECONDS", 0.5)
    for module in (feed, motion_watch):
        monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 0.05)
    with network_camera("--scripted") as server:
        settings = load(tmp_path, server.url)
        with asking(settings):
            for fault, expected in FAULTS.items():
                wait_for(lambda: state_of_gate(settings) == SEES, what="a camera that sees")
                begin_fault(server, fault)
                wait_for(
                    lambda: state_of_gate(settings).startswith(expected),  # noqa: B023  used at once
                    what=f"a state that begins with {expected}, as the camera {fault}",
                )
                for trigger in (Trigger.MOTION, Trigger.SCHEDULE):
                    taken = photos_of_yard(settings, trigger)
                    if trigger is Trigger.MOTION:
                        pulse(pins.pin(5))
                    wait_for(
                        lambda: photos_of_yard(settings, trigger) > taken,  # noqa: B023
                        what=f"a {trigger} photo while the other camera {fault}",
                    )
                server.thaw()
                server.show("clock")
            wait_for(lambda: state_of_gate(settings) == SEES, what="a camera that sees again")


def test_a_photo_of_motion_shows_what_moved_where_it_was_seen(tmp_path: Path) -> None:
    """By the real detector: a ball that crosses a third of the picture in a second."""
    with network_camera() as server:
        settings = idle_settings(
            tmp_path, CAMERA_SOURCE="rtsp", CAMERA_URL=server.url, CAMERA_MOTION="medium"
        )
        with asking(settings):
            wait_for(lambda: len(photos_of_motion(settings)) >= 3, what="three photos of motion")
            distances = [
                distance_to_ball(settings, photo) for photo in photos_of_motion(settings)[:3]
            ]
    assert statistics.median(distances) < 0.1


def photos_of_motion(settings: CaptureSettings) -> list[SpooledPhoto]:
    return [photo for photo in Spool(settings.spool).waiting_photos() if photo.motion]


def distance_to_ball(settings: CaptureSettings, photo: SpooledPhoto) -> float:
    """Return how far the ball is outside of the box of the motion, in shares of the picture."""
    assert photo.motion
    assert photo.motion.box
    with Spool(settings.spool).open(photo) as file:
        picture = np.asarray(Image.open(BytesIO(file.read())).convert("L"))
    rows, columns = np.nonzero(picture > 200)
    x, y = columns.mean() / picture.shape[1], rows.mean() / picture.shape[0]
    box = photo.motion.box
    right, bottom = box.left + box.width, box.top + box.height
    return float(max(box.left - x, x - right, box.top - y, y - bottom, 0))
