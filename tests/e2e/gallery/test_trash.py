"""The page of the trash, in a real browser."""

from datetime import timedelta

import pytest
import requests
from playwright.sync_api import expect

from photo_wire.name import PhotoName
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import (
    SIZES,
    Pages,
    Scheme,
    Size,
    check_axe,
    follow,
    in_each_look,
)
from tests.e2e.gallery.filled_gallery import FIRST, Gallery


@pytest.fixture
def own(start_backend: StartBackend, new_store: NewStore) -> Gallery:
    """A gallery of the test's own, with four photos, of which three are in the trash."""
    gallery = Gallery(start_backend(new_store()))
    for number in range(4):
        gallery.add("gate", FIRST + timedelta(minutes=number))
    delete(gallery, *gallery.names[:3])
    return gallery


def delete(gallery: Gallery, *names: PhotoName) -> None:
    bearer = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    body = {"ids": [str(name) for name in names]}
    url = f"{gallery.backend.base_url}/api/photos/delete"
    reply = requests.post(url, json=body, headers=bearer, timeout=90)
    assert reply.json()["unknown"] == []


@pytest.mark.slow
def test_photos_are_restored_and_deleted_for_good(pages: Pages, own: Gallery) -> None:
    """By the keyboard, too: the focus goes to the next photo, and in the end to the heading. Whom
    the page is not for gets none."""
    page = pages.signed_in(own.backend, "/days")
    follow(page.get_by_role("link", name="Trash"))
    cards = page.locator("#trash li")
    expect(cards).to_have_count(3)
    first, second, third = own.names[2], own.names[1], own.names[0]
    page.locator(f"[data-photo='{first}']").get_by_role(
        "button", name="Restore", exact=True
    ).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The photo is restored.")
    focused = page.locator(f"[data-photo='{second}']").get_by_role("button", name="Restore")
    expect(focused).to_be_focused()
    page.once("dialog", lambda dialog: dialog.dismiss())
    forever = page.locator(f"[data-photo='{second}']").get_by_role("button", name="Delete for good")
    forever.click()
    expect(cards).to_have_count(2)
    page.once("dialog", lambda dialog: dialog.accept())
    forever.click()
    expect(page.get_by_role("status")).to_have_text("The photo is deleted for good.")
    delete_for_good = {"ids": [str(third)]}
    bearer = {"Authorization": f"Bearer {own.backend.admin_token}"}
    url = f"{own.backend.base_url}/api/photos/restore"
    requests.post(url, json=delete_for_good, headers=bearer, timeout=90)
    page.locator(f"[data-photo='{third}']").get_by_role(
        "button", name="Restore", exact=True
    ).click()
    expect(page.get_by_role("status")).to_have_text("The photo is not in the trash any more.")
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    expect(page.get_by_role("heading", name="Trash")).to_be_focused()
    page.goto(f"{own.backend.base_url}/days/{FIRST:%Y-%m-%d}")
    expect(page.locator("#summary")).to_contain_text("3 photos")


@pytest.mark.slow
@in_each_look
def test_the_page_is_accessible(pages: Pages, trash: Gallery, size: Size, scheme: Scheme) -> None:
    page = pages.signed_in(trash.backend, "/trash", size, color_scheme=scheme)
    expect(page.locator("#trash li")).to_have_count(1)
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.slow
def test_several_are_restored_at_once(pages: Pages, own: Gallery) -> None:
    """Once any is chosen."""
    page = pages.signed_in(own.backend, "/trash")
    restore = page.get_by_role("button", name="Restore the chosen photos")
    expect(restore).to_be_disabled()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("checkbox").last.check()
    restore.click()
    expect(page.get_by_role("status")).to_have_text("2 photos are restored.")
    expect(restore).to_be_disabled()
    expect(page.locator("#trash li")).to_have_count(1)


@pytest.mark.slow
def test_without_javascript_photos_are_restored(pages: Pages, own: Gallery) -> None:
    """One and several. Nothing can be pressed that would do nothing."""
    page = pages.signed_in(own.backend, "/trash", java_script_enabled=False)
    cards = page.locator("#trash li")
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    cards.first.get_by_role("button", name="Restore", exact=True).click()
    expect(page.get_by_text("1 photo was restored.")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(cards).to_have_count(2)
    for number in range(2):
        page.get_by_role("checkbox").nth(number).check()
    page.get_by_role("button", name="Restore the chosen photos").click()
    expect(page.get_by_text("2 photos were restored.")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


@pytest.fixture(scope="module")
def trash(gallery: Gallery) -> Gallery:
    """The gallery, with one more photo, which is in the trash."""
    name = gallery.add("gate", FIRST - timedelta(days=1))
    delete(gallery, name)
    gallery.names.remove(name)
    return gallery
