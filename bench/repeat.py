"""Measurements that take turns until they agree, and their values."""

import operator
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.effort import Effort

STEADY = 0.1  # a spread below this is good enough


@dataclass(frozen=True)
class Samples:
    """The values of one measurement, one for each round. Two of the same rounds are combined round
    by round: a busy machine then affects both, and their ratio hardly."""

    values: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def most(self) -> float:
        return max(self.values)

    @property
    def spread(self) -> float:
        """The distance between the quartiles, as a part of the median; 0 for a single value."""
        if len(self.values) < 2 or not self.median:
            return 0.0
        first, _, third = statistics.quantiles(self.values, n=4, method="inclusive")
        return (third - first) / abs(self.median)

    def __mul__(self, other: "Samples | float") -> "Samples":
        return self._with(operator.mul, other)

    def __truediv__(self, other: "Samples | float") -> "Samples":
        return self._with(operator.truediv, other)

    def __rtruediv__(self, other: float) -> "Samples":
        return Samples(tuple(other / value for value in self.values))

    def __add__(self, other: "Samples | float") -> "Samples":
        return self._with(operator.add, other)

    def __sub__(self, other: "Samples | float") -> "Samples":
        return self._with(operator.sub, other)

    def _with(
        self, operation: Callable[[float, float], float], other: "Samples | float"
    ) -> "Samples":
        others = other.values if isinstance(other, Samples) else (other,) * len(self.values)
        pairs = zip(self.values, others, strict=True)
        return Samples(tuple(operation(one, another) for one, another in pairs))


def in_turns(
    effort: Effort, *measurements: Callable[[], float], what: str = "measuring"
) -> list[Samples]:
    """Return the values of each measurement. They take turns, each round in another order, until
    the spread of each is below STEADY, or the effort's limits are reached."""
    results: list[list[float]] = [[] for _ in measurements]
    deadline = time.monotonic() + effort.seconds
    for number in range(effort.most):
        for position in range(len(measurements)):
            index = (position + number) % len(measurements)
            results[index].append(measurements[index]())
        spread = max(Samples(tuple(values)).spread for values in results)
        progress(f"{what}: round {number + 1} of at most {effort.most}, spread {spread:.0%}")
        if number + 1 < effort.least:
            continue
        if (spread < STEADY and number > 0) or time.monotonic() > deadline:
            break
    return [Samples(tuple(values)) for values in results]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that `percent` percent of the values do not exceed."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def seconds(action: Callable[[], object]) -> float:
    """Return how many seconds the action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def progress(text: str) -> None:
    """Show on stderr what is going on."""
    sys.stderr.write(f"    ... {text}\n")
    sys.stderr.flush()
