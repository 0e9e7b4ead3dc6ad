"""Each page of settings in a real browser: in three sizes, light and dark, in two languages, for an
owner, a viewer and a stranger."""

import re
from typing import Literal

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.gallery.browser_pages import SIZES, Pages, Size, check_axe, open_session
from tests.e2e.gallery.filled_gallery import Gallery

PASSWORD = "four random words there"
Scheme = Literal["light", "dark"]
OWNERS = (
    "/settings/people",
    "/settings/people/vera",
    "/settings/people/vera/removal",
    "/settings/people/vera/sign-ins",
    "/settings/links",
    "/settings/tokens",
    "/settings/tokens/backup/removal",
    "/settings/audit-log",
    "/settings/cameras/gate/removal",
)
SHARED = ("/settings", "/settings/cameras", "/settings/retention", "/settings/display")
VIEWS = [
    ("phone", "light", "de-DE"),
    pytest.param("desk", "light", "en-GB", marks=pytest.mark.slow),
    pytest.param("laptop", "dark", "de-DE", marks=pytest.mark.slow),
    pytest.param("phone", "dark", "en-GB", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def settings(gallery: Gallery) -> Gallery:
    """The gallery with a viewer, a token, and a link that was opened."""
    site = gallery.backend.base_url
    admin = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    vera = {"name": "vera", "password": PASSWORD, "cameras": ["gate"]}
    assert requests.post(f"{site}/api/people", json=vera, headers=admin, timeout=90).ok
    sign_in = {"name": "vera", "password": PASSWORD}
    assert requests.post(f"{site}/api/session", json=sign_in, timeout=90).ok
    token = {"name": "backup", "scopes": ["read"], "cameras": ["gate", "drive"]}
    assert requests.post(f"{site}/api/tokens", json=token, headers=admin, timeout=90).ok
    link = gallery.share(gallery.names[0])
    for _ in range(2):
        assert requests.get(link, timeout=90).ok
    gallery.share(gallery.names[1])
    return gallery


def check_fits(page: Page, size: Size) -> None:
    """Assert that nothing is wider than the window."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size]["width"], page.url


@pytest.mark.slow
@pytest.mark.parametrize(("size", "scheme", "locale"), VIEWS)
def test_every_page_is_accessible(
    pages: Pages, settings: Gallery, size: Size, scheme: Scheme, locale: str
) -> None:
    page = pages.signed_in(settings.backend, "/settings", size, color_scheme=scheme, locale=locale)
    for path in (*SHARED, *OWNERS):
        page.goto(settings.backend.base_url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", locale[:2])
        check_axe(page)
        check_fits(page, size)


@pytest.mark.slow
def test_the_navigation_leads_there(pages: Pages, settings: Gallery) -> None:
    """And from page to page by links that say where they lead."""
    page = pages.signed_in(settings.backend, "/")
    page.get_by_role("navigation").get_by_role("link", name="Settings").click()
    for name in ("People", "Shared links", "Tokens", "Audit log", "Cameras", "Retention"):
        page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("navigation").locator("[aria-current]")).to_have_text("Settings")
        page.get_by_role("main").get_by_role("link", name="Settings", exact=True).click()


@pytest.mark.slow
def test_a_viewer_sees_what_is_theirs(pages: Pages, settings: Gallery) -> None:
    """No link to what is for owners, and a page that says nothing of it."""
    page, site = pages.new("phone"), settings.backend.base_url
    open_session(page, settings.backend, "vera", PASSWORD)
    page.goto(f"{site}/settings")
    links = page.get_by_role("main").get_by_role("link")
    expect(links).to_have_text(
        ["Account", "Display", "Notifications", "Devices", "Cameras", "Retention"]
    )
    check_axe(page)
    page.goto(f"{site}/settings/cameras")
    expect(page.get_by_role("listitem").filter(has_text="gate")).to_be_visible()
    expect(page.get_by_text("drive")).to_have_count(0)
    expect(page.get_by_role("link", name="Remove")).to_have_count(0)
    for path in OWNERS:
        reply = page.context.request.get(site + path)
        assert reply.status == 404
        assert "Nothing here" in reply.text()


@pytest.mark.slow
def test_a_stranger_is_asked_to_sign_in(pages: Pages, settings: Gallery) -> None:
    """And comes back to the page."""
    page, site = pages.new(), settings.backend.base_url
    for path in (*OWNERS, *SHARED):
        reply = page.context.request.get(site + path, max_redirects=0)
        assert reply.status == 303
        assert reply.headers["location"].startswith("/sign-in?next=")
    page.goto(f"{site}/settings/retention")
    page.get_by_label("Password", exact=True).fill(settings.backend.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retention")


@pytest.mark.slow
def test_the_log_says_who_looked_at_which_day(pages: Pages, settings: Gallery) -> None:
    """However often within the hour; a viewer's camera alone."""
    page, site = pages.new(), settings.backend.base_url
    open_session(page, settings.backend, "vera", PASSWORD)
    day = f"{settings.names[0].captured_at:%Y-%m-%d}"
    for _ in range(3):
        page.goto(f"{site}/days/{day}")
    log = pages.signed_in(settings.backend, "/settings/audit-log")
    log.get_by_label("Who").fill("vera")
    log.get_by_label("What it is about").select_option(label="looking")
    log.get_by_role("button", name="Show").click()
    expect(log).to_have_url(re.compile("who=vera&kind=look$"))
    looked = log.locator(".log .what").filter(has_text="looked at the day of")
    expect(looked.first).to_have_text(f"vera looked at the day of gate {day}")
    assert looked.count() <= 2  # the hour may have ended meanwhile
    looked.first.get_by_role("link").click()
    expect(log).to_have_url(f"{site}/days/{day}?camera=gate")
