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
    """Replace what is between the markers of a page; if only some sections were measured, replace
    their parts alone. Raises ValueError if it has no markers."""
    text = page.read_text()
    head, begin, rest = text.partition(BEGIN)
    old, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} and {END}")
    new = block(results, machine, kind)
    if results.keys() != SECTIONS.keys():
        new = _merged(old.strip(), results, kind)
    page.write_text(f"{head}{begin}\n{new}\n{end}{tail}")


def block(results: Mapping[str, Result], machine: str, kind: str) -> str:
    """Return the figures of all sections as Markdown. `kind` is of the run: full or quick."""
    cores = next(iter(results.values())).before.cores
    first = f"A {kind} run of {_now()}: {machine}, {cores} cores."
    return "\n\n".join([first, *(_part(name, result) for name, result in results.items())])


def _merged(old: str, results: Mapping[str, Result], kind: str) -> str:
    """Return an older block with the parts of these sections, which say when they were measured."""
    first, *parts = old.split("\n\n### ")
    by_title = {part.partition("\n")[0]: f"### {part}" for part in parts}
    for name, result in results.items():
        by_title[SECTIONS[name].title] = _part(name, result, f" A {kind} run of {_now()}.")
    titles = [section.title for section in SECTIONS.values()]
    return "\n\n".join([first, *(by_title[title] for title in titles if title in by_title)])


def _part(name: str, result: Result, when: str = "") -> str:
    section = SECTIONS[name]
    return (
        f"### {section.title}\n\n"
        f"`python -m bench {name}`: {section.about}.{when} Other processes had "
        f"{result.during.others:.0%} of the CPU; the load average was "
        f"{result.before.average:.1f} before and {result.during.average:.1f} after it.\n\n"
        + "\n".join([HEADER, *(one.row() for one in result.figures)])
    )


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
