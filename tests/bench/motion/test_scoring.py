"""What is an event found, a false alarm, and a delay."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bench.motion.clips import Event, Labels, Span
from bench.motion.scoring import (
    COOLDOWN,
    GRACE,
    WARM_UP,
    alarms,
    by_family,
    score_clip,
    summarize,
)

MOMENTS = st.lists(st.floats(0, 60), max_size=40)
PASSES = Labels(
    "person", 0, 60, (Event("person", 10, 20),), (Span(9, 21),), heat=(), conditions=("day",)
)


def test_an_event_is_found_by_a_detection_while_it_lasts() -> None:
    score = score_clip(PASSES, [10.4, 10.6])

    assert score.found == PASSES.events
    assert score.delays == (10.4 - 10,)
    assert score.false_alarms == ()


def test_a_detection_of_its_first_pixels_finds_an_event_at_once() -> None:
    assert score_clip(PASSES, [9.2]).delays == (0,)


def test_an_event_is_missed_if_nothing_is_detected_in_time() -> None:
    score = score_clip(PASSES, [8.8, 20 + GRACE + 0.2])

    assert score.missed == PASSES.events
    assert score.false_alarms == (8.8,)  # the other one is within the cooldown, and excused


def test_a_detection_long_after_an_event_is_a_false_alarm() -> None:
    score = score_clip(PASSES, [12, 30])

    assert score.found == PASSES.events
    assert score.false_alarms == (30,)


def test_who_stands_still_raises_no_false_alarm_and_is_found_again_when_walking_on() -> None:
    events = (Event("person", 10, 12), Event("person", 20, 22))
    stops = Labels("person stops", 0, 60, events, (Span(9, 23),))

    standing = score_clip(stops, [10.4, 15])

    assert standing.found == events[:1]
    assert standing.missed == events[1:]
    assert standing.false_alarms == ()
    assert score_clip(stops, [10.4, 20.2]).missed == ()


def test_a_detection_while_all_settle_counts_for_nothing() -> None:
    score = score_clip(Labels("quiet", 0, 60), [0.2, WARM_UP - 0.2])

    assert score.false_alarms == ()


@given(MOMENTS)
def test_alarms_are_detections_at_least_a_cooldown_apart(moments: list[float]) -> None:
    raised = alarms(moments)

    assert set(raised) <= set(moments)
    assert all(b - a >= COOLDOWN for a, b in pairwise(raised))
    assert all(any(0 <= t - a < COOLDOWN for a in raised) for t in moments)


@given(MOMENTS)
def test_each_event_is_found_or_missed(moments: list[float]) -> None:
    score = score_clip(PASSES, moments)

    assert sorted((*score.found, *score.missed), key=lambda one: one.begin) == list(PASSES.events)
    assert len(score.delays) == len(score.found)
    assert all(delay >= 0 for delay in score.delays)


def test_the_figures_of_several_clips() -> None:
    quiet = Labels("quiet", 0, WARM_UP + 1800)
    scores = [
        score_clip(PASSES, [10.4]),
        score_clip(PASSES, [11]),
        score_clip(PASSES, []),
        score_clip(quiet, [100, 101, 200]),
    ]

    summary = summarize(scores)

    assert (summary.clips, summary.events, summary.found) == (4, 3, 2)
    assert summary.recall == 2 / 3
    assert summary.false_alarms == 2
    assert summary.hours == (3 * (60 - WARM_UP) + 1800) / 3600
    assert round(summary.median_delay, 3) == 0.7
    assert by_family(scores)["quiet"].false_per_hour == 4
