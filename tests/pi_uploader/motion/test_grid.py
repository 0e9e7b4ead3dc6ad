"""Sums and means of points and cells."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pi_uploader.motion.grid import (
    CELL_COLUMNS,
    CELL_ROWS,
    COLUMNS,
    ROWS,
    box_means,
    cells_around,
)


@given(st.integers(0, 1000), st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1))
@settings(deadline=None)
def test_a_box_mean_is_that_of_the_points_around_it(seed: int, row: int, column: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 4, (ROWS, COLUMNS)).astype(np.float32)
    rows = np.clip(np.arange(row - 2, row + 3), 0, ROWS - 1)
    columns = np.clip(np.arange(column - 2, column + 3), 0, COLUMNS - 1)

    expected = points[np.ix_(rows, columns)].mean()

    assert np.isclose(box_means(points)[row, column], expected, atol=1e-5)


@given(
    st.integers(0, 1000),
    st.integers(0, CELL_ROWS - 1),
    st.integers(0, CELL_COLUMNS - 1),
    st.integers(1, 6),
)
@settings(deadline=None)
def test_the_largest_value_around_a_cell(seed: int, row: int, column: int, reach: int) -> None:
    cells = np.random.default_rng(seed).uniform(0, 4, (CELL_ROWS, CELL_COLUMNS)).astype(np.float32)
    around = cells[
        max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
    ]

    assert cells_around(cells, reach)[row, column] == around.max()
