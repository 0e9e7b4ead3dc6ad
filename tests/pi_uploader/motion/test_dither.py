"""Noise for frames that have none."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.motion.dither import Dither
from pi_uploader.motion.grid import COLUMNS, ROWS, Floats

ENOUGH = 0.6  # of 255, the deviation of a point


def scene(noise: float, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    pattern = np.linspace(40, 200, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    return (pattern + noise * rng.standard_normal((ROWS, COLUMNS))).astype(np.float32)


@given(st.floats(0, 0.55))
def test_frames_get_as_much_noise_as_they_lack(noise: float) -> None:
    dither = Dither()
    frames = [dither.add(scene(noise, seed)) for seed in range(6)][1:]

    for before, now in pairwise(frames):
        assert np.std(now - before) / 2**0.5 == pytest.approx(ENOUGH, rel=0.1)


@given(st.floats(0.65, 20))
def test_frames_with_noise_stay_as_they_are(noise: float) -> None:
    dither = Dither()
    for seed in range(3):
        points = scene(noise, seed)
        assert dither.add(points) is points


def test_the_same_frames_get_the_same_noise() -> None:
    first, second = Dither(), Dither()
    for _ in range(3):
        assert np.array_equal(first.add(scene(0, 0)), second.add(scene(0, 0)))
