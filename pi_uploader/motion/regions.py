"""The regions of a frame that differ from the background: cells that touch each other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi_uploader.motion.background import Comparison
from pi_uploader.motion.grid import (
    CELL,
    CELL_COLUMNS,
    CELL_ROWS,
    COLUMNS,
    ROWS,
    Floats,
    Mask,
    cell_counts,
    cell_maxima,
    cell_means,
)

MIN_ACTIVE = 2  # points by which a cell is part of a region
MIN_POINTS = 5  # of a region

_MIN_PEAK = 3  # points of at least one of its cells
_INEXACT = np.float32(0.06)  # of a pattern's variance; compression does not repeat it exactly
_CALM = 1.6  # times as restless as the median cell, which is calm still
_ACROSS = np.tile(np.arange(COLUMNS, dtype=np.float32), (ROWS, 1))
_DOWN = np.tile(np.arange(ROWS, dtype=np.float32)[:, None], (1, COLUMNS))


@dataclass(frozen=True, slots=True)
class Region:
    """Where a frame differs. Places and lengths are in cells; `points` is how many differ, `calm`
    how many of them in calm cells, and `changed` how many points changed since the frame before.
    `sharpness` is how much of the difference has sharp edges that the background does not have:
    0 for soft light, about 1 for things. `steepness` is by how much the difference changes from one
    point to the next, as a part of the difference: what is out of focus has little. `strength` is
    the root mean square of the difference, of 255 levels; `one_sidedness` is 1 if all of it is
    brighter than the background, or all darker, and 0 if that is balanced. `shaken_by` is how many
    points the camera has moved, and `rains` whether it rains or snows."""

    cells: NDArray[np.int64]
    points: float
    x: float
    y: float
    left: int
    top: int
    right: int
    bottom: int
    calm: float
    changed: float
    sharpness: float
    steepness: float
    strength: float
    one_sidedness: float
    shaken_by: float
    rains: bool

    @property
    def extent(self) -> int:
        """The longer one of width and height."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def density(self) -> float:
        """How many of the points in its cells differ, as a share."""
        return self.points / (len(self.cells) * CELL * CELL)

    @property
    def compactness(self) -> float:
        """How much of the rectangle around it are its cells, as a share."""
        return len(self.cells) / ((self.right - self.left) * (self.bottom - self.top))

    @property
    def is_at_side(self) -> bool:
        """Whether it touches an edge at which somebody comes in: any but the upper one."""
        return not (self.left and self.right < CELL_COLUMNS and self.bottom < CELL_ROWS)

    @property
    def hangs(self) -> bool:
        """Whether it reaches down from the upper edge, but not to the lower one, as branches do."""
        return self.top == 0 and self.bottom < CELL_ROWS

    @property
    def touches_edge(self) -> bool:
        """Whether some of it may be outside of the picture."""
        return not (
            self.left and self.top and self.right < CELL_COLUMNS and self.bottom < CELL_ROWS
        )


