"""What the regions of a frame look like: soft light, things, and what is left of a pattern."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_uploader.motion.background import Background
from pi_uploader.motion.grid import CELL_COLUMNS, CELL_ROWS, COLUMNS, ROWS, Floats
from pi_uploader.motion.regions import Region, find_regions

LEARNED_FRAMES = 15
HIGH = slice(40, 80)  # the rows of a thing
SHARP = 0.2  # of what is large, at least, to be motion


def wall() -> Floats:
    """Return bright and dark bricks, in points."""
    bricks = np.random.default_rng(7).uniform(60, 160, (ROWS // 2, COLUMNS // 4))
    wide: Floats = np.kron(bricks, np.ones((2, 4))).astype(np.float32)
    return wide


def regions_of(changed: Floats, noise: float) -> list[Region]:
    """Return the regions of a frame after some of the same wall without a change."""
    rng = np.random.default_rng(1)

    def seen(points: Floats) -> Floats:
        return np.asarray(points + rng.normal(0, noise, points.shape), np.float32)

    background = Background(seen(wall()), 1.0)
    for _ in range(LEARNED_FRAMES):
        background.learn(background.compare(seen(wall()), 1.0), 1.0, None)
    comparison = background.compare(seen(changed), 1.0)
    differs = comparison.noises > 4
    calm = np.ones((CELL_ROWS, CELL_COLUMNS), np.float32)
    return find_regions(differs, comparison, differs, calm, rains=False)


def shadow() -> Floats:
    """Return the light of a frame with a soft shadow at its left."""
    down, across = np.mgrid[:ROWS, :COLUMNS].astype(np.float32)
    far = ((across - 10) / 20) ** 2 + ((down - 60) / 20) ** 2
    return np.asarray(1 - 0.3 * np.exp(-far), np.float32)


@pytest.mark.parametrize("smear", [0.0, 0.1, 0.2])
def test_a_pattern_in_a_shadow_has_no_new_edges(smear: float) -> None:
    """A compression encodes anew what changes, and does not repeat the pattern exactly."""
    light = shadow()
    smeared = np.float32(smear) * (1 - light) / (1 - light.min()) * (np.roll(wall(), 1, 1) - wall())

    regions = regions_of(light * (wall() + smeared), noise=0.6)

    assert any(one.points > 40 for one in regions)
    assert all(one.points < 40 or one.sharpness < SHARP for one in regions)


@given(st.integers(0, 100), st.floats(0.8, 1.2))
@settings(deadline=None, max_examples=settings().max_examples // 10)
def test_a_thing_in_front_of_a_pattern_has_new_edges(column: int, light: float) -> None:
    frame = wall()
    frame[HIGH, column : column + 20] = wall()[::-1][HIGH, :20] * np.float32(light)

    largest = max(regions_of(frame, noise=0.6), key=lambda one: one.points)

    assert largest.sharpness > SHARP
