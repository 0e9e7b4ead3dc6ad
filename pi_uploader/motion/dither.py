"""A sensor's noise for pictures that have none (decision 164).

The detector compares what differs with the noise of the picture. Where a camera has taken its noise
away, or a stream is drawn, all that ever moved would stand out for minutes as restless, and the
steps of its values as edges.
"""

import hashlib

import numpy as np

from pi_uploader.motion.grid import COLUMNS, ROWS, Floats

_NOISE = 0.6  # of 255: the standard deviation of a point, as by day from a sensor's 0.9 of a pixel
_DEVIATION = 1.05  # of a value, in medians of the difference between two such values
_MARGIN = 64  # points by which the noise is larger than a frame; each frame has another part
_STEP_DOWN, _STEP_RIGHT = 29, 37  # points from one part to the next
_BYTES = 4  # whose sum is about normal
_BYTE_MEAN, _BYTE_DEVIATION = 127.5, 73.9


class Dither:
    """Adds as much noise to the frames of one camera as they lack."""

    def __init__(self) -> None:
        self._noise = _noise()
        self._before: Floats | None = None
        self._frames = 0

    def add(self, points: Floats) -> Floats:
        """Return the points of the next frame with a sensor's noise, unless they have it."""
        before, self._before = self._before, points
        if before is None:
            return points
        lacking = _NOISE**2 - _variance(points, before)
        if lacking <= 0:
            return points
        self._frames += 1
        top, left = (self._frames * step % _MARGIN for step in (_STEP_DOWN, _STEP_RIGHT))
        noise = self._noise[top : top + ROWS, left : left + COLUMNS]
        return np.asarray(points + noise * np.float32(lacking**0.5), np.float32)


def _variance(points: Floats, before: Floats) -> float:
    """Return the variance of the noise in two frames. Most of their points show the same."""
    apart = np.abs(points[::3, ::2] - before[::3, ::2]).ravel()
    middle = len(apart) // 2
    return float(_DEVIATION * np.partition(apart, middle)[middle]) ** 2


def _noise() -> Floats:
    """Return noise with a deviation of 1, the same each time."""
    shape = (_BYTES, ROWS + _MARGIN, COLUMNS + _MARGIN)
    drawn = hashlib.shake_128(b"dither").digest(int(np.prod(shape)))
    sums = np.frombuffer(drawn, np.uint8).reshape(shape).sum(0, np.float32)
    sums -= np.float32(_BYTES * _BYTE_MEAN)
    sums /= np.float32(_BYTE_DEVIATION * _BYTES**0.5)
    return np.asarray(sums, np.float32)
