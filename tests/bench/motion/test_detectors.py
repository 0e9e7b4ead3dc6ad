"""The detectors that are compared detect what they are known for."""

import numpy as np
import pytest

from bench.motion.detectors import DETECTORS, available, watch
from pi_uploader.motion.frame import FRAME_SIZE, Frame

WIDTH, HEIGHT = FRAME_SIZE
RNG = np.random.default_rng(3)
COMPARED = [name for name in available() if not name.startswith("nightjar")]


def film(walks: bool) -> list[Frame]:
    """Return 60 pictures of a wall, before which a grey block walks in the last 30 of them."""
    wall = RNG.integers(90, 130, (HEIGHT, WIDTH), np.uint8)
    frames = []
    for number in range(60):
        luma = wall.copy()
        if walks and number >= 30:
            left = (number - 30) * 9
            luma[100:180, left : left + 40] = 220
        frames.append(Frame(luma, number / 5))
    return frames


@pytest.mark.parametrize("name", COMPARED)
def test_somebody_who_walks_is_detected(name: str) -> None:
    moments = watch(DETECTORS[name](), film(walks=True))

    assert moments
    assert min(moments) >= 6


@pytest.mark.parametrize("name", COMPARED)
def test_a_still_picture_is_none(name: str) -> None:
    assert watch(DETECTORS[name](), film(walks=False)) == []


def test_what_is_not_installed_is_left_out() -> None:
    assert "mse" in available()
    assert set(available()) <= set(DETECTORS)
