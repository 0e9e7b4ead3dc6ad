"""The page of a person's account, in a real browser with an authenticator of Chromium's own."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import (
    Pages,
    Size,
    add_authenticator,
    address,
    check_axe,
    follow,
)
from tests.support.authenticator_app import code_of
from tests.support.backend import Backend

PATH = "/settings/account"


@pytest.fixture
def own(start_backend: StartBackend, new_store: NewStore) -> Backend:
    """A backend of the test's own."""
    return start_backend(new_store())


def sign_in(page: Page, backend: Backend) -> None:
    page.goto(address(backend, f"/sign-in?next={PATH}"))
    page.get_by_label("Password", exact=True).fill(backend.password)
    follow(page.get_by_role("button", name="Sign in", exact=True))
    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("size", ["phone", "laptop", "desk"])
def test_a_person_adds_a_passkey_and_signs_in_by_it(pages: Pages, own: Backend, size: Size) -> None:
    """Once it is removed, it is refused."""
    page = pages.new(size)
    add_authenticator(page)
    sign_in(page, own)
    page.get_by_label("What you call this device").fill("my phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys li")).to_contain_text("my phone")
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.clear_cookies()
    page.goto(address(own, f"/sign-in?next={PATH}"))
    follow(page.get_by_role("button", name="Use a passkey"))
    expect(page.locator("#passkeys li")).to_contain_text("last used")
    page.locator("#passkeys").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_have_text("The passkey is removed.")
    page.context.clear_cookies()
    page.goto(address(own, "/sign-in"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_have_text(
        "No passkey was accepted. Sign in with your password."
    )


@pytest.mark.slow
def test_a_person_adds_an_app_and_signs_in_with_a_code(pages: Pages, own: Backend) -> None:
    """The form asks for the code once the password is right."""
    page = pages.new()
    sign_in(page, own)
    page.get_by_role("button", name="Add an app").click()
    expect(page.locator("#qr svg")).to_be_visible()
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code", exact=True).fill(code_of(secret, datetime.now(UTC)))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    check_axe(page)
    expect(page.get_by_role("button", name="Remove the app")).to_be_visible()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()
    recovery, second = page.locator("#recovery-codes li").all_inner_texts()[:2]
    page.context.clear_cookies()
    page.goto(address(own, f"/sign-in?next={PATH}"))
    page.get_by_label("Password", exact=True).fill(own.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A code is needed, too")
    page.get_by_label("Code", exact=True).fill(recovery)
    follow(page.get_by_role("button", name="Sign in", exact=True))
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()
    app = page.locator("#remove-app")
    app.get_by_label("Password").fill(own.password)
    app.get_by_label("A code of the app").fill(second)
    app.get_by_role("button", name="Remove the app").click()
    expect(page.get_by_role("status")).to_contain_text("The app is removed.")
    expect(page.get_by_role("button", name="Add an app")).to_be_focused()


@pytest.mark.slow
def test_a_person_ends_another_session(pages: Pages, own: Backend) -> None:
    """And their own everywhere."""
    first, second = pages.new(), pages.new("phone")
    sign_in(first, own)
    sign_in(second, own)
    first.reload()
    expect(first.locator("#sessions li")).to_have_count(2)
    first.get_by_role("button", name="Sign out there").click()
    expect(first.locator("#sessions li")).to_have_count(1)
    second.reload()
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    first.get_by_role("button", name="Sign out everywhere").click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.slow
def test_without_javascript_the_page_shows_what_there_is(pages: Pages, own: Backend) -> None:
    page = pages.signed_in(own, PATH, "phone", java_script_enabled=False)
    expect(page.locator("#sessions li")).to_have_count(1)
    expect(page.locator("#sessions")).to_contain_text("this browser")
    expect(page.get_by_role("button", name="Sign out everywhere")).to_have_count(0)


@pytest.mark.slow
def test_a_new_password_says_which_places_remain(pages: Pages, own: Backend) -> None:
    """Whoever knew the old one may have added some. A wrong old one is refused."""
    page = pages.new()
    sign_in(page, own)
    page.get_by_label("Old password").fill("not the old one")
    page.get_by_label("New password").fill("another good password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    page.get_by_label("Old password").fill(own.password)
    page.get_by_label("New password").fill("password2026")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert").filter(has_text="too easy to guess")).to_be_visible()
    pages.complaints.clear()  # 400, as it should be
    page.get_by_label("New password").fill("another good password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("All other browsers are signed out.")
    own.password = "another good password"
    places = page.get_by_text("Messages go on reaching the places")
    places.get_by_role("link", name="Notifications").click()
    expect(page).to_have_url(address(own, "/notifications"))
