"""A drawn yard in which somebody walks, and what only looks like it."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from photo_wire.motion import Box
from pi_uploader.motion.detector import MotionDetector, saw_motion
from pi_uploader.motion.frame import Frame
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.motion.zones import EVERYWHERE, Zones

LEFT_HALF = Zones(watched=(((0, 0), (0.5, 0), (0.5, 1), (0, 1)),))
QUIET_FRAMES = 15
Light = NDArray[np.float64]


def yard() -> Light:
    """Return a wall and a lawn, with a pattern on both."""
    rng = np.random.default_rng(3)
    coarse = np.kron(rng.uniform(-25, 25, (30, 40)), np.ones((8, 8)))
    picture: Light = np.full((240, 320), 110.0) + coarse
    return picture


def with_somebody(picture: Light, left: float) -> Light:
    """Draw somebody of 20 x 60 pixels."""
    drawn = picture.copy()
    start = max(0, round(left))
    drawn[120:180, start : max(0, round(left) + 20)] = 30
    return drawn


def filmed(pictures: list[Light], gain: float = 1.0, noise: float = 1.5) -> list[Frame]:
    """Return the frames of these pictures, with the noise of a sensor, of 255 levels."""
    rng = np.random.default_rng(5)
    noisy = (np.clip(one + rng.normal(0, noise, one.shape), 0, 255) for one in pictures)
    return [Frame(one.astype(np.uint8), number / 5, gain) for number, one in enumerate(noisy)]


def walk() -> list[Light]:
    """Somebody comes in at the right and walks to the left, 10 pixels a frame."""
    empty = yard()
    return [empty] * QUIET_FRAMES + [with_somebody(empty, 310 - 10 * step) for step in range(20)]


def boxes(frames: list[Frame], zones: Zones = EVERYWHERE) -> list[Box | None]:
    detector = MotionDetector(Sensitivity.MEDIUM, zones)
    return [detector.look(frame) for frame in frames]


def test_somebody_who_walks_is_found_within_two_frames_after_the_first() -> None:
    found = boxes(filmed(walk()))
    assert found[:QUIET_FRAMES] == [None] * QUIET_FRAMES
    box = next(one for one in found[QUIET_FRAMES + 1 : QUIET_FRAMES + 3] if one)
    assert 0.7 < box.left < 0.9 <= box.left + box.width
    assert 0.3 < box.top < 0.6


def test_the_picture_alone_is_no_motion() -> None:
    assert not any(boxes(filmed([yard()] * 40)))


def test_who_comes_slowly_and_again_is_found_in_a_stream_without_noise() -> None:
    """What moved a short time ago is not restless, though nothing has differed since."""
    empty = yard()
    visit = [with_somebody(empty, 318 - 3 * step) for step in range(40)] + [empty] * 60
    found = boxes(filmed([empty] * 40 + visit * 2, noise=0))
    assert not any(found[:40])
    assert any(found[40:80])
    assert not any(found[85:140])
    assert any(found[140:180])


def test_a_quiet_stream_without_noise_is_no_motion() -> None:
    """A drawn picture that gets darker in whole levels, and a compression's keyframes."""
    darker = [np.floor(yard() * (1 - step / 200)) for step in range(60)]
    keyframes = [np.round(yard() / 4) * 4 + (step % 20 == 0) for step in range(60)]
    assert not any(boxes(filmed(darker, noise=0)))
    assert not any(boxes(filmed(keyframes, noise=0)))


def test_a_cloud_and_an_exposure_are_no_motion() -> None:
    empty = yard()
    ramp = np.linspace(1, 0.5, 320)
    clouds = [empty * (1 + (ramp - 1) * min(1, step / 10)) for step in range(20)]
    assert not any(boxes(filmed([empty] * QUIET_FRAMES + clouds + [empty * 1.3] * 10)))


def test_another_picture_at_once_is_no_motion() -> None:
    """As when a camera changes to infrared light."""
    other = 255 - yard()[::-1]
    assert not any(boxes(filmed([yard()] * QUIET_FRAMES + [other] * 20)))


def test_a_camera_that_shakes_sees_no_motion() -> None:
    empty = yard()
    rng = np.random.default_rng(9)
    shaken = [np.roll(empty, tuple(rng.integers(-3, 4, 2)), (0, 1)) for _ in range(25)]
    assert not any(boxes(filmed([empty] * QUIET_FRAMES + shaken)))


def test_motion_outside_of_the_zones_does_not_count() -> None:
    found = boxes(filmed(walk()), LEFT_HALF)
    assert not any(found[: QUIET_FRAMES + 14])
    assert all(box.left < 0.5 for box in found if box)
    assert any(found)


@pytest.mark.parametrize("shape", [(120, 160), (240, 320, 3), (0, 0)])
def test_another_size_is_an_error(shape: tuple[int, ...]) -> None:
    detector = MotionDetector(Sensitivity.MEDIUM)
    with pytest.raises(ValueError, match="a frame must have 240 lines of 320 bytes"):
        detector.look(Frame(np.zeros(shape, np.uint8), 0.0))


def test_a_few_frames_around_a_trigger_decide() -> None:
    frames = filmed(walk())
    assert saw_motion(frames[QUIET_FRAMES : QUIET_FRAMES + 11])
    assert saw_motion(filmed([yard()] * 11)) is None
    assert saw_motion(frames[:2]) is None
    assert saw_motion(filmed(walk(), noise=0)[QUIET_FRAMES : QUIET_FRAMES + 11])
    assert saw_motion(filmed([yard()] * 11, noise=0)) is None


def _some_frames() -> st.SearchStrategy[list[tuple[int, int, float, float]]]:
    """What to draw (a seed, and 0 black, 1 white, 2 grey, 3 noise, 4 blocks), seconds, and gain."""
    return st.lists(
        st.tuples(
            st.integers(0, 1000),
            st.integers(0, 4),
            st.sampled_from([0.0, 0.01, 0.2, 0.2, 0.2, 3.0]),
            st.sampled_from([1.0, 0.0, 16.0, float("nan"), float("inf")]),
        ),
        min_size=1,
        max_size=25,
    )


def _draw(chosen: list[tuple[int, int, float, float]]) -> Iterator[Frame]:
    at = 0.0
    for seed, kind, seconds, gain in chosen:
        rng = np.random.default_rng(seed)
        luma = [
            np.zeros((240, 320)),
            np.full((240, 320), 255),
            np.full((240, 320), seed % 256),
            rng.integers(0, 256, (240, 320)),
            np.kron(rng.integers(0, 256, (15, 20)), np.ones((16, 16))),
        ][kind]
        at += seconds
        yield Frame(luma.astype(np.uint8), at, gain)


@given(_some_frames())
@settings(deadline=None)
def test_no_frame_is_an_error(chosen: list[tuple[int, int, float, float]]) -> None:
    """Box itself raises ValueError for what is outside of the picture."""
    detector = MotionDetector(Sensitivity.HIGH)
    frames = list(_draw(chosen))
    for frame in frames:
        detector.look(frame)
    saw_motion(frames)
