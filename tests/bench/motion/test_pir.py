"""The model of a PIR sensor: deterministic, and weak where real ones are."""

from hypothesis import given
from hypothesis import strategies as st

from bench.motion.clips import Event, Heat, Labels, Span
from bench.motion.pir import FULL_RANGE, chance, detections

KINDS = st.sampled_from(sorted(FULL_RANGE))


def passes(kind: str, seed: int, heat: tuple[Heat, ...]) -> Labels:
    return Labels("test", seed, 30, (Event(kind, 10, 15),), (Span(10, 15),), (), heat)


@given(KINDS, st.floats(1, 40), st.floats(0, 12))
def test_nobody_is_felt_more_surely_from_farther_away(
    kind: str, distance: float, speed: float
) -> None:
    near, far = (chance(Heat(kind, 0, 1, one, speed)) for one in (distance + 4, distance + 5))

    assert 0 <= far <= near <= 1


def test_a_fast_and_close_pass_is_missed_more_often() -> None:
    slow, fast = (chance(Heat("person", 0, 1, 2.5, speed)) for speed in (1, 3))

    assert fast < slow


def test_the_same_clip_has_the_same_detections() -> None:
    labels = passes("person", 4, (Heat("person", 10, 15, 5, 1), Heat("wind", 0, 30)))

    assert detections(labels) == detections(labels)


def test_most_people_in_range_are_felt_while_they_pass() -> None:
    heat = (Heat("person", 10, 15, 5, 1),)
    felt = [detections(passes("person", seed, heat)) for seed in range(100)]

    assert sum(map(bool, felt)) > 85
    assert all(10 < t < 16 for moments in felt for t in moments)


def test_wind_and_sun_cause_false_alarms_and_light_at_night_does_not() -> None:
    quiet = Labels("quiet", 0, 600)
    windy = Labels("windy", 0, 600, heat=(Heat("wind", 0, 600),))

    assert detections(quiet) == []
    assert len(detections(windy)) > 5
