"""What holds of every page, also of the next one: no text is markup, the keyboard reaches all of
it, and axe has nothing to say. Each page has something to show, and all of it is hostile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page

from tests.conftest import NewStore, new_backend
from tests.e2e.gallery.browser_pages import PHONE, SETTLED, Pages, axe_findings
from tests.support.hostile_content import MARKUP, HostileContent
from tests.support.page_paths import page_paths

PARAMETERS = ("camera", "trigger", "from", "month", "date", "next", "go", "cursor", "who", "period")
RAN = """() => [...document.querySelectorAll("#ran, [onerror], [href^='javascript:' i]")]
    .map(one => one.outerHTML)"""
# What the Tab key has to reach: of a group of radio buttons one.
REACHABLE = """() => {
    const all = document.querySelectorAll(
        "a[href], button, input, select, textarea, summary, video[controls], [tabindex='0']");
    window.reachable = [...all].filter(one => one.checkVisibility() && !one.matches(":disabled")
        && one.type !== "hidden" && one.tabIndex >= 0 && (one.type !== "radio" || one.checked));
    return window.reachable.length;
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const box = one.getBoundingClientRect();
    const isSeen = box.bottom > 0 && box.top < innerHeight
        && box.right > 0 && box.left < innerWidth;
    const style = getComputedStyle(one);
    const hasRing = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1;
    window.visited ??= new Set();
    window.visited.add(one);
    window.first ??= one;
    window.moved ||= one !== window.first;
    const isOver = window.moved && one === window.first;
    return { html: one.outerHTML.slice(0, 120), isOver, hasRing, isSeen };
}"""
MISSED = """() => window.reachable.filter(one => one.isConnected && one.checkVisibility()
    && !window.visited?.has(one)).map(one => one.outerHTML.slice(0, 120))"""
# What looks as if it could be clicked, and cannot be reached by the keyboard.
FOR_MICE_ALONE = """() => [...document.querySelectorAll("body *")]
    .filter(one => one.checkVisibility() && getComputedStyle(one).cursor === "pointer")
    .filter(one => !one.closest(
        "a[href], button, input, select, textarea, summary, label, video, svg.lanes"))
    .map(one => one.outerHTML.slice(0, 120))"""
MAX_TABS = 300
# All pages, and beside it every sixth one.
SOME = pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def content(
    new_store: NewStore, log_folder: Path, secrets_used: set[str]
) -> Iterator[HostileContent]:
    """A backend full of it."""
    backend = new_backend(new_store(), {}, log_folder, secrets_used)
    backend.start()
    made = HostileContent(backend)
    made.fill()
    yield made
    backend.stop()


def paths(content: HostileContent) -> list[str]:
    """The addresses of all pages, those for everybody included."""
    return [
        *page_paths(content.values),
        "/sign-in?next=%2Fdays",
        "/api/docs",
        f"/shared/{content.link}",
    ]


def show(page: Page, content: HostileContent, path: str) -> None:
    """Open a page, and what is folded in it."""
    page.goto(content.backend.base_url + path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(SETTLED)


@pytest.mark.slow
@SOME
def test_no_part_of_an_address_is_markup(content: HostileContent, step: int) -> None:
    """Nor of a cookie."""
    session = requests.Session()
    body = {"name": "owner", "password": content.backend.password}
    site = content.backend.base_url
    assert session.post(f"{site}/api/session", json=body, timeout=90).ok
    for path in [*paths(content)[::step], "/nonesuch"]:
        for parameter in PARAMETERS:
            reply = session.get(site + path, params={parameter: MARKUP}, timeout=90)
            assert "<img id=ran" not in reply.text, f"{path} {parameter}"
        cookies = "; ".join(f"{name}={MARKUP}" for name in ("zone", "language", "theme", "density"))
        reply = session.get(site + path, headers={"Cookie": cookies}, timeout=90)
        assert "<img id=ran" not in reply.text, path
    reply = session.get(f"{site}/{MARKUP}", timeout=90)
    assert "<img id=ran" not in reply.text


@pytest.mark.slow
@SOME
def test_each_page_shows_texts_alone_and_is_in_reach_of_the_keyboard(
    pages: Pages, content: HostileContent, step: int
) -> None:
    """No text is markup, nor does the browser block anything: the policy is not what saves the
    pages. The focus is always in sight, and there is nothing that only a mouse can press."""
    page = pages.signed_in(content.backend, "/")
    faults, shown = [], 0
    for path in paths(content)[::step]:
        show(page, content, path)
        assert page.evaluate(RAN) == [], path
        assert page.evaluate("typeof ran") == "undefined", path
        shown += page.locator(f"text={MARKUP}").count()
        faults += [f"{path}: {fault}" for fault in keyboard_faults(page)]
    assert faults == [], "\n".join(faults)
    assert shown > (10 if step == 1 else 0)


def keyboard_faults(page: Page) -> list[str]:
    """Type through a page, and return what is wrong with it."""
    page.evaluate(REACHABLE)
    faults = [f"for a mouse alone: {html}" for html in page.evaluate(FOR_MICE_ALONE)]
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or focused["isOver"]:  # it is at the end, or begins anew
            break
        if not focused["hasRing"]:
            faults.append(f"no ring: {focused['html']}")
        if not focused["isSeen"]:
            faults.append(f"out of sight: {focused['html']}")
    return faults + [f"not reached: {html}" for html in page.evaluate(MISSED)]


@pytest.mark.slow  # the tests of each page look at that page
@pytest.mark.parametrize(("language", "first"), [("en", 0), ("de", 1)])
def test_axe_has_nothing_to_say_of_any_page(
    pages: Pages, content: HostileContent, language: str, first: int
) -> None:
    """Nor is one wider than a phone. Each page is in one of two languages and schemes."""
    scheme = "dark" if language == "en" else "light"
    page = pages.signed_in(content.backend, "/", "phone", locale=language, color_scheme=scheme)
    faults = []
    for path in paths(content)[first::2]:
        show(page, content, path)
        faults += [f"{path}: {finding}" for finding in axe_findings(page)]
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            faults.append(f"{path}: it is wider than the window")
    assert faults == [], "\n".join(faults)
