"""The gallery in a real browser, as a person uses it."""

import re
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.gallery.conftest import Gallery


def sign_in(page: Page, gallery: Gallery) -> None:
    page.goto(gallery.backend.base_url)
    page.get_by_label("Password").fill(gallery.backend.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".photo").first).to_be_visible()


def loaded_width(page: Page, selector: str) -> int:
    """The width in pixels of the picture itself, once the browser has it; 0 if it is broken."""
    picture = page.locator(selector).first
    expect(picture).to_be_visible()
    picture.evaluate("picture => picture.decode()")
    width: int = picture.evaluate("picture => picture.naturalWidth")
    return width


def test_nobody_sees_a_photo_without_the_token(page: Page, gallery: Gallery) -> None:
    """The page without a token has a form and no photo, and says so when the token is wrong."""
    page.goto(gallery.backend.base_url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    expect(page.locator(".photo")).to_have_count(0)


def test_the_newest_photos_are_shown_day_by_day(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """Newest first, under the day they were taken on, with camera and time on each."""
    sign_in(page, gallery)
    cards = page.locator(".photo")
    shown = [card.get_attribute("data-id") for card in cards.all()]
    assert shown == [str(name) for name in reversed(gallery.names)]
    expect(page.locator("h2:visible")).to_have_text(
        [re.compile("Saturday,? 21 November 2026"), re.compile("Friday,? 20 November 2026")]
    )
    expect(page.get_by_text("time uncertain")).to_have_count(1)
    assert loaded_width(page, ".photo img") == 480
    for picture in page.locator(".photo img").all():
        picture.evaluate("picture => { picture.loading = 'eager'; return picture.decode() }")
    page.screenshot(path=screenshots / "gallery.png")


def test_a_photo_opens_in_full_and_its_neighbours_are_a_key_away(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """A click opens it, arrows walk, Escape closes, and the download is the photo's own name."""
    sign_in(page, gallery)
    page.locator(".photo").nth(1).click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_be_visible()
    newest, second, third = reversed(gallery.names[-3:])
    original = viewer.get_by_role("link", name="Download")
    expect(original).to_have_attribute("download", f"{second}.jpg")
    assert loaded_width(page, "#picture img") == 1280
    page.screenshot(path=screenshots / "photo.png")
    page.keyboard.press("ArrowRight")
    expect(original).to_have_attribute("download", f"{third}.jpg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(original).to_have_attribute("download", f"{newest}.jpg")
    expect(page.get_by_role("button", name="Newer photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_one_camera_can_be_chosen(page: Page, gallery: Gallery) -> None:
    """The choice of a camera leaves only its photos."""
    sign_in(page, gallery)
    page.get_by_label("Camera").select_option("gate")
    gates = [str(name) for name in reversed(gallery.names) if name.camera == "gate"]
    expect(page.locator(".photo")).to_have_count(len(gates))
    assert [card.get_attribute("data-id") for card in page.locator(".photo").all()] == gates


def test_a_new_photo_appears_by_itself_and_a_reload_needs_no_token(
    page: Page, gallery: Gallery
) -> None:
    """The page looks again by itself; the session outlives a reload; signing out ends it."""
    sign_in(page, gallery)
    name = gallery.add("gate", gallery.names[-1].captured_at + timedelta(seconds=60))
    newest = page.locator(".photo").first
    expect(newest).to_have_attribute("data-id", str(name), timeout=30_000)
    page.reload()
    expect(newest).to_have_attribute("data-id", str(name))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.locator(".photo")).to_have_count(0)
