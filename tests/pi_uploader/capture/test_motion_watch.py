"""Motion in the picture takes photos, and a stream that fails costs no other trigger."""

import itertools
import logging
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from photo_wire.motion import Motion
from pi_uploader.agent.state import read_cameras
from pi_uploader.cameras import Camera, CameraError
from pi_uploader.capture import frame_reader, motion_watch, process
from pi_uploader.capture.motion_watch import (
    INTERVALS,
    MotionWatch,
    open_motion_watch,
    slowness_problem,
)
from pi_uploader.motion.frame import Frame
from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    SettingsError,
    load_settings,
)
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.status import motion_status
from pi_uploader.triggers import TriggerQueue
from tests.support.capturing import ScriptedCamera, asking, camera_settings, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.frame_streams import (
    BOX,
    HEIGHT,
    MOVING,
    QUIET,
    WIDTH,
    BrightnessDetector,
    Deliver,
    StreamEndedError,
    StreamingCamera,
    flooding,
    frame_of,
    raising,
    showing,
)
from tests.support.pins import pulse
from tests.support.waiting import wait_for

pytestmark = pytest.mark.usefixtures("brightness_is_motion")

TWO = """\
[camera.gate]
source = "simulated"
motion = "medium"
pin = 4
debounce = "0s"
every = "0.1s"

[camera.yard]
source = "simulated"
pir_pin = 5
cooldown = "0s"
every = "0.1s"
"""


@pytest.fixture
def gate() -> StreamingCamera:
    return StreamingCamera()