def _neighbours(reach: int) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of the cells around each cell; sets of them would need 3 MB more."""
    return tuple(
        tuple(
            row * CELL_COLUMNS + column
            for row in range(max(0, y - reach), min(CELL_ROWS, y + reach + 1))
            for column in range(max(0, x - reach), min(CELL_COLUMNS, x + reach + 1))
            if (row, column) != (y, x)
        )
        for y in range(CELL_ROWS)
        for x in range(CELL_COLUMNS)
    )


_NEAR, _NEARLY_NEAR = _neighbours(1), _neighbours(2)


def label(active: Mask, joins_gaps: bool) -> tuple[NDArray[np.int64], int]:
    """Return the number of each cell's region, -1 for none, and how many regions there are.
    `joins_gaps`: cells with one cell between them belong together."""
    near = _NEARLY_NEAR if joins_gaps else _NEAR
    labels = np.full(active.size, -1, np.int64)
    left = set(np.flatnonzero(active).tolist())
    count = 0
    while left:
        region = [left.pop()]
        waiting = list(region)
        while waiting:
            if found := left.intersection(near[waiting.pop()]):
                left -= found
                waiting.extend(found)
                region.extend(found)
        labels[region] = count
        count += 1
    return labels, count


def find_regions(
    mask: Mask, seen: Comparison, changed: Mask, restlessness: Floats, rains: bool
) -> list[Region]:
    """Return the regions of the points in `mask`. Where it rains or snows, a gap of one cell
    separates them."""
    counts = cell_counts(mask)
    labels, number = label(counts >= MIN_ACTIVE, joins_gaps=not rains)
    cells = np.flatnonzero(labels >= 0)
    if not number:
        return []
    cells = cells[np.argsort(labels[cells], kind="stable")]
    of = labels[cells]
    starts = np.searchsorted(of, np.arange(number))
    ends = np.append(starts[1:], len(of))

    def total(values: Floats) -> NDArray[np.float64]:
        return np.asarray(np.bincount(of, values.ravel()[cells], number), np.float64)

    def top(values: Floats) -> NDArray[np.float64]:
        """Return the mean of the largest eighth of each region, of three cells at least."""
        most = np.minimum(np.maximum(3, (ends - starts) // 8), ends - starts)
        of_cells = values.ravel()[cells]
        sums = np.append(0.0, np.cumsum(of_cells[np.lexsort((of_cells, of))], dtype=np.float64))
        return np.asarray((sums[ends] - sums[ends - most]) / most, np.float64)

    weights = mask.astype(np.float32) * np.float32(CELL * CELL)
    points = total(counts)
    x = total(cell_means(weights * _ACROSS)) / points / CELL + 0.5 / CELL
    y = total(cell_means(weights * _DOWN)) / points / CELL + 0.5 / CELL
    calm = total(counts * (restlessness < _CALM))
    changes = total(cell_counts(changed))
    energy = total(cell_means(seen.difference * seen.difference)) / (ends - starts)
    sharpness = top(_new_edges(seen)) / np.maximum(energy, 1e-3)
    heights, steps = _heights_and_steps(seen.difference)
    steepness = top(steps) / np.maximum(top(heights), 1e-3)
    in_mask = weights * seen.difference
    sums, extents = total(cell_means(in_mask)), total(cell_means(np.abs(in_mask)))
    squares = total(cell_means(in_mask * seen.difference))
    rows, columns = np.divmod(cells, CELL_COLUMNS)
    lefts, rights = (edge.reduceat(columns, starts) for edge in (np.minimum, np.maximum))
    tops, bottoms = (edge.reduceat(rows, starts) for edge in (np.minimum, np.maximum))
    peaks = np.maximum.reduceat(counts.ravel()[cells], starts)
    return [
        Region(
            cells=cells[starts[one] : ends[one]],
            points=float(points[one]),
            x=float(x[one]),
            y=float(y[one]),
            left=int(lefts[one]),
            top=int(tops[one]),
            right=int(rights[one]) + 1,
            bottom=int(bottoms[one]) + 1,
            calm=float(calm[one]),
            changed=float(changes[one]),
            sharpness=float(sharpness[one]),
            steepness=float(steepness[one]),
            strength=math.sqrt(max(0.0, squares[one] / points[one])),
            one_sidedness=float(abs(sums[one]) / max(extents[one], 1e-3)),
            shaken_by=seen.shaken_by,
            rains=rains,
        )
        for one in np.flatnonzero((points >= MIN_POINTS) & (peaks >= _MIN_PEAK)).tolist()
    ]


def _heights_and_steps(difference: Floats) -> tuple[Floats, Floats]:
    """Return the largest difference of each cell, and the largest step from one point to the next
    one at its right or below."""
    steps = np.zeros_like(difference)
    steps[:, :-1] = np.abs(difference[:, 1:] - difference[:, :-1])
    steps[:-1] = np.maximum(steps[:-1], np.abs(difference[1:] - difference[:-1]))
    return cell_maxima(np.abs(difference)), cell_maxima(steps)


def _new_edges(seen: Comparison) -> Floats:
    """Return the variance in each cell that neither noise nor the background's pattern explains."""
    mean, expected = cell_means(seen.points), cell_means(seen.expected)
    variance = cell_means(seen.points * seen.points) - mean * mean
    of_expected = cell_means(seen.expected * seen.expected) - expected * expected
    shared = np.maximum(cell_means(seen.points * seen.expected) - mean * expected, 0)
    noise = cell_means(seen.variance)
    explained = shared * shared / np.maximum(of_expected, np.float32(0.2) * noise + 0.05)
    np.minimum(explained, variance, out=explained)
    left: Floats = variance - (1 + _INEXACT) * explained - noise
    return np.maximum(left, 0)
