"""A stand-in for what finds motion, where a test is about what comes of it."""

import sys
from types import SimpleNamespace

import pytest

from tests.support.frame_streams import BrightnessDetector, saw_brightness


@pytest.fixture
def brightness_is_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is bright in the middle of a frame moves, whatever the frames before it showed."""
    stand_in = SimpleNamespace(MotionDetector=BrightnessDetector, saw_motion=saw_brightness)
    monkeypatch.setitem(sys.modules, "pi_uploader.motion.detector", stand_in)
