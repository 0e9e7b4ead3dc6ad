"""By how much a camera has moved: whole points by the profiles of the picture, parts of one by its
gradients."""

import numpy as np
from numpy.typing import NDArray

from pi_uploader.motion.grid import Floats

Shift = tuple[float, float]  # points, down and to the right

_MAX_STEPS = 4  # points that the profiles are compared over
_MAX_PART = 1.5  # points that the gradients may add
_DAMPING = 50.0  # against a shift that a picture without edges would not show
_MARGIN = 8  # points of repeated edge, more than the largest shift


def coarse_shift(points: Floats, background: Floats) -> Shift:
    """Return the shift in whole points by which the background fits a frame best."""
    down = _best_step(points.mean(1), background.mean(1))
    return down, _best_step(points.mean(0), background.mean(0))


def fine_shift(expected: Floats, difference: Floats, limit: Floats) -> Shift:
    """Return the further shift, in parts of a point, that explains most of the difference. What
    differs by more than `limit` counts as that much: it is something that moves."""
    across, down = gradients(expected)
    clipped = np.clip(difference, -limit, limit)
    xx, yy = float((across * across).sum()) + _DAMPING, float((down * down).sum()) + _DAMPING
    xy = float((across * down).sum())
    x, y = -float((across * clipped).sum()), -float((down * clipped).sum())
    determinant = xx * yy - xy * xy
    if determinant <= 0:
        return 0.0, 0.0
    right = (yy * x - xy * y) / determinant
    below = (xx * y - xy * x) / determinant
    return (
        min(_MAX_PART, max(-_MAX_PART, below)),
        min(_MAX_PART, max(-_MAX_PART, right)),
    )


def moved(picture: Floats, shift: Shift) -> Floats:
    """Return a picture that is moved; its edges repeat."""
    down, right = (int(np.floor(part)) for part in shift)
    y, x = np.float32(shift[0] - down), np.float32(shift[1] - right)
    padded = np.pad(picture, _MARGIN, mode="edge")

    def part(further_down: int, further_right: int) -> Floats:
        top, left = _MARGIN - down - further_down, _MARGIN - right - further_right
        return padded[top : top + picture.shape[0], left : left + picture.shape[1]]

    one = np.float32(1)
    result: Floats = part(0, 0) * ((one - y) * (one - x))
    result += part(0, 1) * ((one - y) * x)
    result += part(1, 0) * (y * (one - x))
    result += part(1, 1) * (y * x)
    return result


def gradients(picture: Floats) -> tuple[Floats, Floats]:
    """Return by how much each point differs from its neighbours: across, and down."""
    across, down = np.zeros_like(picture), np.zeros_like(picture)
    across[:, 1:-1] = (picture[:, 2:] - picture[:, :-2]) * np.float32(0.5)
    down[1:-1] = (picture[2:] - picture[:-2]) * np.float32(0.5)
    return across, down


def _best_step(profile: NDArray[np.float32], background: NDArray[np.float32]) -> int:
    """Return by how many points the steps of one profile are moved against those of another."""
    now, before = np.diff(profile), np.diff(background)
    last = len(now) - _MAX_STEPS

    def misfit(step: int) -> float:
        apart = now[_MAX_STEPS:last] - before[_MAX_STEPS - step : last - step]
        return float(np.abs(apart).sum()) * (1 + 0.02 * abs(step))

    return min(range(-_MAX_STEPS, _MAX_STEPS + 1), key=lambda step: (misfit(step), abs(step)))
