"""Commands in the pages can be pasted unchanged, also into zsh, the Mac's shell."""

import re
from pathlib import Path

import pytest

from local.processes import ROOT

PAGES = [
    ROOT / "docs" / "operate.md",
    *(ROOT / one / "README.md" for one in (".", "infra", "systemd")),
]


def commands(page: Path) -> list[str]:
    """Return the lines of code blocks, fenced or indented."""
    text = page.read_text()
    fenced = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [*fenced.splitlines(), *re.findall(r"(?<=\n) {4}(\S.*|  +\S.*)", text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_a_line_holds_a_command_and_nothing_else(page: Path) -> None:
    """An interactive zsh has no comments: it passes the words after a # to the command, or waits
    for the closing apostrophe. Text set off with blanks would be arguments, too."""
    lines = commands(page)
    assert len(lines) > 15
    assert [one for one in lines if re.search(r"(^|\s)#", one)] == []
    assert [one for one in lines if re.search(r"\S {2,}\S", one)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_no_variable_holds_several_words(page: Path) -> None:
    """zsh does not split a variable into words."""
    assert re.findall(r"""^ *[a-z]\w*=["'].* .*["']$""", "\n".join(commands(page)), re.M) == []
