"""docs/proof.md has the figures of `make proof`, and no others."""

import re
from pathlib import Path

import pytest

from bench.load import Load
from bench.proof import BEGIN, END, Result, write
from bench.report import Figure
from bench.sections import SECTIONS
from local.processes import ROOT

PAGE = ROOT / "docs" / "proof.md"
MEASURED = re.compile(r"\d\s*(?:ms|s|MB|/s|photos/s|times|%)(?=[\s,.;|])")
LOAD = Load(0.5, 2, 0.03)


def test_figures_are_written_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "proof.md"
    page.write_text(f"before\n{BEGIN}\nto be replaced\n{END}\nafter\n")
    idle = Result([Figure("wake-ups", 0.1, "/s", 0.2, True)], LOAD, LOAD)
    results = dict.fromkeys(SECTIONS, idle)
    for _ in range(2):
        write(page, results, "Python 3", "full")
        text = page.read_text()
        assert re.fullmatch(rf"before\n{BEGIN}\n.*\n{END}\nafter\n", text, re.DOTALL)
        assert "A full run of" in text
        assert "Python 3, 2 cores" in text
        assert "| wake-ups | 0.1 /s | at most 0.2: met |" in text
        assert "Other processes had 3% of the CPU" in text
        assert "to be replaced" not in text


def test_a_section_that_was_measured_alone_replaces_its_part(tmp_path: Path) -> None:
    """In the order of the sections; the others stay as they were measured."""
    page = tmp_path / "proof.md"
    page.write_text(f"before\n{BEGIN}\nA full run.\n{END}\nafter\n")
    for value in (0.1, 0.2):
        write(page, {"idle": Result([Figure("wake-ups", value)], LOAD, LOAD)}, "Python 3", "full")
    write(page, {"trigger": Result([Figure("delay", 7)], LOAD, LOAD)}, "Python 3", "quick")
    text = page.read_text()
    titles = [SECTIONS[name].title for name in ("trigger", "idle")]
    assert re.findall("^### (.*)$", text, re.M) == titles
    assert ("| wake-ups | 0.1" in text, "| wake-ups | 0.2" in text) == (False, True)
    assert len(re.findall(r"A (?:quick|full) run of \d", text)) == 2
    assert text.endswith(f"\n{END}\nafter\n")


def test_a_page_without_markers_is_not_changed(tmp_path: Path) -> None:
    page = tmp_path / "proof.md"
    page.write_text("text")
    with pytest.raises(ValueError, match="has no"):
        write(page, {"idle": Result([], LOAD, LOAD)}, "Python 3", "full")
    assert page.read_text() == "text"


def test_the_page_has_figures_of_every_section() -> None:
    """Of one run, with its date, machine and load."""
    head, _, rest = PAGE.read_text().partition(BEGIN)
    block, end, tail = rest.partition(END)
    assert end
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    assert re.search(rf"^A \w+ run of {date}: Python .* cores\.$", block, re.M)
    parts = dict(re.findall(r"^### ([^\n]+)\n\n(.*?)(?=\n### |\Z)", block, re.DOTALL | re.M))
    assert list(parts) == [section.title for section in SECTIONS.values()]
    for text in parts.values():
        assert len(re.findall(r"^\| \S", text, re.M)) >= 1
        assert "Other processes had" in text
    measured = head.partition("## What was measured")[2] + tail
    assert MEASURED.findall(measured) == []
