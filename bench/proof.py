"""Write the figures into docs/proof.md, between two markers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Load
from bench.report import Figure
from bench.sections import SECTIONS

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
HEADER = "| | median | target | least and most |\n|---|---:|---|---|"


@dataclass(frozen=True)
class Result:
    """The figures of a section, and the load before and while they were measured."""

    figures: list[Figure]
    before: Load
    during: Load


def write(page: Path, results: Mapping[str, Result], machine: str, kind: str) -> None:
    """Replace what is between the markers of a page. Raises ValueError if it has no markers."""
    text = page.read_text()
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} and {END}")
    page.write_text(f"{head}{begin}\n{block(results, machine, kind)}\n{end}{tail}")


def block(results: Mapping[str, Result], machine: str, kind: str) -> str:
    """Return the figures of all sections as Markdown. `kind` is of the run: full or quick."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    cores = next(iter(results.values())).before.cores
    parts = [f"A {kind} run of {at}: {machine}, {cores} cores."]
    for name, result in results.items():
        section = SECTIONS[name]
        parts += [
            f"### {section.title}",
            f"`python -m bench {name}`: {section.about}. Other processes had "
            f"{result.during.others:.0%} of the CPU; the load average was "
            f"{result.before.average:.1f} before and {result.during.average:.1f} after it.",
            "\n".join([HEADER, *(one.row() for one in result.figures)]),
        ]
    return "\n\n".join(parts)
