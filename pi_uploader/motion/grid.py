"""Coarser views of a frame: points, of 2x2 pixels each, and cells, of 4x4 points each.

Points have half the noise of pixels, and a quarter of their number. Sums over cells and their
interpolation are products of matrices, which is the quickest way that numpy has.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pi_uploader.motion.frame import FRAME_SIZE

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Value = TypeVar("Value", np.bool_, np.float32)

CELL = 4  # points: width and height
BOX = 5  # the same of the surroundings of a point
ROWS, COLUMNS = FRAME_SIZE[1] // 2, FRAME_SIZE[0] // 2
CELL_ROWS, CELL_COLUMNS = ROWS // CELL, COLUMNS // CELL

_DOWN = np.kron(np.eye(CELL_ROWS), np.full((1, CELL), 1 / CELL)).astype(np.float32)
_ACROSS = np.kron(np.eye(CELL_COLUMNS), np.full((CELL, 1), 1 / CELL)).astype(np.float32)


def halve(luma: NDArray[np.uint8]) -> Floats:
    """Return the mean of each 2x2 pixels, from 0 to 255."""
    lines = luma[0::2].astype(np.uint16)
    lines += luma[1::2]
    quarters = lines[:, 0::2] + lines[:, 1::2]
    points: Floats = quarters.astype(np.float32)
    points *= np.float32(0.25)
    return points


def cell_means(points: Floats) -> Floats:
    """Return the mean of each cell."""
    return np.asarray(_DOWN @ points @ _ACROSS, np.float32)


def cell_counts(mask: Mask) -> Floats:
    """Return how many points of each cell are set."""
    counts: Floats = cell_means(mask.astype(np.float32))
    counts *= np.float32(CELL * CELL)
    return counts


def cell_maxima(points: Floats) -> Floats:
    """Return the largest value of each cell."""
    lines = points.reshape(CELL_ROWS, CELL, COLUMNS).max(1)
    maxima: Floats = lines.reshape(CELL_ROWS, CELL_COLUMNS, CELL).max(2)
    return maxima


def box_means(points: Floats) -> Floats:
    """Return the mean of the 5x5 points around each one; those at the edge repeat."""
    rows, columns = points.shape
    padded = np.pad(points, BOX // 2, mode="edge")
    lines: Floats = padded[:rows].copy()
    for row in range(1, BOX):
        lines += padded[row : row + rows]
    means: Floats = lines[:, :columns].copy()
    for column in range(1, BOX):
        means += lines[:, column : column + columns]
    means *= np.float32(1 / (BOX * BOX))
    return means


def cells_around(cells: Floats, reach: int) -> Floats:
    """Return the largest value around each cell, up to `reach` cells away in each direction."""
    rows, columns = cells.shape
    padded = np.pad(cells, reach, mode="edge")
    lines = np.maximum.reduce([padded[row : row + rows] for row in range(2 * reach + 1)])
    parts = [lines[:, column : column + columns] for column in range(2 * reach + 1)]
    return np.asarray(np.maximum.reduce(parts), np.float32)


def spread(cells: NDArray[Value]) -> NDArray[Value]:
    """Return the points of these cells."""
    return np.repeat(np.repeat(cells, CELL, 0), CELL, 1)


def interpolate(cells: Floats) -> Floats:
    """Return a value for each point, from those of the nearest four cells."""
    return np.asarray(_INTERPOLATED_ROWS @ cells @ _INTERPOLATED_COLUMNS, np.float32)


def blur(cells: Floats) -> Floats:
    """Return the weighted mean around each cell, over about a seventh of the picture's width."""
    return np.asarray(_BLURRED_ROWS @ cells @ _BLURRED_COLUMNS, np.float32)


def _interpolation(cells: int) -> Floats:
    """Return the weights of each cell in each point, along one axis."""
    centres = np.arange(cells) * CELL + (CELL - 1) / 2
    places = np.arange(cells * CELL)
    columns = [np.interp(places, centres, one) for one in np.eye(cells)]
    return np.array(columns, np.float32).T


def _blurring(cells: int, radius: float) -> Floats:
    """Return the weights of each cell around each one, along one axis; a row's sum is 1."""
    places = np.arange(cells)
    weights = np.exp(-0.5 * np.square((places[:, None] - places[None, :]) / radius))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


_INTERPOLATED_ROWS = _interpolation(CELL_ROWS)
_INTERPOLATED_COLUMNS = np.ascontiguousarray(_interpolation(CELL_COLUMNS).T)
_BLURRED_ROWS = _blurring(CELL_ROWS, 2.5)
_BLURRED_COLUMNS = np.ascontiguousarray(_blurring(CELL_COLUMNS, 2.5).T)
