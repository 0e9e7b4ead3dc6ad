"""What a line and a row of a figure say."""

from bench.repeat import Samples
from bench.report import Figure


def test_a_line_has_the_median_the_aim_and_the_range() -> None:
    line = str(Figure("put()", Samples((1.0, 1.02, 1.04)), "ms", 2, at_most=True, remark="alone"))
    assert " ".join(line.split()) == (
        "put() 1.02 ms at most 2: met 1 - 1.04 in 3 rounds, spread 2%; alone"
    )


def test_a_spread_of_ten_percent_is_not_steady() -> None:
    assert "NOT STEADY" in str(Figure("put()", Samples((1.0, 2.0, 3.0)), "ms"))
    assert "NOT STEADY" not in str(Figure("put()", Samples((1.0, 1.0, 1.0)), "ms"))


def test_aims() -> None:
    assert Figure("share", 0.9, aim=0.9).is_met
    assert not Figure("share", 0.89, aim=0.9).is_met
    assert not Figure("requests", 4, aim=3, at_most=True).is_met
    assert "MISSED" in str(Figure("requests", 4, aim=3, at_most=True))


def test_a_row_has_four_cells() -> None:
    row = Figure("  share", Samples((1.0, 1.0)), "times", 0.9).row()
    assert row == "| share | 1 times | at least 0.9: met | 1 - 1 in 2 rounds, spread 0% |"
