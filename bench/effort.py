"""How long to measure: a full run, a quick one, or one that only shows that everything works."""

from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Effort:
    """`level` is 0 for a full run, 1 for a quick and 2 for a tiny one. A measurement is repeated
    `least` to `most` times, and no further time after `seconds`. `idle` is for how many seconds
    idle processes are watched."""

    level: int
    least: int
    most: int
    seconds: float
    idle: float

    def pick(self, full: Value, quick: Value, tiny: Value) -> Value:
        """Return the value for this run."""
        return (full, quick, tiny)[self.level]


FULL = Effort(0, least=3, most=15, seconds=12, idle=60)
QUICK = Effort(1, least=2, most=4, seconds=3, idle=10)
TINY = Effort(2, least=1, most=1, seconds=0, idle=1)
