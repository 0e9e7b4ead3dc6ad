"""The names in the code use the field's words, not those that docs/glossary.md lists as banned."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from local.dist import tracked
from local.processes import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
ALONE = set(re.findall(r"^\| `(\w+)` alone \| .+ \|$", GLOSSARY, re.MULTILINE))
BANNED = set(re.findall(r"^\| `(\w+)` \| .+ \|$", GLOSSARY, re.MULTILINE))
# Names that others depend on, so that they stay as they are.
KEPT = {
    "strays": "a field of the reply to POST /api/repair/run",
}
SOURCES = [name for name in tracked("*.py", "*.js") if not name.startswith("tests/golden/0")]


def names_in_python(source: str) -> Iterator[str]:
    """Return every identifier of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string


def names_in_javascript(source: str) -> Iterator[str]:
    """Return every identifier of a script, without its comments and texts."""
    code = re.sub(r"//.*|/\*.*?\*/", "", source, flags=re.DOTALL if "/*" in source else 0)
    code = re.sub(r"`[^`]*`|\"[^\"\n]*\"|'[^'\n]*'", "", code)
    yield from re.findall(r"[A-Za-z_$][\w$]*", code)


def names_in(file: str) -> Iterator[str]:
    """Return every identifier of this file; none if no word of it is banned, not even in a comment,
    since tokens take their time."""
    source = (ROOT / file).read_text()
    if banned_in(re.findall(r"[A-Za-z_$][\w$]*", source)):
        yield from names_in_python(source) if file.endswith(".py") else names_in_javascript(source)


def banned_in(names: Iterable[str]) -> set[str]:
    """Return the names that are a banned word, or have one as a part: told, is_told, wasTold. Some
    are banned as a whole name only."""
    return {name for name in set(names) if is_banned(name)}


@cache  # most names are in many files
def is_banned(name: str) -> bool:
    parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return name not in KEPT and (name.strip("_").lower() in ALONE or bool(BANNED & parts))


@pytest.mark.slow
def test_names_use_no_banned_word() -> None:
    assert len(BANNED | ALONE) >= 20
    found = {}
    for name in SOURCES:
        if banned := banned_in(names_in(name)):
            found[name] = sorted(banned)
    assert found == {}


@pytest.mark.parametrize(
    "name", ["told", "is_told", "UNTOLD_ALERTS", "wasTold", "Verdict", "_words"]
)
def test_a_banned_word_is_found_in_a_name(name: str) -> None:
    assert banned_in([name]) == {name}


@pytest.mark.parametrize("name", ["strays", "response", "retold", "min_words"])
def test_other_names_are_not_banned(name: str) -> None:
    assert banned_in([name]) == set()
