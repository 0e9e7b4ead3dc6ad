"""How a frame is compared with the scene."""

import numpy as np
import pytest

from pi_uploader.motion.background import Background
from pi_uploader.motion.grid import COLUMNS, ROWS, Floats


def scene() -> Floats:
    coarse = np.random.default_rng(2).uniform(60, 160, (ROWS // 4, COLUMNS // 4))
    return np.kron(coarse, np.ones((4, 4))).astype(np.float32)


def learned() -> Background:
    background = Background(scene(), gain=1.0)
    for _ in range(20):
        background.learn(background.compare(scene(), 1.0), 1.0, None)
    return background


def test_a_camera_that_moved_is_compared_at_its_place() -> None:
    seen = learned().compare(np.roll(scene(), (2, -1), (0, 1)), 1.0)

    assert seen.shift == pytest.approx((2, -1), abs=0.1)


def test_what_only_a_moved_camera_sees_is_ignored() -> None:
    down_and_left = learned().compare(np.roll(scene(), (2, -3), (0, 1)), 1.0)
    up_and_right = learned().compare(np.roll(scene(), (-2, 3), (0, 1)), 1.0)

    assert not down_and_left.noises[:2].any()
    assert not down_and_left.noises[:, -3:].any()
    assert not up_and_right.noises[-2:].any()
    assert not up_and_right.noises[:, :3].any()
    assert down_and_left.noises[2:, :-3].any()


def test_a_large_twig_is_no_movement_of_the_camera() -> None:
    background = learned()
    for row in range(4):
        frame = scene()
        frame[row : row + 60, 20:90] = np.linspace(10, 240, 70)
        assert background.compare(frame, 1.0).shift == pytest.approx((0, 0), abs=0.3)


def test_a_branch_hides_nobody_beside_it() -> None:
    rng = np.random.default_rng(4)
    background = Background(scene(), gain=1.0)
    for _ in range(30):
        frame = scene() + rng.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32)
        frame[20:40, 32:40] += rng.uniform(-40, 40)
        background.learn(background.compare(frame, 1.0), 1.0, None)
    somebody = scene()
    somebody[20:40, 44:52] += 25

    seen = background.compare(somebody, 1.0)

    assert (seen.noises[20:40, 44:52] > 4).mean() > 0.9
