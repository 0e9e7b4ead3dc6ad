"""Each setting of motion in the picture on an installed Pi."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from photo_wire.headers import Trigger
from photo_wire.motion import Motion
from pi_uploader.capture import confirmation, judge, process
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.zones import Zones
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings
from tests.support.frame_streams import (
    BOX,
    MOVING,
    PHOTO_WITH_PREVIEW,
    QUIET,
    BrightnessDetector,
    StreamingCamera,
    saw_brightness,
    showing,
)
from tests.support.installed_pi import InstalledPi
from tests.support.pins import is_watched
from tests.support.waiting import wait_for


@pytest.fixture
def detector_settings(pi: InstalledPi, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Captures until something moves in the picture, and returns what the detector was made
    with."""
    made_with: list[Any] = []

    class RecordingDetector(BrightnessDetector):
        def __init__(self, *args: object) -> None:
            made_with.append(args)

    camera = StreamingCamera()
    camera.show_always(showing(MOVING))
    stand_in = SimpleNamespace(MotionDetector=RecordingDetector, saw_motion=saw_brightness)
    monkeypatch.setitem(sys.modules, "pi_uploader.motion.detector", stand_in)
    monkeypatch.setattr(process, "open_camera", lambda _: camera)

    def capture() -> Any:
        with pi.capturing():
            wait_for(lambda: pi.waiting(), what="a photo")
        assert {(one.trigger, one.motion) for one in pi.waiting()} == {
            (Trigger.MOTION, Motion(BOX))
        }
        return made_with[-1]

    return capture


@pytest.mark.setting("CAMERA_MOTION")
def test_camera_motion(pi: InstalledPi, detector_settings: Callable[[], Any]) -> None:
    pi.environ["CAMERA_MOTION"] = "high"
    assert detector_settings() == (Sensitivity.HIGH, Zones(), 0.4)


@pytest.mark.setting("CAMERA_MOTION_MIN")
def test_camera_motion_min(pi: InstalledPi, detector_settings: Callable[[], Any]) -> None:
    pi.environ |= {"CAMERA_MOTION": "low", "CAMERA_MOTION_MIN": "2s"}
    assert detector_settings() == (Sensitivity.LOW, Zones(), 2.0)


@pytest.mark.setting("CAMERA_ZONES")
def test_camera_zones(pi: InstalledPi, detector_settings: Callable[[], Any]) -> None:
    pi.environ |= {"CAMERA_MOTION": "low", "CAMERA_ZONES": "0,0 50,0 50,100; 60,60 70,60 60,70.5"}
    zones = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)), ((0.6, 0.6), (0.7, 0.6), (0.6, 0.705))
    assert detector_settings()[1] == Zones(watched=zones)


@pytest.mark.setting("CAMERA_MASKS")
def test_camera_masks(pi: InstalledPi, detector_settings: Callable[[], Any]) -> None:
    pi.environ |= {"CAMERA_MOTION": "low", "CAMERA_MASKS": "0,0 50,0 50,100"}
    assert detector_settings()[1] == Zones(masked=(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)),))


@pytest.fixture
def watched(
    pi: InstalledPi, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[Motion | None]]:
    """Captures with a camera in whose picture nothing moves until a contact has taken a photo,
    whose motion it returns. A tenth of a second decides."""
    camera = StreamingCamera()
    camera.show_always(showing(QUIET))
    stand_in = SimpleNamespace(MotionDetector=BrightnessDetector, saw_motion=saw_brightness)
    monkeypatch.setitem(sys.modules, "pi_uploader.motion.detector", stand_in)
    monkeypatch.setattr(process, "open_camera", lambda _: camera)
    for name in ("BEFORE_SECONDS", "AFTER_SECONDS"):
        monkeypatch.setattr(judge, name, 0.1)
    monkeypatch.setattr(judge, "MAX_GAP_SECONDS", 90.0)
    monkeypatch.setattr(confirmation, "MAX_WAIT_SECONDS", 90.0)

    def capture() -> list[Motion | None]:
        count = len(pi.waiting())
        pins.pin(18).drive_high()
        with pi.capturing():
            wait_for(lambda: is_watched(pins.pin(18)), what="the contact")
            pins.pin(18).drive_low()
            wait_for(lambda: len(pi.waiting()) > count, what="a photo")
        return [photo.motion for photo in pi.waiting()]

    return capture


@pytest.mark.setting("CAMERA_CONFIRM")
def test_camera_confirm(pi: InstalledPi, watched: Callable[[], list[Motion | None]]) -> None:
    """The picture says that nothing moved: a stub is left. Off: nobody asks it."""
    pi.environ |= {"CAMERA_PIN": "18", "CAMERA_CONFIRM": "picture"}
    assert watched() == [Motion()]
    assert pi.waiting()[0].size < len(PHOTO_WITH_PREVIEW.content)
    pi.environ["CAMERA_CONFIRM"] = "off"
    assert watched() == [Motion(), None]


@pytest.mark.setting("CAMERA_UNCONFIRMED")
def test_camera_unconfirmed(pi: InstalledPi, watched: Callable[[], list[Motion | None]]) -> None:
    pi.environ |= {
        "CAMERA_PIN": "18",
        "CAMERA_CONFIRM": "picture",
        "CAMERA_UNCONFIRMED": "photo",
    }
    assert watched() == [Motion()]
    assert pi.waiting()[0].size == len(PHOTO_WITH_PREVIEW.content)


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"CAMERA_CONFIRM": "picture", "PIR_PIN": "none", "CAMERA_EVERY": "1h"},
            "CAMERA_CONFIRM: must be off for a camera with neither PIR_PIN nor CAMERA_PIN: it has "
            "no trigger to confirm",
        ),
        (
            {"CAMERA_CONFIRM": "picture", "CAMERA_REPLAY": "/pictures"},
            "CAMERA_CONFIRM: must be off for a camera that replays a folder (CAMERA_REPLAY): its "
            "pictures do not show its triggers",
        ),
        (
            {"CAMERA_MOTION": "low", "CAMERA_REPLAY": "/pictures"},
            "CAMERA_MOTION: must be off for a camera that replays a folder (CAMERA_REPLAY): "
            "nothing moves in its pictures",
        ),
        (
            {"CAMERA_ZONES": "0,0 50,0 50,50", "CAMERA_MASKS": "0,0 100,0 100,100 0,100"},
            "CAMERA_MASKS: must leave a part of the picture (of CAMERA_ZONES, if that is set) in "
            "which motion counts",
        ),
    ],
)
def test_settings_that_contradict_each_other(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(CaptureSettings, {"CAMERA_SOURCE": "simulated", "HOME": "/", **environ})
    assert error.value.problems == (problem,)
