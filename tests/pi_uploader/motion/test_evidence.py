"""What counts as motion, for things of each kind that pass in front of a drawn yard."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from pi_uploader.motion.detector import MotionDetector
from pi_uploader.motion.frame import Frame
from pi_uploader.motion.sensitivity import Sensitivity

Light = NDArray[np.float64]
QUIET_FRAMES = 15
PASSING_FRAMES = 12


def yard(seed: int) -> Light:
    coarse = np.random.default_rng(seed).uniform(-25, 25, (30, 40))
    picture: Light = np.kron(coarse, np.ones((8, 8))).astype(np.float64) + 80
    return picture


def pass_by(
    start: tuple[float, float],
    step: tuple[float, float],
    size: tuple[float, float],
    blur: float = 0.6,
    seed: int = 0,
) -> list[Frame]:
    """Return the frames of a quiet yard, then of something bright that passes: its middle, its step
    from frame to frame, and its size are in pixels, across and down."""
    rng = np.random.default_rng(seed)
    empty = yard(seed)
    frames = []
    for number in range(QUIET_FRAMES + PASSING_FRAMES):
        picture = empty + rng.normal(0, 1.5, empty.shape)
        if (steps := number - QUIET_FRAMES) >= 0:
            x, y = start[0] + step[0] * steps, start[1] + step[1] * steps
            wide, high = size[0] / 2, size[1] / 2
            sheet = Image.new("L", (320, 240))
            ImageDraw.Draw(sheet).ellipse((x - wide, y - high, x + wide, y + high), 255)
            cover = np.asarray(sheet.filter(ImageFilter.GaussianBlur(blur)), np.float64) / 255
            picture += cover * (220 - picture)
        frames.append(Frame(np.clip(picture, 0, 255).astype(np.uint8), number / 5))
    return frames


def fall_on_a_line(row: float, seed: int) -> list[Frame]:
    """Return the frames of a quiet yard, then of drops: one in each frame is on a line, two others
    are elsewhere each time."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(QUIET_FRAMES + 4):
        picture = yard(seed) + rng.normal(0, 1.5, (240, 320))
        if (step := number - QUIET_FRAMES) >= 0:
            sheet = Image.new("L", (320, 240))
            pen = ImageDraw.Draw(sheet)
            far = 200 - 120 * (step % 2)
            for x, y in (((32, 102, 122, 147)[step], row), (200, far), (270, 280 - far)):
                pen.ellipse((x - 5, y - 5, x + 5, y + 5), 255)
            cover = np.asarray(sheet.filter(ImageFilter.GaussianBlur(0.6)), np.float64) / 255
            picture += cover * (220 - picture)
        frames.append(Frame(np.clip(picture, 0, 255).astype(np.uint8), number / 5))
    return frames


def decided_after(
    frames: list[Frame],
    sensitivity: Sensitivity = Sensitivity.MEDIUM,
    min_seconds: float = 0.4,
) -> int | None:
    """Return how many frames with the thing were needed; None if it is no motion."""
    detector = MotionDetector(sensitivity, min_seconds=min_seconds)
    found = [bool(detector.look(frame)) for frame in frames]
    assert not any(found[:QUIET_FRAMES])
    return found.index(True) - QUIET_FRAMES + 1 if any(found) else None


@given(st.sampled_from([-1, 1]), st.integers(0, 1000), st.floats(8, 30), st.floats(40, 90))
@settings(deadline=None, max_examples=settings().max_examples // 10)
def test_who_comes_in_at_a_side_is_motion_after_two_frames_or_three(
    direction: int, seed: int, step: float, tall: float
) -> None:
    start = (5.0 if direction > 0 else 315.0, 200 - tall / 2)

    frames = pass_by(start, (direction * step, 0), (24, tall), seed=seed)

    assert decided_after(frames) in (2, 3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_little_evidence_of_each_kind_is_enough_together(seed: int) -> None:
    """Somebody slender who walks in slowly is neither dense nor large."""
    assert decided_after(pass_by((318, 190), (-4, 0), (8, 30), seed=seed)) is not None


def test_what_is_to_last_longer_is_waited_for() -> None:
    frames = pass_by((5, 160), (12, 0), (24, 60))

    assert decided_after(frames, min_seconds=1.0) == 5


@given(st.integers(0, 1000), st.floats(20, 45), st.floats(0, 2 * np.pi), st.floats(14, 26))
@settings(deadline=None, max_examples=settings().max_examples // 10)
def test_insects_near_the_lens_are_out_of_focus(
    seed: int, step: float, angle: float, size: float
) -> None:
    across, down = float(np.cos(angle) * step), float(np.sin(angle) * step)

    frames = pass_by((160, 120), (across, down), (size, size), blur=size / 3, seed=seed)

    assert decided_after(frames) is None


def test_the_same_in_focus_that_walks_in_is_motion() -> None:
    assert decided_after(pass_by((5, 160), (25, 0), (20, 20))) is not None


@given(st.integers(0, 1000), st.floats(25, 60), st.floats(-8, 8))
@settings(deadline=None, max_examples=settings().max_examples // 10)
def test_what_falls_fast_and_is_small_is_none(seed: int, step: float, drift: float) -> None:
    frames = pass_by((160, 10), (drift, step), (4, 6), seed=seed)

    assert decided_after(frames) is None


@given(st.integers(0, 1000), st.floats(60, 160))
@settings(deadline=None, max_examples=settings().max_examples // 10)
def test_what_is_fast_among_others_may_be_another_thing_in_each_frame(
    seed: int, row: float
) -> None:
    assert decided_after(fall_on_a_line(row, seed)) is None


def test_low_asks_for_more_than_high() -> None:
    """A small thing far away."""
    frames = pass_by((4, 130), (8, 0), (9, 14))

    assert decided_after(frames, Sensitivity.LOW) is None
    assert decided_after(frames, Sensitivity.HIGH) is not None
