"""The table of all detectors, and the aims."""

from pathlib import Path

import pytest

from bench.motion.clips import Event, Labels, Span
from bench.motion.cost import Cost
from bench.motion.scoreboard import BEGIN, END, Scoreboard, write
from bench.motion.scoring import score_clip

PASSES = Labels("person far", 0, 30, (Event("person", 10, 12),), (Span(10, 12),))
QUIET = Labels("quiet", 0, 30)


def board(ours: list[float], other: list[float]) -> Scoreboard:
    """Return the scores of detectors that detect at these moments of a quiet clip."""
    scores = {
        name: [score_clip(PASSES, [10.4]), score_clip(QUIET, moments)]
        for name, moments in (("nightjar medium", ours), ("pir", other))
    }
    return Scoreboard(scores, {"nightjar medium": Cost(2.0, 20.0)}, mips=838 * 4)


def test_aims_are_met_or_missed() -> None:
    assert all(one.is_met for one in board([], [5, 15]).figures())
    assert not all(one.is_met for one in board([5, 15, 25], [15]).figures())


def test_a_zero_2_w_is_an_estimate() -> None:
    (figure,) = [one for one in board([], [5]).figures() if "Zero 2 W" in one.what]

    assert figure.value == pytest.approx(8.0)
    assert "estimate" in figure.remark


def test_the_page_has_each_detector_and_family(tmp_path: Path) -> None:
    page = tmp_path / "motion.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    write(page, board([], [5]).markdown("Measured today."))

    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| Nightjar, sensitivity medium | 1 of 1, 100.0% | 0 |" in text
    assert "| person far | 1/1, 0 | 1/1, 0 |" in text
    assert "| quiet | 0 | 1 |" in text


def test_a_page_without_markers_is_not_changed(tmp_path: Path) -> None:
    page = tmp_path / "other.md"
    page.write_text("text")

    with pytest.raises(ValueError, match="has no"):
        write(page, "block")
    assert page.read_text() == "text"
