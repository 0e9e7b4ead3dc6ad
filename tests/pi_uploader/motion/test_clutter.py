"""Which points of a frame may be of things."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_uploader.motion.clutter import Clutter
from pi_uploader.motion.grid import COLUMNS, ROWS, Floats, Mask

THRESHOLD = 4.0
EVERYWHERE: Mask = np.ones((ROWS, COLUMNS), np.bool_)


def quiet(rng: np.random.Generator) -> Floats:
    """Return noises of a picture in which nothing differs."""
    return np.abs(rng.normal(0, 0.7, (ROWS, COLUMNS))).astype(np.float32)


def snow(rng: np.random.Generator) -> Floats:
    """Return noises of a picture with 150 flakes, elsewhere in each frame."""
    noises = quiet(rng)
    for row, column in zip(rng.integers(0, ROWS - 3, 150), rng.integers(0, 157, 150), strict=True):
        noises[row : row + 3, column : column + 2] = 9
    return noises


def shown(clutter: Clutter, noises: Floats, watched: Mask = EVERYWHERE) -> Mask:
    return clutter.filter(noises, THRESHOLD, watched, is_counted=True)


@given(st.integers(0, 1000), st.integers(10, 90), st.integers(10, 140))
@settings(deadline=None)
def test_somebody_faint_is_shown_and_noise_is_not(seed: int, row: int, column: int) -> None:
    rng, clutter = np.random.default_rng(seed), Clutter()
    faint = quiet(rng)
    faint[row : row + 20, column : column + 8] += 2.5

    assert shown(clutter, quiet(rng)).mean() < 0.001
    assert shown(clutter, faint)[row : row + 20, column : column + 8].mean() > 0.8


@given(st.integers(0, 1000), st.integers(10, 90), st.integers(10, 140))
@settings(deadline=None, max_examples=settings().max_examples // 5)
def test_somebody_faint_stands_out_of_snow(seed: int, row: int, column: int) -> None:
    """Flakes that were not there in the frame before are not shown, for the most part."""
    rng, clutter = np.random.default_rng(seed), Clutter()
    for _ in range(10):
        shown(clutter, snow(rng))
    faint = snow(rng)
    faint[row : row + 20, column : column + 8] += 2.5

    found = shown(clutter, faint)

    assert clutter.is_heavy
    assert found[row : row + 20, column : column + 8].mean() > 0.8
    found[row - 3 : row + 23, column - 3 : column + 11] = False
    assert found.mean() < 0.05


def test_the_soft_border_of_what_differs_by_much_is_not_shown() -> None:
    """Its light was estimated with that of the thing."""
    noises = np.zeros((ROWS, COLUMNS), np.float32)
    noises[30:60, 50:70] = 3
    faint = shown(Clutter(), noises)
    noises[40:50, 57:63] = 60

    found = shown(Clutter(), noises)

    assert faint[32:58, 52:68].all()
    assert found.sum() == 60


def test_what_is_not_watched_is_not_shown() -> None:
    watched = EVERYWHERE.copy()
    watched[:, :80] = False
    noises = quiet(np.random.default_rng(0))
    noises[20:60, 20:140] = 9

    found = shown(Clutter(), noises, watched)

    assert not found[:, :80].any()
    assert found[20:60, 80:140].all()


def test_nothing_is_shown_if_no_point_is_watched() -> None:
    """A zone can lie between all points of the grid."""
    noises = snow(np.random.default_rng(0))

    assert not shown(Clutter(), noises, ~EVERYWHERE).any()
