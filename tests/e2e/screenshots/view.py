"""The windows in which each page is pictured, and what anybody can see to be wrong with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.e2e.gallery.browser_pages import SIZES, VIOLATION, Pages, axe_findings, open_session_at
from tests.e2e.screenshots.site import PASSWORD

FOLDER = Path(".local/screenshots")
Scheme = Literal["light", "dark"]
T = TypeVar("T")
SHOWN: set[str] = set()
LOADED = """async isWhole => {
    const shown = [...document.images].filter(one => one.checkVisibility()
        && (isWhole || one.getBoundingClientRect().top < innerHeight));
    for (const one of shown) one.loading = "eager";
    const loaded = one => one.complete || new Promise(done => { one.onload = one.onerror = done; });
    await Promise.all(shown.map(loaded));
    const clips = [...document.querySelectorAll("video")].filter(one => one.checkVisibility());
    for (const one of clips) one.preload = "auto";
    const playable = one => one.readyState >= 4 || one.error
        || new Promise(done => { one.oncanplaythrough = one.onerror = done; });
    await Promise.all(clips.map(playable));
    await document.fonts.ready;
    for (let i = 0; i < 5; i += 1) await new Promise(requestAnimationFrame);
}"""
FAULTS = (Path(__file__).parent / "faults.js").read_text()


def shows(*paths: str) -> Callable[[T], T]:
    """Say of which pages a test takes pictures, by their routes. Each page has such a test."""

    def mark(test: T) -> T:
        SHOWN.update(paths)
        return test

    return mark


@dataclass(frozen=True)
class Window:
    """A window of this `name`: its size, its language, and the schemes in which it is pictured."""

    name: str
    size: ViewportSize
    locale: str = "en-GB"
    schemes: tuple[Scheme, ...] = ("light", "dark")


WINDOWS = (
    Window("desk", SIZES["desk"]),
    Window("laptop", SIZES["laptop"]),
    Window("phone", SIZES["phone"]),
    Window("tablet", ViewportSize(width=820, height=1180), schemes=("light",)),
    Window("laptop-german", SIZES["laptop"], "de-DE", ("light",)),
    Window("phone-german", SIZES["phone"], "de-DE", ("dark",)),
)


@dataclass
class View:
    """Opens pages in one of the windows and takes pictures of them. `faults` are what was seen to
    be wrong with them."""

    browser: Browser
    window: Window
    faults: list[str] = field(default_factory=list)
    pages: Pages = field(init=False)
    without_script: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = Pages(self.browser)

    @property
    def is_phone(self) -> bool:
        return self.window.size == SIZES["phone"]

    def new(self, **options: Any) -> Page:
        """Return a page of its own, with these options of Playwright's contexts."""
        options = {"viewport": self.window.size, "locale": self.window.locale, **options}
        page = self.pages.new("phone" if self.is_phone else "desk", **options)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._on_message)
        if not options.get("java_script_enabled", True):
            self.without_script.append(page)
        return page

    def _on_message(self, message: ConsoleMessage) -> None:
        if message.text.startswith(VIOLATION):
            self.faults.append(message.text)

    def sign_in(self, page: Page, address: str, person: str = "owner") -> None:
        """Give a page the session of a person of a site, and the zone that their first page of it
        has stored."""
        open_session_at(page, address, person, PASSWORD)
        page.context.add_cookies([{"name": "zone", "value": "UTC", "url": address}])

    def open(self, address: str, path: str, person: str = "owner", **options: Any) -> Page:
        """Return a page that shows a path of a site, with a session of this person; of nobody for
        ""."""
        page = self.new(**options)
        if person:
            self.sign_in(page, address, person)
        page.goto(address + path)
        return page

    def take(self, page: Page, name: str, is_whole: bool = False, is_loaded: bool = True) -> None:
        """Take pictures of what a page shows: NAME-desk-dark.png, ... `is_whole`: also of what is
        below the window. `is_loaded`: wait for the photos in it."""
        has_timers = page not in self.without_script  # axe-core waits by them
        for scheme in self.window.schemes:
            page.emulate_media(color_scheme=scheme)
            if is_loaded and has_timers:
                page.evaluate(LOADED, is_whole)
            file = FOLDER / f"{name}-{self.window.name}-{scheme}.png"
            self._picture(page, file, is_whole)
            found = [*page.evaluate(FAULTS), *(axe_findings(page) if has_timers else [])]
            self.faults += [f"{file.name}: {one}" for one in found]

    def _picture(self, page: Page, file: Path, is_whole: bool) -> None:
        """Take a picture of a page, or of all of it: then in a window of its height, so that what
        sticks to the window's edges is at those of the picture."""
        size = self.window.size
        if is_whole:
            height = page.evaluate("document.documentElement.scrollHeight")
            taller = ViewportSize(width=size["width"], height=max(height, size["height"]))
            page.set_viewport_size(taller)
        page.screenshot(path=file, animations="disabled")
        if is_whole:
            page.set_viewport_size(size)

    def close(self) -> None:
        self.pages.close()


@contextmanager
def open_view(browser: Browser, window: Window) -> Iterator[View]:
    """Open a view; in the end nothing may be wrong with what it pictured."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    view = View(browser, window)
    yield view
    view.close()
    assert view.faults == [], "\n".join(view.faults)
