"""What an owner changes in settings, in a real browser, with and without JavaScript."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.gallery.browser_pages import Pages, Size, check_axe, follow, open_session
from tests.e2e.gallery.filled_gallery import FIRST, Gallery

GOOD = "four random words there"
IS_WHOLE = "one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight"
EACH_SIZE = [
    pytest.param("desk", True, id="desk", marks=pytest.mark.slow),
    pytest.param("laptop", True, id="laptop", marks=pytest.mark.slow),
    pytest.param("phone", False, id="phone without JavaScript"),
]


def done(page: Page) -> None:
    """Check that the focus is on what the page says was done."""
    expect(page.get_by_role("status")).to_be_focused()


def names_in_log(gallery: Gallery) -> list[str]:
    admin = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    url = f"{gallery.backend.base_url}/api/accesses?kind=access"
    return [
        f"{one['who']} {one['what']} {one['which']}"
        for one in requests.get(url, headers=admin, timeout=90).json()["accesses"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "has_scripts"), EACH_SIZE)
def test_a_person_is_added_changed_and_removed(
    pages: Pages, gallery: Gallery, size: Size, has_scripts: bool
) -> None:
    """By plain forms. What is wrong stands beside its field; what was typed stays, but for the
    password; and the person sees each time what they may."""
    site, name = gallery.backend.base_url, f"mia-{size}"
    page = pages.signed_in(
        gallery.backend, "/settings/people", size, java_script_enabled=has_scripts
    )
    page.get_by_label("Name", exact=True).fill("owner")
    page.get_by_label("Their password").fill("password123456")
    page.get_by_label("Only these cameras").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#password-problem")).to_contain_text("too easy to guess")
    expect(page.locator("#cameras-problem")).to_contain_text("Choose one camera or more")
    expect(page.get_by_label("Their password")).to_be_focused()
    expect(page.get_by_label("Their password")).to_have_value("")
    expect(page.get_by_label("Name", exact=True)).to_have_value("owner")
    if has_scripts:
        check_axe(page)
    page.get_by_label("Their password").fill(GOOD)
    page.get_by_label("gate", exact=True).check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#name-problem")).to_contain_text("This name is taken.")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_label("gate", exact=True)).to_be_checked()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Their password").fill(GOOD)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_have_text(f"{name} is added and can sign in.")
    done(page)

    guest = pages.new(size)
    open_session(guest, gallery.backend, name, GOOD)
    guest.goto(f"{site}/settings/cameras")
    expect(guest.locator(".entries b")).to_have_text(["gate"])

    page.get_by_role("link", name=f"Change {name}").click()
    page.get_by_label("gate", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#cameras-problem")).to_contain_text("Choose one camera or more")
    page.get_by_label("drive", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text(f"What {name} may do is changed.")
    done(page)
    guest.reload()
    expect(guest.get_by_role("button", name="Sign in")).to_be_visible()
    open_session(guest, gallery.backend, name, GOOD)
    guest.goto(f"{site}/settings/cameras")
    expect(guest.locator(".entries b")).to_have_text(["drive"])

    page.get_by_role("link", name=f"Change {name}").click()
    page.get_by_role("textbox", name="New password").fill(f"{GOOD} anew")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_have_text(f"{name} has a new password and is signed out.")
    done(page)

    page.get_by_role("link", name=f"Change {name}").click()
    page.get_by_role("link", name=f"Remove {name}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Remove “{name}”?")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name=f"Remove {name}").click()
    page.get_by_role("button", name=f"Remove {name}").click()
    expect(page.get_by_role("status")).to_contain_text(f"{name} is removed.")
    done(page)
    assert names_in_log(gallery)[:4] == [
        f"owner shut out {name}",
        f"owner set a new password of {name}",
        f"owner changed the rights of {name}",
        f"owner let in {name}",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("size", "has_scripts"), EACH_SIZE)
def test_a_token_is_shown_once(
    pages: Pages, gallery: Gallery, size: Size, has_scripts: bool
) -> None:
    """It works until it is removed."""
    name, page = (
        f"backup-{size}",
        pages.signed_in(gallery.backend, "/settings/tokens", size, java_script_enabled=has_scripts),
    )
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#scopes-problem")).to_have_text("Choose what the token may do.")
    expect(page.get_by_label("look at photos")).not_to_be_checked()
    page.get_by_label("look at photos").check()
    follow(page.get_by_role("button", name="Add", exact=True))
    secret = page.get_by_label("The token", exact=True)
    expect(secret).to_be_focused()
    assert secret.evaluate(IS_WHOLE)
    bearer = {"Authorization": f"Bearer {secret.input_value()}"}
    copy = page.get_by_role("button", name="Copy")
    if has_scripts:
        check_axe(page)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        copy.click()
        expect(page.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == secret.input_value()
    else:
        expect(copy).to_have_count(0)
    photos = f"{gallery.backend.base_url}/api/photos"
    assert requests.get(photos, headers=bearer, timeout=90).status_code == 200
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("Last used")
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("link", name=f"Remove {name}").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text(f"The token {name} is removed.")
    done(page)
    assert requests.get(photos, headers=bearer, timeout=90).status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize(("size", "has_scripts"), EACH_SIZE)
def test_a_link_is_revoked(pages: Pages, gallery: Gallery, size: Size, has_scripts: bool) -> None:
    """After a question; the page says how often it was opened, not how many pictures it showed."""
    link, guest = gallery.share(gallery.names[-1]), pages.new(size)
    for _ in range(2):
        guest.goto(link)
        guest.locator("figure img").evaluate("picture => picture.decode()")
    page = pages.signed_in(
        gallery.backend, "/settings/links", size, java_script_enabled=has_scripts
    )
    line = page.get_by_role("listitem").filter(has_text="Opened 2 times")
    expect(line).to_have_count(1)
    expect(line.get_by_role("link", name="one photo")).to_have_attribute(
        "href", f"/photos/{gallery.names[-1]}"
    )
    line.get_by_role("link", name="Revoke").click()
    expect(page.get_by_text("It stops working at once")).to_be_visible()
    assert requests.get(link, timeout=90).status_code == 200
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_have_text("The link is revoked.")
    done(page)
    assert requests.get(link, timeout=90).status_code == 404


@pytest.mark.slow
def test_a_camera_is_removed(pages: Pages, gallery: Gallery) -> None:
    """After a question that says what goes."""
    name = gallery.add("porch", FIRST)
    gallery.names.remove(name)
    gallery.backend.count()
    page = pages.signed_in(gallery.backend, "/settings/cameras")
    line = page.get_by_role("listitem").filter(has_text="porch")
    expect(line).to_contain_text(re.compile("1 photo.*Photos are kept: 120 days", re.DOTALL))
    line.get_by_role("link", name="Remove porch").click()
    expect(page.get_by_text("All of its photos and alerts are deleted")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(".entries b")).to_have_text(["drive", "entry", "gate", "porch"])
    page.get_by_role("link", name="Remove porch").click()
    page.get_by_role("button", name="Remove porch").click()
    expect(page.get_by_role("status")).to_have_text("porch is removed, with 1 photo.")
    done(page)
    expect(page.locator(".entries b")).to_have_text(["drive", "entry", "gate"])


@pytest.mark.slow
def test_the_keyboard_suffices(pages: Pages, gallery: Gallery) -> None:
    """To add somebody and to remove them again: Tab leads through the form in its order."""
    page = pages.signed_in(gallery.backend, "/settings/people")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("kim")
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("kim is added and can sign in.")
    page.get_by_role("link", name="Change kim").press("Enter")
    page.get_by_role("link", name="Remove kim").press("Enter")
    page.get_by_role("button", name="Remove kim").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("kim is removed.")
    done(page)
