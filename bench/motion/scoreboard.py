"""The scores of all detectors side by side: as text, and as the table of docs/motion.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.motion.cost import ZERO_2W_MIPS, Cost
from bench.motion.scoring import ClipScore, Summary, by_family, by_kind, summarize
from bench.report import Figure

BEGIN, END = "<!-- bench-motion: begin -->", "<!-- bench-motion: end -->"
OURS = "nightjar medium"  # the one that the aims are about
ABOUT = {
    "nightjar low": "Nightjar, sensitivity low",
    "nightjar medium": "Nightjar, sensitivity medium",
    "nightjar high": "Nightjar, sensitivity high",
    "mse": "picamera2's example: mean square error > 7",
    "mog2": "OpenCV's MOG2, blobs of 0.2%",
    "motion": "Debian's motion, its defaults",
    "pir": "a PIR sensor, as modelled",
    "oracle 40": "an oracle: two frames with 40 true pixels",
    "oracle 150": "an oracle: two frames with 150 true pixels",
}


@dataclass(frozen=True)
class Scoreboard:
    """`scores` has the scores of each detector on the same clips, `costs` what was measured of
    those that run in Python; `mips` is of a core of this machine, if it is known."""

    scores: Mapping[str, Sequence[ClipScore]]
    costs: Mapping[str, Cost]
    mips: float | None = None

    def text(self) -> str:
        """Return the table for a terminal."""
        head = "found     of           false   an hour  decided: median, 95%     CPU      memory"
        lines = [f"  {'':46}{head}"]
        for name, scores in self.scores.items():
            one = summarize(scores)
            cost = self.costs.get(name)
            lines.append(f"  {ABOUT[name]:46}{_line(one)}  {_cost(cost)}".rstrip())
        return "\n".join([*lines, "", *map(str, self.figures())])

    def figures(self) -> list[Figure]:
        """Return the aims of the issue, as far as they could be measured."""
        if OURS not in self.scores:
            return []
        ours = summarize(self.scores[OURS])
        found = ours.recall * 100
        figures = [
            Figure("events found", found, "%", 99),
            Figure(
                "95% of the decisions within",
                round(ours.slow_delay, 3) * 1000,
                "ms",
                400,
                at_most=True,
            ),
        ]
        for name, limit in (("pir", 0.1), ("motion", 1 / 3)):
            if name in self.scores:
                other = summarize(self.scores[name]).false_alarms
                ratio = ours.false_alarms / other if other else float("inf")
                what = f"false alarms, as a part of: {ABOUT[name]}"
                figures.append(Figure(what, ratio, "", limit, at_most=True))
        if cost := self.costs.get(OURS):
            figures += [
                Figure("CPU for each frame", cost.cpu, "ms", 4, at_most=True),
                Figure("memory beyond capture without it", cost.memory, "MB", 25, at_most=True),
            ]
            if self.mips:
                slower = self.mips / ZERO_2W_MIPS
                remark = f"an estimate: a core there is {slower:.1f} times slower by 7-zip"
                figures.append(Figure("CPU on a Zero 2 W", cost.cpu * slower, "ms", remark=remark))
        return figures

    def markdown(self, about: str) -> str:
        """Return the tables for the page; `about` says when and where it was measured."""
        rows = []
        for name, scores in self.scores.items():
            one = summarize(scores)
            cost = self.costs.get(name)
            cells = [
                ABOUT[name],
                f"{one.found} of {one.events}, {one.recall:.1%}",
                f"{one.false_alarms}",
                f"{one.false_per_hour:.0f}",
                f"{one.median_delay:.1f} s, {one.slow_delay:.1f} s" if one.delays else "",
                f"{cost.cpu:.2f} ms" if cost else "",
                f"{cost.memory:.0f} MB" if cost else "",
            ]
            rows.append(f"| {' | '.join(cells)} |")
        head = "| | events found | false alarms | an hour | decided: median, 95% | CPU | memory |"
        parts = [about, "\n".join([head, "|---|---:|---:|---:|---:|---:|---:|", *rows])]
        if figures := self.figures():
            head = "| aim | measured | target | |\n|---|---:|---|---|"
            parts.append("\n".join([head, *(one.row() for one in figures)]))
        parts.append("Events found, by who passed:\n\n" + self._found_by_kind())
        parts.append("By family: events found, and false alarms.\n\n" + self._by_family())
        return "\n\n".join(parts)

    def _found_by_kind(self) -> str:
        kinds = {name: by_kind(scores) for name, scores in self.scores.items()}
        rows = [
            [kind, *(f"{kinds[name][kind][0]} of {kinds[name][kind][1]}" for name in kinds)]
            for kind in next(iter(kinds.values()))
        ]
        return _table(["", *self.scores], rows)

    def _by_family(self) -> str:
        families = {name: by_family(scores) for name, scores in self.scores.items()}
        rows = [
            [family, *(_brief(families[name][family]) for name in families)]
            for family in next(iter(families.values()))
        ]
        return _table(["", *self.scores], rows)


def write(page: Path, block: str) -> None:
    """Replace what is between the markers of a page. Raises ValueError if it has none."""
    head, begin, rest = page.read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} and {END}")
    page.write_text(f"{head}{begin}\n{block}\n{end}{tail}")


def _line(one: Summary) -> str:
    recall = f"{one.found:5} of {one.events:4} {one.recall:7.1%}" if one.events else " " * 21
    delays = f"{one.median_delay:10.1f} s {one.slow_delay:5.1f} s" if one.delays else " " * 20
    return f"{recall}  {one.false_alarms:8} {one.false_per_hour:9.1f}  {delays}"


def _cost(cost: Cost | None) -> str:
    return f"{cost.cpu:8.2f} ms {cost.memory:7.1f} MB" if cost else ""


def _brief(one: Summary) -> str:
    found = f"{one.found}/{one.events}, " if one.events else ""
    return f"{found}{one.false_alarms}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
