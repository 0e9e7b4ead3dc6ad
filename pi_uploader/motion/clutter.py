"""Which points of a frame may be of things, in rain and snow, too: many small regions that are
elsewhere in the next frame.

A thing is a block: where most points differ by a few noises, it stands out even if few of them
differ by four. A drop or a flake is small and strong, so that a block counts a point by as much as
the threshold of a strong one at most. In a storm all of the picture has such blocks: then only what
stands out among them counts.
"""

import numpy as np

from pi_uploader.motion.grid import (
    CELL_COLUMNS,
    CELL_ROWS,
    Floats,
    Mask,
    box_means,
    cell_counts,
    cell_maxima,
    cells_around,
    spread,
)
from pi_uploader.motion.regions import MIN_ACTIVE, MIN_POINTS, label

_MANY = 6.0  # regions a frame, above which it is rain or snow
_RATE = 0.1  # by which one frame changes what is usual
_LARGE = 2.5  # times the size of most regions, of what is none of them
_MAX_NOISES = np.float32(4.0)  # by which a point counts in its block
_MIN_LEVEL = 1.7  # noises of a block's mean; a quiet picture has about 0.5
_MIN_NOISES = np.float32(2.0)  # of a point in a block
_MIN_SHARE = np.float32(0.1)  # of the largest block nearby
_BORDER = 5  # cells that are nearby, in each direction
_BLOCK_SHARE = 0.02  # of a picture's points, whose blocks usually are above the level
_LEVEL_RATE = 0.05  # by which one frame changes what is usual


class Clutter:
    """How many regions a frame usually has, how large they are, and how far blocks stand out."""

    def __init__(self) -> None:
        self._regions = 0.0
        self._size = 10.0  # points
        self._before: Mask | None = None
        self._counted = 0
        self._level: float | None = None

    @property
    def is_heavy(self) -> bool:
        """Whether it rains or snows."""
        return self._regions > _MANY

    def filter(self, noises: Floats, threshold: float, watched: Mask, is_counted: bool) -> Mask:
        """Return the points of a frame that may be of things: those that differ by more than the
        threshold, and those of blocks that stand out, where the picture is `watched`."""
        strong = (noises > np.float32(threshold)) & watched
        return self._lasting(strong, is_counted) | self._blocks(noises, watched, is_counted)

    def _blocks(self, noises: Floats, watched: Mask, is_counted: bool) -> Mask:
        """Return the points of blocks that stand out, but not of the soft border of what differs by
        many times as much: that is estimated to be in another light."""
        means = box_means(np.minimum(noises, _MAX_NOISES))
        level = self._level or 0.0
        sample = means[watched][::3]
        if is_counted and len(sample):
            rank = int(len(sample) * (1 - _BLOCK_SHARE))
            now = float(np.partition(sample, rank)[rank])
            self._level = now if self._level is None else level + _LEVEL_RATE * (now - level)
        nearby = spread(cells_around(cell_maxima(box_means(noises)), _BORDER))
        least = np.maximum(_MIN_NOISES, _MIN_SHARE * nearby)
        blocks: Mask = (means > max(_MIN_LEVEL, level)) & (noises > least) & watched
        return blocks

    def _lasting(self, mask: Mask, is_counted: bool) -> Mask:
        """Return all points; in rain or snow those that differed in the frame before, too, and
        those of large regions."""
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
