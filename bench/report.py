"""A figure: what was measured, and what it was to be."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`aim` None: nobody set one. `at_most`: whether the aim is an upper bound."""

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
    rounds: int, *ways: Callable[[], float], after: Callable[[], None] = lambda: None
) -> list[float]:
    """The median of what each way gives, the ways taking turns, so that a machine that becomes
    busy does so for all."""
    found: list[list[float]] = [[] for _ in ways]
    for number in range(rounds):
        for place in range(len(ways)):
            way = (place + number) % len(ways)
            found[way].append(ways[way]())
            after()
    return [statistics.median(values) for values in found]


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def shown(title: str, figures: Sequence[Figure]) -> str:
    return "\n".join([title, *map(str, figures)])
