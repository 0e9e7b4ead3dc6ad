"""The floor of the decision time, from the pixels that a drawing knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.motion.clips import Event, Labels, Span
from bench.motion.drawing import draw_clip
from bench.motion.oracle import PIXELS, detections
from bench.motion.scoring import score_clip

COUNTS = st.lists(st.integers(0, 1000), max_size=60).map(tuple)


def passes(pixels: tuple[int, ...]) -> Labels:
    return Labels("person", 0, 12, (Event("person", 10, 11),), (Span(10, 11),), pixels=pixels)


def test_two_frames_that_follow_each_other_decide() -> None:
    labels = passes((0,) * 50 + (60, 100, 200, 300, 100, 0))

    assert detections("oracle 40", labels) == pytest.approx([10.2, 10.4, 10.6, 10.8])
    assert detections("oracle 150", labels) == pytest.approx([10.6])


def test_pixels_that_come_and_go_decide_nothing() -> None:
    assert detections("oracle 40", passes((0, 900) * 20)) == []


@given(COUNTS)
def test_who_asks_for_more_pixels_is_never_faster(pixels: tuple[int, ...]) -> None:
    assert set(detections("oracle 150", passes(pixels))) <= set(
        detections("oracle 40", passes(pixels))
    )


def test_it_finds_who_is_drawn_within_a_frame_and_raises_no_alarm() -> None:
    labels = draw_clip("person near and fast", 2).labels

    score = score_clip(labels, detections("oracle 40", labels))

    assert PIXELS["oracle 40"] == 40
    assert score.found == labels.events
    assert [round(delay, 3) for delay in score.delays] == [0.2]
    assert score.false_alarms == ()
