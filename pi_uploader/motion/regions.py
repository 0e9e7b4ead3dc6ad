"""The regions of a frame that differ from the background: cells that touch each other."""

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
    point to the next, as a part of the difference: what is out of focus has little."""

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
    shaken_by: float

    @property
    def extent(self) -> int:
        """The longer one of width and height."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def density(self) -> float:
        """How many of the points in its cells differ, as a share."""
        return self.points / (len(self.cells) * CELL * CELL)

    @property
    def is_at_side(self) -> bool:
        """Whether it touches an edge at which somebody comes in: any but the upper one."""
        return not (self.left and self.right < CELL_COLUMNS and self.bottom < CELL_ROWS)

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
    mask: Mask, seen: Comparison, changed: Mask, restlessness: Floats, joins_gaps: bool
) -> list[Region]:
    """Return the regions of the points in `mask`."""
    counts = cell_counts(mask)
    labels, number = label(counts >= MIN_ACTIVE, joins_gaps)
    cells = np.flatnonzero(labels >= 0)
    if not number:
        return []
    of = labels[cells]

    def total(values: Floats) -> NDArray[np.float64]:
        return np.asarray(np.bincount(of, values.ravel()[cells], number), np.float64)

    weights = mask.astype(np.float32) * np.float32(CELL * CELL)
    points = total(counts)
    x = total(cell_means(weights * _ACROSS)) / points / CELL + 0.5 / CELL
    y = total(cell_means(weights * _DOWN)) / points / CELL + 0.5 / CELL
    calm = total(counts * (restlessness < _CALM))
    changes = total(cell_counts(changed))
    energy = cell_means(seen.difference * seen.difference).ravel()[cells]
    edges = _new_edges(seen).ravel()[cells]
    heights, steps = (part.ravel()[cells] for part in _heights_and_steps(seen.difference))
    rows, columns = np.divmod(cells, CELL_COLUMNS)
    regions = []
    for one in range(number):
        here = of == one
        if points[one] < MIN_POINTS or counts.ravel()[cells[here]].max() < _MIN_PEAK:
            continue
        most = max(3, int(here.sum()) // 8)
        regions.append(
            Region(
                cells=cells[here],
                points=float(points[one]),
                x=float(x[one]),
                y=float(y[one]),
                left=int(columns[here].min()),
                top=int(rows[here].min()),
                right=int(columns[here].max()) + 1,
                bottom=int(rows[here].max()) + 1,
                calm=float(calm[one]),
                changed=float(changes[one]),
                sharpness=_top(edges[here], most) / max(float(energy[here].mean()), 1e-3),
                steepness=_top(steps[here], most) / max(_top(heights[here], most), 1e-3),
                shaken_by=seen.shaken_by,
            )
        )
    return regions


def _top(values: Floats, count: int) -> float:
    """Return the mean of the largest values."""
    return float(np.sort(values)[-count:].mean())


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
