"""The navigation of all pages, in a real browser."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.e2e.gallery.browser_pages import Pages, check_axe
from tests.e2e.gallery.filled_gallery import Gallery

SMALL = ViewportSize(width=360, height=640)
WIDTHS = (360, 390, 699, 700, 820, 1099, 1100, 1280, 1399, 1400)
CUT = """[...document.querySelectorAll("header a, header button, header span")]
    .filter(one => one.checkVisibility())
    .filter(one => getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth
        || one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0)
    .map(one => one.textContent)"""


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_word_is_cut(pages: Pages, gallery: Gallery, locale: str) -> None:
    """At any width, and the header has one line."""
    page = pages.signed_in(gallery.backend, "/alerts", "phone", locale=locale)
    for width in WIDTHS:
        page.set_viewport_size(ViewportSize(width=width, height=640))
        assert page.evaluate(CUT) == [], width
        header = page.locator("header").bounding_box()
        assert header
        assert header["height"] < 60, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
@pytest.mark.parametrize("with_script", [True, False])
def test_where_there_is_no_room_other_pages_are_below_a_button(
    pages: Pages, gallery: Gallery, with_script: bool
) -> None:
    """By the keyboard, and without JavaScript."""
    page = pages.signed_in(
        gallery.backend, "/settings/display", viewport=SMALL, java_script_enabled=with_script
    )
    more = page.get_by_role("button", name="More")
    trash = page.get_by_role("link", name="Trash", exact=True)
    expect(trash).to_be_hidden()
    more.press("Enter")
    expect(trash).to_be_visible()
    if with_script:
        check_axe(page)
    page.keyboard.press("Escape")
    expect(trash).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    trash.click()
    expect(page.get_by_role("heading", name="Trash")).to_be_visible()
