"""Pictures of the pages of settings."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.browser_pages import add_authenticator
from tests.e2e.screenshots.site import FullSite, Site, empty_site
from tests.e2e.screenshots.view import View, shows
from tests.support.authenticator_app import code_of

# The pages that show what there is, by the names of their pictures.
PAGES = {
    "index": "/settings",
    "people": "/settings/people",
    "person": "/settings/people/vera",
    "person-self": "/settings/people/owner",
    "person-removal": "/settings/people/vera/removal",
    "sign-ins": "/settings/people/vera/sign-ins",
    "links": "/settings/links",
    "tokens": "/settings/tokens",
    "token-removal": "/settings/tokens/backup/removal",
    "audit-log": "/settings/audit-log",
    "audit-log-filtered": "/settings/audit-log?who=nobody&kind=look",
    "cameras": "/settings/cameras",
    "camera-removal": "/settings/cameras/gate/removal",
    "retention": "/settings/retention",
    "display": "/settings/display",
}


@shows(
    "/settings",
    "/settings/people",
    "/settings/people/{name}",
    "/settings/people/{name}/removal",
    "/settings/people/{name}/sign-ins",
    "/settings/links",
    "/settings/links/{key}/revocation",
    "/settings/tokens",
    "/settings/tokens/{name}/removal",
    "/settings/audit-log",
    "/settings/cameras",
    "/settings/cameras/{camera}/removal",
    "/settings/retention",
    "/settings/display",
)
@pytest.mark.parametrize("name", [*PAGES, "link-revocation"])
def test_settings(view: View, site: FullSite, name: str) -> None:
    paths = PAGES | {"link-revocation": f"/settings/links/{site.link_key}/revocation"}
    page = view.open(site.address, paths[name])
    view.take(page, f"settings-{name}", is_whole=True)


@pytest.mark.parametrize("name", ["index", "cameras"])
def test_settings_of_a_viewer(view: View, site: FullSite, name: str) -> None:
    page = view.open(site.address, PAGES[name], "vera")
    view.take(page, f"settings-viewer-{name}")


@pytest.mark.parametrize("name", ["links", "tokens", "cameras", "people"])
def test_settings_of_nothing(view: View, name: str) -> None:
    with empty_site() as site:
        page = view.open(site.address, PAGES[name])
        view.take(page, f"settings-{name}-empty", is_whole=True)
        view.close()


def send(page: Page) -> None:
    page.locator("form.settings [type=submit]").first.click()


def test_what_is_wrong_with_a_person(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/settings/people")
    page.locator("#name").fill("vera")
    page.locator("#password").fill("password123456")
    page.locator("[name=cameras][value=some]").check()
    send(page)
    expect(page.locator("#password-problem")).not_to_be_empty()
    view.take(page, "settings-people-problems", is_whole=True)


def test_what_is_wrong_with_a_token(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/settings/tokens")
    page.locator("#name").fill("a token!")
    send(page)
    expect(page.locator("#scopes-problem")).not_to_be_empty()
    view.take(page, "settings-token-problems", is_whole=True)


def test_what_is_wrong_with_a_zone(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/settings/display")
    page.locator("#zone").fill("Europe/Nowhere")
    send(page)
    expect(page.locator("#zone-problem")).not_to_be_empty()
    view.take(page, "settings-display-problem", is_whole=True)


def test_a_person_and_a_token_are_added(view: View) -> None:
    with empty_site() as site:
        page = view.open(site.address, "/settings/people")
        page.locator("#name").fill("mia")
        page.locator("#password").fill(site.password)
        send(page)
        expect(page.locator(".done")).not_to_be_empty()
        view.take(page, "settings-people-added")
        page.goto(f"{site.address}/settings/tokens")
        page.locator("#name").fill("backup")
        page.locator("[name=scope][value=read]").check()
        send(page)
        expect(page.locator("#secret")).to_be_visible()
        view.take(page, "settings-token-secret")
        view.close()


# -- A person's own account


def open_account(view: View, site: Site) -> Page:
    """Return the page, by a host name: passkeys need one."""
    page = view.new()
    add_authenticator(page)
    address = site.address.replace("127.0.0.1", "localhost")
    view.sign_in(page, address)
    page.goto(f"{address}/settings/account")
    expect(page.locator("#new-passkey")).to_be_visible()
    return page


@shows("/settings/account")
def test_an_account(view: View) -> None:
    """With a passkey, an app, its recovery codes, and what goes wrong with them."""
    with empty_site() as site:
        page = open_account(view, site)
        view.take(page, "account", is_whole=True)
        page.locator("#old").fill("not the password")
        page.locator("#new").fill("another good password")
        page.locator("#new-password [type=submit]").click()
        expect(page.locator("#problem")).not_to_be_empty()
        view.take(page, "account-problem")
        page.locator("#label").fill("My phone")
        page.locator("#new-passkey [type=submit]").click()
        expect(page.locator("#passkeys li")).to_have_count(1)
        view.take(page, "account-passkey", is_whole=True)
        page.locator("#begin-app").click()
        expect(page.locator("#qr svg")).to_be_visible()
        view.take(page, "account-app", is_whole=True)
        secret = page.locator("#secret").inner_text()
        page.locator("#first-code").fill(code_of(secret, datetime.now(UTC)))
        page.locator("#confirm-app [type=submit]").click()
        expect(page.locator("#recovery-codes li")).to_have_count(10)
        view.take(page, "account-recovery", is_whole=True)
        view.close()


def test_an_account_asks_for_the_password(view: View) -> None:
    with empty_site() as site:
        page = open_account(view, site)
        refused = {"type": "password-required", "detail": "The password is wanted."}
        page.route("**/api/totp", lambda route: route.fulfill(status=403, json=refused))
        page.locator("#begin-app").click()
        expect(page.locator("#ask-password")).to_be_visible()
        view.take(page, "account-password")
        view.close()
