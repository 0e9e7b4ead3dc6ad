"""Whatever the stream of a real RTSP server does, the pins and timers of another camera go on, and
status says what is seen of it."""

from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from photo_wire.headers import Trigger
from pi_uploader.cameras import feed
from pi_uploader.cameras.rtsp import session
from pi_uploader.capture import motion_watch
from pi_uploader.settings import CaptureSettings, load_settings
from pi_uploader.spool import Spool
from pi_uploader.status import motion_status
from tests.support.capturing import asking
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
    monkeypatch.setattr(feed, "STALL_SECONDS", 2.0)
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
