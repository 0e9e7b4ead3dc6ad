"""The picture of a still scene, how restless its parts are, and how a frame differs from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pi_uploader.motion.grid import Floats, Mask, blur, cell_means, interpolate
from pi_uploader.motion.light import relit
from pi_uploader.motion.shake import Shift, coarse_shift, fine_shift, gradients, moved

STARTING_FRAMES = 8  # in which the noise of a scene is learned: 1.6 s
AGAIN_FRAMES = 3  # the same after all of the picture has changed

_RATE = 0.05  # of a difference that is learned with each frame: most of it in 20 frames
_NOISE_UP, _NOISE_DOWN = 0.04, 0.01  # the same of noise: what is restless stays so for a while
_MIN_VARIANCE = np.float32(1.0)  # of values from 0 to 255
_LEAST_VARIANCE = np.float32(0.01)  # of a cell, whose logarithm is taken
_FIRST_VARIANCE = 4.0
_MAX_TEACHING = np.float32(25.0)  # times the variance, by which one frame teaches at most
_MAX_STEP = np.float32(20.0)  # of 255, the same of the picture
_EDGE_NOISE = 0.25  # of the gradients, where the camera moves by a point or more
_SURELY = 0.9  # of the differences that are left, above which it was no movement of the camera
_STILL = 0.3  # points; less is not learned as another view
_MOVED_FRAMES = 10  # after which a camera that moved looks elsewhere for good
_QUIET_QUARTILE = 1.15  # noises that a quarter of the points of a quiet picture exceed


@dataclass(frozen=True, slots=True)
class Comparison:
    """A frame beside the background in its light. `noises` is the difference of each point as a
    multiple of its noise, divided by `commotion`: how much more than usual the whole picture
    differs, at least 1. `shift` is by how many points the camera has moved."""

    points: Floats
    expected: Floats
    difference: Floats
    variance: Floats
    noises: Floats
    commotion: float
    shift: Shift
    factor: Floats
    reference: Floats

    @property
    def shaken_by(self) -> float:
        """By how many points the camera has moved, in any direction."""
        return math.hypot(*self.shift)


class Background:
    """Learns a scene from its frames. Noise is kept as it would be at gain 1: its variance is that
    of light, which grows with the gain."""

    def __init__(self, points: Floats, gain: float, starting_frames: int = STARTING_FRAMES) -> None:
        self._mean = points
        self._variance = np.full_like(points, _FIRST_VARIANCE / gain)
        self._starting_frames = starting_frames
        self._age = 0
        self._moved_for = 0

    @classmethod
    def between(cls, frames: Sequence[Floats], gain: float) -> "Background":
        """Return what most of a few frames show, so that it is ready at once."""
        stack = np.stack(frames)
        background = cls(np.median(stack, axis=0).astype(np.float32), gain, 0)
        steps = np.median(np.abs(np.diff(stack, axis=0)), axis=0)
        spread = (np.float32(1.05) * steps) ** 2  # the deviation of one is 1.05 of such a median
        background._variance = (spread / np.float32(gain)).astype(np.float32)
        return background

    @property
    def is_starting(self) -> bool:
        """Whether the noise of the scene is not known yet."""
        return self._age < self._starting_frames

    @property
    def starts_next(self) -> bool:
        """Whether the next frame is the first that can be judged, or one after it."""
        return self._age >= self._starting_frames - 1

    def restlessness(self) -> Floats:
        """Return how restless each cell is; the median one has 1."""
        deviation = np.sqrt(cell_means(self._variance))
        return np.asarray(deviation / max(float(np.median(deviation)), 1e-6), np.float32)

    def compare(self, points: Floats, gain: float) -> Comparison:
        """Return how a frame differs from the background."""
        variance: Floats = np.maximum(self._variance, self._variance_around()) * np.float32(gain)
        np.maximum(variance, _MIN_VARIANCE, out=variance)
        shift: Shift = (0.0, 0.0)
        reference = self._mean
        expected, factor = relit(reference, points)
        difference = points - expected
        limit = 4 * np.sqrt(variance)
        if any(coarse := coarse_shift(points, self._mean)):
            other = moved(self._mean, coarse)
            other_expected, other_factor = relit(other, points)
            other_difference = points - other_expected
            if _extent(other_difference, limit) < _SURELY * _extent(difference, limit):
                shift, reference, factor = coarse, other, other_factor
                expected, difference = other_expected, other_difference
        further = fine_shift(expected, difference, limit)
        if abs(further[0]) + abs(further[1]) > 0.05:
            finer = (shift[0] + further[0], shift[1] + further[1])
            other = moved(self._mean, finer)
            other_expected, other_factor = relit(other, points)
            other_difference = points - other_expected
            if _extent(other_difference, limit) < _extent(difference, limit):
                shift, reference, factor = finer, other, other_factor
                expected, difference = other_expected, other_difference
        if (distance := math.hypot(*shift)) > 0.1:
            across, down = gradients(expected)
            variance += (across * across + down * down) * np.float32(
                (_EDGE_NOISE * min(1.0, distance)) ** 2
            )
        noises: Floats = np.abs(difference) / np.sqrt(variance)
        sample = noises.ravel()[::3]
        rank = len(sample) * 3 // 4
        commotion = max(1.0, float(np.partition(sample, rank)[rank]) / _QUIET_QUARTILE)
        noises /= np.float32(commotion)
        _forget_revealed(noises, shift)
        return Comparison(
            points, expected, difference, variance, noises, commotion, shift, factor, reference
        )

    def _variance_around(self) -> Floats:
        """Return the geometric mean of the variance around each point: a branch is a thousand times
        as restless as the wall beside it, and would hide who passes there."""
        cells = np.maximum(cell_means(self._variance), _LEAST_VARIANCE)
        return np.asarray(np.exp(interpolate(blur(np.log(cells)))), np.float32)

    def learn(self, seen: Comparison, gain: float, held: Mask | None) -> None:
        """Learn from a frame that was compared, but not in the points that are `held`."""
        self._age += 1
        newest = 1 / (self._age + 1)
        free = None if held is None else ~held
        if seen.shaken_by < _STILL:
            self._moved_for = 0
            step: Floats = np.clip(seen.difference / seen.factor, -_MAX_STEP, _MAX_STEP)
            step *= np.float32(max(_RATE, newest))
            if free is not None:
                step *= free
            self._mean = self._mean + step
        else:
            self._moved_for += 1
            if self._moved_for >= _MOVED_FRAMES:
                self._mean, self._moved_for = seen.reference, 0
        energy = np.asarray(np.square(seen.difference) / np.float32(gain), np.float32)
        if self._age > 6:
            energy = np.minimum(energy, _MAX_TEACHING * self._variance + np.float32(0.5))
        change: Floats = energy - self._variance
        change *= np.where(
            change > 0, np.float32(max(_NOISE_UP, newest)), np.float32(max(_NOISE_DOWN, newest))
        )
        if free is not None:
            change *= free
        self._variance = self._variance + change


def _forget_revealed(noises: Floats, shift: Shift) -> None:
    """Ignore the edges that only a moved camera sees: the background does not have them."""
    down, right = shift
    if down > _STILL:
        noises[: math.ceil(down)] = 0
    elif down < -_STILL:
        noises[math.floor(down) :] = 0
    if right > _STILL:
        noises[:, : math.ceil(right)] = 0
    elif right < -_STILL:
        noises[:, math.floor(right) :] = 0


def _extent(difference: Floats, limit: Floats) -> float:
    return float(np.abs(np.clip(difference, -limit, limit)).sum())
