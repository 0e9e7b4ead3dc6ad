"""Figures: what was measured, and its target."""

from dataclasses import dataclass

from bench.repeat import STEADY, Samples


@dataclass(frozen=True)
class Figure:
    """One measured value: a single one, or the values of several rounds, whose median counts.
    `aim` is its target, None for none; `at_most`: the target is an upper bound."""

    what: str
    value: float | Samples
    unit: str = ""
    aim: float | None = None
    at_most: bool = False
    remark: str = ""

    @property
    def median(self) -> float:
        return self.value.median if isinstance(self.value, Samples) else self.value

    @property
    def is_met(self) -> bool:
        if self.aim is None:
            return True
        return self.median <= self.aim if self.at_most else self.median >= self.aim

    @property
    def aim_text(self) -> str:
        """Return the target, and whether it is met; nothing if there is none."""
        if self.aim is None:
            return ""
        bound = "at most" if self.at_most else "at least"
        return f"{bound} {self.aim:g}: {'met' if self.is_met else 'MISSED'}"

    @property
    def range_text(self) -> str:
        """Return the least and the most, and whether the rounds agree; nothing for one value."""
        if not isinstance(self.value, Samples) or len(self.value.values) < 2:
            return ""
        rounds, spread = len(self.value.values), self.value.spread
        warning = "" if spread < STEADY else ", NOT STEADY"
        ends = f"{number(self.value.least)} - {number(self.value.most)}"
        return f"{ends} in {rounds} rounds, spread {spread:.0%}{warning}"

    def __str__(self) -> str:
        parts = [self.range_text, self.remark]
        line = f"  {self.what:56} {number(self.median):>8} {self.unit:9} {self.aim_text:24}"
        return f"{line} {'; '.join(filter(None, parts))}".rstrip()

    def row(self) -> str:
        """Return the figure as a row of a Markdown table."""
        value = f"{number(self.median)} {self.unit}".strip()
        remark = "; ".join(filter(None, [self.range_text, self.remark]))
        return f"| {self.what.strip()} | {value} | {self.aim_text} | {remark} |"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
