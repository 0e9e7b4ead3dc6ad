"""Rain and snow: many small regions that are elsewhere in the next frame."""

import numpy as np

from pi_uploader.motion.grid import CELL_COLUMNS, CELL_ROWS, Mask, cell_counts, spread
from pi_uploader.motion.regions import MIN_ACTIVE, MIN_POINTS, label

_MANY = 6.0  # regions a frame, above which it is rain or snow
_RATE = 0.1  # by which one frame changes what is usual
_LARGE = 2.5  # times the size of most regions, of what is none of them


class Clutter:
    """How many regions a frame usually has, and how large they are."""

    def __init__(self) -> None:
        self._regions = 0.0
        self._size = 10.0  # points
        self._before: Mask | None = None
        self._counted = 0

    @property
    def is_heavy(self) -> bool:
        """Whether it rains or snows."""
        return self._regions > _MANY

    def filter(self, mask: Mask, is_counted: bool) -> Mask:
        """Return the points of a frame that may be of things: in rain or snow, those that differed
        in the frame before, too, and those of large regions."""
        result, sizes = mask, np.zeros(0)
        counts = cell_counts(mask)
        labels, number = label(counts >= MIN_ACTIVE, joins_gaps=False)
        if is_counted and number:
            is_part = labels >= 0
            of, points = labels[is_part], counts.ravel()[is_part]
            all_sizes = np.asarray(np.bincount(of, points, number), np.float64)
            sizes = all_sizes[all_sizes >= MIN_POINTS]
            if self.is_heavy and self._before is not None:
                large = np.zeros(labels.shape, np.bool_)
                large[is_part] = (all_sizes >= _LARGE * self._size)[of]
                result = mask & (self._before | spread(large.reshape(CELL_ROWS, CELL_COLUMNS)))
            if len(sizes) > 2:
                self._size += _RATE * (float(np.percentile(sizes, 90)) - self._size)
        if is_counted:
            self._counted += 1
            self._regions += max(_RATE, 1 / self._counted) * (len(sizes) - self._regions)
        self._before = _widened(mask)
        return result


def _widened(mask: Mask) -> Mask:
    """Return these points and their neighbours."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide
