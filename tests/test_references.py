"""Every page and module that a comment, a docstring or a page names is in the repository."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.dist import tracked
from local.processes import ROOT

COMMENTED = ("*.sh", "*.js", "*.css", "*.toml", "*.bicep", "*.service", "*.timer", "*.yaml")
NAMED = re.compile(r"(?<![\w/.~{}*:-])(?:[\w.-]+/)*[\w-]+\.(?:md|py)\b(?![/{*])")
ELSEWHERE = {  # what it is, and so why it is not here
    "setup.py": "of other people's packages",
}


def _of_python(source: str) -> Iterator[str]:
    """Return the comments and docstrings of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _of_other(source: str) -> Iterator[str]:
    """Return the comments of a file whose comments begin with #, // or *."""
    yield from re.findall(r"(?:^|\s)(?:#|//|/?\*) (.*)", source)


def prose(name: str) -> str:
    """Return all of a page, or the comments and docstrings of a program. Not to parse those that
    name nothing at all saves half of the time."""
    source = (ROOT / name).read_text()
    if name.endswith(".md") or not NAMED.search(source):
        return source
    return "\n".join(_of_python(source) if name.endswith(".py") else _of_other(source))


def missing(text: str, folder: str, files: set[str]) -> set[str]:
    """Return the files that `text` names and that are neither below `folder`, nor below the root,
    nor the end of the path of any of `files`."""
    text = re.sub(r"\w+://\S+", "", text)
    return {
        name
        for name in NAMED.findall(text)
        if name not in ELSEWHERE
        and not (ROOT / folder / name).exists()
        and not any(one == name or one.endswith(f"/{name.lstrip('./')}") for one in files)
    }


FILES = set(tracked("*"))
NAMES = [name for name in tracked("*.md", "*.py", *COMMENTED, "Makefile") if "golden/" not in name]


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({Path(name).suffix or name for name in NAMES}))
def test_what_is_named_is_there(kind: str) -> None:
    names = [name for name in NAMES if (Path(name).suffix or name) == kind]
    gone = {name: missing(prose(name), str(Path(name).parent), FILES) for name in names}
    assert {name: found for name, found in gone.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    ["see gone-page.md", "(docs/decisions/9999-never.md)", "`people/nobody.py`", "old.md's trap"],
)
def test_a_file_that_is_not_there_is_found(text: str) -> None:
    assert len(missing(text, "docs", FILES)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "see operate.md",
        "https://example.org/some/page.md",
        "docs/api.md, and auth/users.py",
        "../README.md",
        "tests/*.py",
    ],
)
def test_a_file_that_is_there_or_elsewhere_is_not(text: str) -> None:
    assert missing(text, "docs", FILES) == set()