@pytest.fixture
def settings(
    tmp_path: Path, gate: StreamingCamera, monkeypatch: pytest.MonkeyPatch
) -> CaptureSettings:
    """Two cameras: `gate`, whose picture is watched, and `yard`. Failures are over at once."""

    def open_camera(one: CameraSettings) -> Camera:
        return gate if one.name == "gate" else ScriptedCamera()

    monkeypatch.setattr(process, "open_camera", open_camera)
    monkeypatch.setattr(motion_watch, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(motion_watch, "STEADY_SECONDS", 0.0)
    for reader in ("agent.state", "status"):  # a busy machine may need longer
        monkeypatch.setattr(f"pi_uploader.{reader}.STATE_SECONDS", 90.0)
    (tmp_path / "config.toml").write_text(TWO)
    return load_settings(
        CaptureSettings,
        {
            "CAMERA_CONFIG": str(tmp_path / "config.toml"),
            "CAMERA_SPOOL": str(tmp_path / "spool"),
            "CAMERA_RUNTIME_FOLDER": str(tmp_path / "run"),
            "CAMERA_CLOCK": "trusted",
        },
    )


def state_of_gate(settings: CaptureSettings) -> str:
    return read_cameras(settings.spool)["gate"].motion or ""


def photos(settings: CaptureSettings, camera: str, trigger: Trigger) -> list[SpooledPhoto]:
    return [
        photo
        for photo in Spool(settings.spool).waiting_photos()
        if (photo.name.camera, photo.trigger) == (camera, trigger)
    ]


def test_motion_in_the_picture_takes_a_photo_that_says_where(
    settings: CaptureSettings, gate: StreamingCamera, pins: MockFactory
) -> None:
    gate.show_always(showing(QUIET))
    with asking(settings):
        wait_for(lambda: state_of_gate(settings) == "watching", what="frames")
        assert photos(settings, "gate", Trigger.MOTION) == []
        gate.show_always(showing(MOVING))
        wait_for(lambda: photos(settings, "gate", Trigger.MOTION), what="a photo of the motion")
    [*_, photo] = photos(settings, "gate", Trigger.MOTION)
    assert photo.motion == Motion(BOX)
    assert photo.headers.to_headers()["X-Motion"] == "0.25, 0.25, 0.5, 0.5"
    assert {one.motion for one in photos(settings, "gate", Trigger.SCHEDULE)} == {None}


def late() -> Iterator[Frame]:
    frame = frame_of(QUIET)
    yield Frame(frame.luma, frame.at - 100)


FAULTS: dict[str, tuple[Deliver, str]] = {
    "sends nothing": (lambda: iter(()), "no frame came for 0.3 s"),
    "ends": (raising(StreamEndedError()), "the stream ended"),
    "fails": (raising(CameraError("the camera refuses the password")), "refuses the password"),
    "has a defect": (raising(ZeroDivisionError()), "ZeroDivisionError"),
    "changes its size": (showing(QUIET[:, 1:]), "have 319 x 240 points instead of 320 x 240"),
    "is grey": (showing(np.full((HEIGHT, WIDTH), 128, np.uint8)), "its picture is blank"),
    "floods": (flooding, "it sends more than 10 frames a second"),
    "comes late": (late, "its frames come 100 s late"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_stream_that_fails_makes_the_camera_blind_and_costs_no_other_trigger(
    fault: str,
    settings: CaptureSettings,
    gate: StreamingCamera,
    pins: MockFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pins and timers of this camera and of the other one take photos meanwhile, and the stream is
    watched again when it works."""
    deliver, reason = FAULTS[fault]
    if fault == "sends nothing":
        monkeypatch.setattr(motion_watch, "START_SECONDS", 0.3)
    monkeypatch.setattr(motion_watch, "BLANK_SECONDS", 0.0)
    monkeypatch.setattr(frame_reader, "MAX_HURRIED", 3)
    gate.show_always(deliver)
    with asking(settings):
        wait_for(lambda: reason in state_of_gate(settings), what=f"a state that says {reason}")
        taken = {
            (camera, trigger): len(photos(settings, camera, trigger))
            for camera, trigger in (
                ("gate", Trigger.GPIO),
                ("yard", Trigger.MOTION),
                ("gate", Trigger.SCHEDULE),
                ("yard", Trigger.SCHEDULE),
            )
        }
        pins.pin(4).drive_low()
        pulse(pins.pin(5))
        for (camera, trigger), count in taken.items():
            wait_for(
                lambda: len(photos(settings, camera, trigger)) > count,  # noqa: B023  used at once
                what=f"a {trigger} photo of {camera}",
            )
        monkeypatch.setattr(motion_watch, "START_SECONDS", 90.0)
        gate.show_always(showing(QUIET))
        wait_for(lambda: state_of_gate(settings) == "watching", what="a camera that sees again")
    assert photos(settings, "gate", Trigger.MOTION) == []


def test_a_stream_that_hangs_is_opened_again_once_it_ends(
    settings: CaptureSettings,
    gate: StreamingCamera,
    pins: MockFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No second stream is opened beside one that hangs in its driver, and the log has each change
    once. The process is alive all the time, as its watchdog sees it."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(motion_watch, "STALL_SECONDS", 0.3)
    monkeypatch.setattr(motion_watch, "STOP_SECONDS", 0.05)
    goes_on, kept_alive = threading.Event(), threading.Semaphore(0)

    def hang() -> Iterator[Frame]:
        goes_on.wait(90)
        return iter(())

    gate.show(showing(QUIET), hang)
    watch = MotionWatch("gate", gate, BrightnessDetector, TriggerQueue())
    with watch.running(lambda seconds: kept_alive.release()):
        wait_for(lambda: watch.state == "blind: no frame came for 0.3 s", what="a hang")
        while kept_alive.acquire(blocking=False):
            pass
        for _ in range(5):
            assert kept_alive.acquire(timeout=90)
        assert gate.opened == 1
        monkeypatch.setattr(motion_watch, "STALL_SECONDS", 90.0)
        gate.show_always(showing(QUIET))
        goes_on.set()
        wait_for(lambda: watch.state == "watching", what="a stream that works")
    assert gate.opened == 2
    assert [record.getMessage() for record in caplog.records] == [
        "gate: motion in its picture is not seen: no frame came for 0.3 s",
        "gate: its picture is watched for motion again",
    ]


def test_a_state_is_so_since_it_began() -> None:
    """Not since its reason changed; if the clock was not set then, nobody knows."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    clock = FakeClock(wall=noon)
    watch = MotionWatch("gate", StreamingCamera(), BrightnessDetector, TriggerQueue(), clock)
    found = [watch.since]
    for hour, problem in ((1, ""), (2, ""), (3, "it hangs"), (4, "it is dark"), (5, "")):
        clock.wall = noon + timedelta(hours=hour)
        watch._set_problem(problem)
        found.append(watch.since)
    assert [one and one.hour for one in found] == [12, 13, 13, 15, 15, 17]
    clock.synchronized = False
    watch._set_problem("it hangs")
    assert watch.since is None


def test_a_stream_with_few_frames_is_blind(gate: StreamingCamera) -> None:
    """Whoever walks by is gone between two of them."""

    def deliver() -> Iterator[Frame]:
        for number in itertools.count():
            yield frame_of(QUIET, at=time.monotonic() + 2 * number)

    gate.show(deliver)
    watch = MotionWatch("gate", gate, BrightnessDetector, TriggerQueue())
    with watch.running():
        wait_for(lambda: watch.state.startswith("blind: only 20 frames came in"), what="its state")


@given(st.lists(st.floats(0.05, 0.54), max_size=INTERVALS))
def test_two_frames_a_second_are_enough(intervals: list[float]) -> None:
    """Also if they come a little unevenly."""
    assert slowness_problem([sum(intervals[:end]) for end in range(len(intervals) + 1)]) == ""


@given(st.lists(st.floats(0.56, 5.0), min_size=INTERVALS, max_size=INTERVALS))
def test_fewer_are_too_few(intervals: list[float]) -> None:
    assert slowness_problem([sum(intervals[:end]) for end in range(INTERVALS + 1)])


def test_motion_that_lasts_triggers_once_a_second() -> None:
    """A person who walks about is no flood of triggers."""
    clock, queue = FakeClock(seconds=0.0), TriggerQueue()
    watch = MotionWatch("gate", StreamingCamera(), BrightnessDetector, queue, clock)
    for number in range(50):
        clock.seconds = number / 5
        watch.look_at(frame_of(MOVING, at=number / 5))
    assert queue.count(Trigger.MOTION) == 10


def test_a_trigger_is_of_the_moment_at_which_the_frame_was_exposed() -> None:
    clock, queue = FakeClock(seconds=100.0), TriggerQueue()
    watch = MotionWatch("gate", StreamingCamera(), BrightnessDetector, queue, clock)
    watch.look_at(frame_of(MOVING, at=99.25))
    event = queue.get(0)
    assert event
    assert (event.trigger, event.monotonic, event.box) == (Trigger.MOTION, 99.25, BOX)


def test_a_frame_from_the_future_triggers_now() -> None:
    """The cooldown would last until then."""
    clock, queue = FakeClock(seconds=100.0), TriggerQueue()
    watch = MotionWatch("gate", StreamingCamera(), BrightnessDetector, queue, clock)
    watch.look_at(frame_of(MOVING, at=1e6))
    event = queue.get(0)
    assert event
    assert event.monotonic == 100.0


def test_the_simulated_camera_is_watched(tmp_path: Path) -> None:
    """From the drawn scene to what status shows, with nothing in between that a test made."""
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", CAMERA_MOTION="medium")
    with asking(settings):
        wait_for(lambda: state_of_gate(settings) == "watching", what="frames of the scene")


def test_status_shows_the_cameras_that_look_for_motion(
    settings: CaptureSettings, gate: StreamingCamera, pins: MockFactory
) -> None:
    gate.show_always(showing(QUIET))
    with asking(settings) as ask:
        wait_for(lambda: state_of_gate(settings) == "watching", what="frames")
        assert ask("state").members["cameras"]["yard"]["motion"] is None
        since = ask("state").members["cameras"]["gate"]["motion_since"]
        lines, facts = motion_status(settings.spool)
    assert lines == [f"motion        gate watching, since {since}"]
    assert facts == {"motion": {"gate": "watching"}}
    assert motion_status(settings.spool) == ([], {"motion": {}})


def test_a_trigger_is_judged_by_frames_as_late_as_the_camera_says() -> None:
    camera = StreamingCamera()
    settings = camera_settings(CAMERA_CONFIRM="picture", CAMERA_PIN="4")
    ends = []
    for camera.max_delay in (0.0, 0.5, 3.0):
        watch = open_motion_watch(settings, camera, TriggerQueue())
        assert watch.judge
        ends.append(watch.judge.ask(10.0).end)
    assert ends == [11.0, 11.5, 14.0]


def test_a_camera_without_frames_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="CAMERA_MOTION: gate delivers no frames"):
        open_motion_watch(camera_settings(CAMERA_MOTION="low"), ScriptedCamera(), TriggerQueue())


def test_a_missing_numpy_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(SettingsError, match=r"gate needs numpy.* pip install '.\[motion\]'"):
        open_motion_watch(camera_settings(CAMERA_MOTION="low"), StreamingCamera(), TriggerQueue())
