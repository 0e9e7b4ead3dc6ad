"""What all pages have in common: each is whole in the language of who reads it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import NewStore, new_backend
from tests.support.hostile_content import HostileContent
from tests.support.page_paths import page_paths

NOT_READ = ("script", "style", "code", "pre")  # what is between these, and marked as English
EMPTY = ("img", "input", "link", "meta", "br", "hr", "path", "use", "rect", "line", "source")
READ_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-confirm")
ENGLISH = re.compile(r"\b(and|are|by|from|has|have|is|it|its|not|of|on|the|to|with)\b")


@pytest.fixture(scope="module")
def content(
    new_store: NewStore, log_folder: Path, secrets_used: set[str]
) -> Iterator[HostileContent]:
    """A backend in which each page has something to show."""
    backend = new_backend(new_store(), {}, log_folder, secrets_used)
    backend.start()
    made = HostileContent(backend)
    made.fill()
    yield made
    backend.stop()


class Texts(HTMLParser):
    """Collects what people read on a page, or hear; not what is marked as English."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []  # for each element that is open, whether it is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        is_read = tag not in NOT_READ and (tag == "html" or values.get("lang") != "en")
        is_read = is_read and (not self._open or self._open[-1])
        if is_read:
            self.found += [values.get(name) or "" for name in READ_ATTRIBUTES]
        if tag not in EMPTY:
            self._open.append(is_read)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1]:
            self.found.append(data)


def test_a_german_page_has_no_english_sentence(content: HostileContent) -> None:
    """But for the page of the API, which programmers read."""
    found = {}
    for path in [*page_paths(content.values), "/sign-in", f"/shared/{content.link}", "/none"]:
        page = content.read_page(path, "de")
        assert '<html lang="de"' in page, path
        texts = Texts()
        texts.feed(page)
        found[path] = [one.strip() for one in texts.found if ENGLISH.search(one)]
    assert {path: texts for path, texts in found.items() if texts} == {}
