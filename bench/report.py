"""Figures: what was measured, and its target."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. `aim` is its target, None for none; `at_most`: the target is an upper
    bound."""

    what: str
    value: float
    unit: str = ""
    aim: float | None = None
    at_most: bool = False
    remark: str = ""

    @property
    def is_met(self) -> bool:
        if self.aim is None:
            return True
        return self.value <= self.aim if self.at_most else self.value >= self.aim

    def __str__(self) -> str:
        value = f"{self.value:,.0f}" if self.value >= 1000 else f"{self.value:.3g}"
        aim = ""
        if self.aim is not None:
            bound = "at most" if self.at_most else "at least"
            aim = f"{bound} {self.aim:g}: {'met' if self.is_met else 'MISSED'}"
        line = f"  {self.what:54} {value:>8} {self.unit:9} {aim:24}"
        return f"{line} {self.remark}".rstrip()


def interleaved(
    rounds: int, *measurements: Callable[[], float], after: Callable[[], None] = lambda: None
) -> list[float]:
    """Return the median of each measurement. They take turns, so that a machine that becomes busy
    affects all of them."""
    results: list[list[float]] = [[] for _ in measurements]
    for number in range(rounds):
        for position in range(len(measurements)):
            index = (position + number) % len(measurements)
            results[index].append(measurements[index]())
            after()
    return [statistics.median(values) for values in results]


def seconds(action: Callable[[], object]) -> float:
    """Return how many seconds the action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def shown(title: str, figures: Sequence[Figure]) -> str:
    return "\n".join([title, *map(str, figures)])
