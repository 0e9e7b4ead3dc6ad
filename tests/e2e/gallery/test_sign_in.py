"""The page to sign in, and the layout of all pages, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.browser_pages import (
    SIZES,
    Pages,
    Scheme,
    Size,
    check_axe,
    in_each_look,
    open_session,
)
from tests.e2e.gallery.filled_gallery import Gallery

SMALL_TARGETS = """
    [...document.querySelectorAll("button, nav a, input, select, .button")]
        .filter(one => one.checkVisibility() && !/hidden|checkbox|radio/.test(one.type))
        .filter(one => one.getBoundingClientRect().height < 44)
        .map(one => one.outerHTML)"""


def fill(page: Page, password: str) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
@pytest.mark.parametrize("with_script", [True, False])
def test_a_person_comes_back_to_the_page_that_they_opened(
    pages: Pages, gallery: Gallery, with_script: bool
) -> None:
    """After a wrong password, which the page says beside the field. Signing out ends it all."""
    page = pages.new(java_script_enabled=with_script)
    site = gallery.backend.base_url
    page.goto(f"{site}/live/gate?x=1")
    expect(page).to_have_url(f"{site}/sign-in?next=%2Flive%2Fgate%3Fx%3D1")
    fill(page, "not the password")
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    assert page.url.startswith(f"{site}/sign-in")
    fill(page, gallery.backend.password)
    expect(page).to_have_url(f"{site}/live/gate?x=1")
    expect(page.get_by_role("heading", name="gate")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site}/sign-in")
    expect(page.get_by_text("You were signed out.")).to_have_count(0)
    page.goto(f"{site}/devices")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.slow
def test_a_link_from_another_site_opens_the_page(pages: Pages, gallery: Gallery) -> None:
    """Such as one in a message: the session comes with it."""
    page = pages.new()
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    target = f"{gallery.backend.base_url}/devices"
    mail = "https://mail.example/"
    page.route(
        mail,
        lambda route: route.fulfill(
            content_type="text/html", body=f'<a href="{target}">Nightjar</a>'
        ),
    )
    page.goto(mail)
    page.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()


def test_the_pages_are_in_the_viewers_language_and_zone(pages: Pages, gallery: Gallery) -> None:
    """The browser's, from the first page on."""
    page = pages.new(locale="de-DE", timezone_id="Europe/Berlin")
    page.goto(gallery.backend.base_url)
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.get_by_label("Passwort").fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_text("Name oder Passwort ist falsch.")).to_be_visible()
    (zone,) = [one for one in page.context.cookies() if one.get("name") == "zone"]
    assert zone.get("value") == "Europe/Berlin"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-zone", "Europe/Berlin")


@pytest.mark.slow
@in_each_look
def test_each_page_is_accessible(
    pages: Pages,
    gallery: Gallery,
    size: Size,
    scheme: Scheme,
) -> None:
    """No serious finding, nothing wider than the window, and targets that a finger finds."""
    page = pages.new(size, color_scheme=scheme)
    site = gallery.backend.base_url
    page.goto(f"{site}/sign-in")
    fill(page, "wrong")
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    look_at(page, size)
    page.goto(f"{site}/nonesuch")
    look_at(page, size)
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    for path, name, heading in (
        ("/devices", "Devices", "Devices"),
        ("/notifications", "Notifications", "This browser"),
        ("/settings/display", "Settings", "Display"),
    ):
        page.goto(site + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.locator("nav [aria-current]")).to_have_text(name)
        look_at(page, size)


def look_at(page: Page, size: Size) -> None:
    check_axe(page)
    width = SIZES[size]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if size == "phone":
        small = page.evaluate(SMALL_TARGETS)
        assert small == []


@pytest.mark.slow
def test_the_keyboard_skips_the_navigation(pages: Pages, gallery: Gallery) -> None:
    """The first Tab shows the link, which leads to the content."""
    page = pages.signed_in(gallery.backend, "/devices")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.slow
@pytest.mark.parametrize("with_script", [True, False])
def test_the_display_is_chosen_for_this_browser(
    pages: Pages, gallery: Gallery, with_script: bool
) -> None:
    """Colours and language change with the next page, and stay."""
    page = pages.signed_in(gallery.backend, "/settings/display", java_script_enabled=with_script)
    page.get_by_label("light").check()
    page.get_by_label("Deutsch").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Gespeichert.")).to_be_visible()
    page.goto(f"{gallery.backend.base_url}/devices")
    expect(page.get_by_role("heading", name="Ger\u00e4te")).to_be_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(246, 244, 239)"
