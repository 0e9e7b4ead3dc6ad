"""Measurements take turns until they agree; their values are combined round by round."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.effort import Effort
from bench.repeat import STEADY, Samples, in_turns, percentile

PATIENT = Effort(0, least=3, most=10, seconds=3600, idle=0)


def values(*numbers: float) -> Callable[[], float]:
    """Return a measurement that returns these values."""
    remaining: Iterator[float] = iter(numbers)
    return lambda: next(remaining)


def test_steady_values_are_measured_the_least_number_of_times() -> None:
    ours, floor = in_turns(PATIENT, values(*[10.0] * 10), values(*[5.0] * 10))
    assert (ours.values, floor.values) == ((10.0,) * 3, (5.0,) * 3)


def test_a_measurement_is_repeated_until_it_is_steady() -> None:
    """Together with its floor."""
    ours, floor = in_turns(PATIENT, values(1, 9, 5, 5, 5, 5, 5, 5, 5, 5), values(*[5.0] * 10))
    assert 3 < len(ours.values) < 10
    assert len(ours.values) == len(floor.values)
    assert ours.spread < STEADY


@pytest.mark.parametrize(
    ("effort", "rounds"),
    [(PATIENT, 10), (Effort(0, 3, 10, -1, 0), 3), (Effort(2, 1, 1, 0, 0), 1)],
    ids=["rounds", "seconds", "tiny"],
)
def test_what_never_gets_steady_ends_at_the_limit(effort: Effort, rounds: int) -> None:
    (found,) = in_turns(effort, values(*[1.0, 9.0] * 5))
    assert len(found.values) == rounds
    assert rounds == 1 or found.spread > STEADY


def test_measurements_take_turns() -> None:
    """The order changes from round to round, so that none is always the first."""
    order: list[str] = []

    def measurement(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return 1.0

        return measure

    in_turns(PATIENT, measurement("a"), measurement("b"))
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_samples_are_combined_round_by_round() -> None:
    """A machine that was busy in one round changes no ratio."""
    ours, floor = Samples((2.0, 20.0, 2.0)), Samples((1.0, 10.0, 1.0))
    assert (ours / floor).values == (2.0, 2.0, 2.0)
    assert ((ours - floor) * 1000).values == (1000.0, 10_000.0, 1000.0)
    assert (10 / floor).values == (10.0, 1.0, 10.0)
    assert (ours.least, ours.median, ours.most) == (2.0, 2.0, 20.0)


@given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=20))
def test_the_spread_does_not_depend_on_the_unit(numbers: list[float]) -> None:
    samples = Samples(tuple(numbers))
    assert samples.spread >= 0
    assert (samples * 1000).spread == pytest.approx(samples.spread, abs=1e-9)


def test_percentiles() -> None:
    hundred = [float(number) for number in range(1, 102)]
    assert (percentile(hundred, 50), percentile(hundred, 95)) == (51, 96)
    assert percentile([7.0], 95) == 7
