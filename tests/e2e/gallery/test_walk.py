"""One person's way through the gallery, from the sign-in to the sign-out: a thousand photos of
thirty days. What each page does beside it is in the tests of that page."""

import re
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from photo_wire.name import PhotoName, new_name
from tests.e2e.gallery.browser_pages import (
    WAIT_FOR_END,
    Pages,
    Size,
    add_authenticator,
    address,
    follow,
    width_when_loaded,
)
from tests.e2e.gallery.filled_gallery import CLIP_SECONDS, plain_jpeg
from tests.support.api import Api, photo_headers
from tests.support.backend import Backend
from tests.support.many_photos import CAMERAS
from tests.support.thirty_days import BURST, NEWEST, Archive

pytestmark = pytest.mark.slow  # it takes 20 s; the tests of each page look at that page

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # it looks again now


@pytest.mark.slow
@pytest.mark.parametrize("size", ["laptop", "desk", "phone"])
def test_a_person_walks_through_the_gallery(
    pages: Pages, archive: Archive, clip: bytes, size: Size
) -> None:
    page = pages.new(size)
    add_authenticator(page)
    sign_in(page, archive.backend)
    name = jump(page, archive)
    filter_by_camera(page, archive, name)
    choose_and_save(page)
    share_and_revoke(pages, page)
    look_closely(page, archive, name)
    delete_and_undo(page, name)
    see_what_arrives(page, archive)
    play_a_clip(page, archive, clip)
    lose_the_connection(pages, page)
    add_a_passkey(page, archive.backend, f"the {size} of the walk")
    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


def sign_in(page: Page, backend: Backend) -> None:
    """With a wrong password first."""
    page.goto(address(backend, "/"))
    for password in ("not the password", backend.password):
        page.get_by_label("Password", exact=True).fill(password)
        button = page.get_by_role("button", name="Sign in", exact=True)
        if password == backend.password:
            follow(button)
        else:
            button.click()
            expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(len(CAMERAS))


def jump(page: Page, archive: Archive) -> PhotoName:
    """Open a photo of any day in two actions: a day with a time, and the photo."""
    wanted = archive.names[len(archive.names) // 2 + 1]
    follow(page.get_by_role("navigation").get_by_role("link", name="Days"))
    follow(page.get_by_role("link", name="Today"))
    unfold_filter(page)
    page.locator("#filter [name=date]").fill(f"{wanted.captured_at:%Y-%m-%d}")
    time = page.locator("#filter [name=from]")
    time.fill(f"{wanted.captured_at:%H:%M}")
    follow(time, "Enter")
    follow(page.locator(f"a[href='/photos/{wanted}']:visible").first)
    expect_shown(page, wanted)
    leave(page)
    expect(page.locator(f"a[href='/photos/{wanted}']:focus")).to_be_visible()
    return wanted


def filter_by_camera(page: Page, archive: Archive, name: PhotoName) -> None:
    """The page shows the events of this camera on this day, and no others."""
    unfold_filter(page)
    page.locator("#filter [name=from]").fill("")
    with page.expect_event("load"):
        page.locator("#filter [name=camera]").select_option(name.camera)
    expect(page).to_have_url(re.compile(f"camera={name.camera}"))
    of_day = archive.of_day(name.captured_at, name.camera)
    expect(page.locator(".event .about h3")).to_have_text([name.camera] * (len(of_day) // BURST))


def unfold_filter(page: Page) -> None:
    """Open it on a small screen, where it is folded."""
    folded = page.locator("#which:not([open]) > summary")
    if folded.count():
        folded.click()


def choose_and_save(page: Page) -> None:
    """Save the photos of two events as one ZIP."""
    for number in range(2):
        page.locator(".event > .choose input").nth(number).check()
    expect(page.locator("#chosen")).to_have_text(f"{2 * BURST} photos chosen")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    with ZipFile(saved.value.path()) as found:
        assert found.testzip() is None
        assert len(found.namelist()) == 2 * BURST + 1  # and the list of their SHA-256


def share_and_revoke(pages: Pages, page: Page) -> None:
    """A link to the chosen photos opens in a private window, until it is revoked."""
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make the link").click()
    guest = pages.new("phone")
    guest.goto(page.get_by_label("The link", exact=True).input_value())
    expect(guest.locator("figure")).to_have_count(2 * BURST)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer opens anything.")).to_be_visible()
    guest.reload()
    expect(guest.get_by_text("has expired, was revoked")).to_be_visible()
    assert all("404" in one for one in pages.complaints)
    pages.complaints.clear()
    for _ in range(2):  # the dialog, and the choice
        page.keyboard.press("Escape")
    expect(page.locator("#choice")).to_be_hidden()


def look_closely(page: Page, archive: Archive, name: PhotoName) -> None:
    """Open the first photo of the day, leaf over midnight, and enlarge what is there."""
    first = archive.of_day(name.captured_at, name.camera)[-1]
    follow(page.locator(f"a.cover[href^='/photos/{first}']"))
    expect_shown(page, first)
    page.keyboard.press("j")
    before = archive.before(first)
    assert before.captured_at.date() < first.captured_at.date()
    expect_shown(page, before)
    page.locator("#picture").click()
    enlarged = page.get_by_role("dialog", name="Enlarged photo")
    expect(enlarged.locator("img.pswp__img").first).to_be_visible()
    page.wait_for_function("document.querySelector('.pswp--ui-visible')")
    page.keyboard.press("z")
    expect(page.locator(".pswp--zoomed-in")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(enlarged).to_have_count(0)
    page.keyboard.press("k")
    expect_shown(page, first)


def delete_and_undo(page: Page, name: PhotoName) -> None:
    """The photo that is shown is back as it was."""
    page.get_by_role("button", name="Delete", exact=True).click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The photo is back.")).to_be_visible()
    leave(page)
    expect(page.locator(f"a[href*='{name.camera}-']:focus")).to_be_visible()


def see_what_arrives(page: Page, archive: Archive) -> None:
    """A new photo comes while an older one has the focus, which stays where it is."""
    follow(page.get_by_role("navigation").get_by_role("link", name="Now"))
    older = page.locator("#tile-entry a.picture")
    older.focus()
    place = older.bounding_box()
    name = new_name("gate", datetime.now(UTC) - timedelta(seconds=2))
    reply = Api(archive.backend).put(plain_jpeg((640, 360)), photo_headers(name))
    assert reply.status_code == 201, reply.text
    page.evaluate(LOOK)
    picture = page.locator("#tile-gate img")
    expect(picture).to_have_attribute("src", f"/api/photos/{name}/thumbnail")
    assert width_when_loaded(picture) > 0
    expect(older).to_be_focused()
    assert older.bounding_box() == place


def play_a_clip(page: Page, archive: Archive, clip: bytes) -> None:
    """A clip of a moment ago, to its end: the browser reads it by parts."""
    name = new_name("drive", datetime.now(UTC) - timedelta(seconds=CLIP_SECONDS))
    headers = photo_headers(name) | {"Content-Type": "video/mp4"}
    reply = Api(archive.backend).put(clip, headers)
    assert reply.status_code == 201, reply.text
    content, parts = f"{name}/content", list[int]()
    page.on("response", lambda one: parts.append(one.status) if content in one.url else None)
    page.evaluate(LOOK)
    page.locator(f"#tile-drive a.picture[href='/photos/{name}']").click()
    expect_shown(page, name)
    assert round(page.locator("#picture video").evaluate(WAIT_FOR_END)) == CLIP_SECONDS
    assert set(parts) == {206}
    page.keyboard.press("Escape")
    expect(page.locator("#tile-drive a.picture")).to_be_focused()


def lose_the_connection(pages: Pages, page: Page) -> None:
    """The page says so, stays, and says when it is over."""
    page.context.set_offline(True)
    page.evaluate(LOOK)
    expect(page.locator("#problem")).to_contain_text("cannot be reached")
    expect(page.locator(".tile")).to_have_count(len(CAMERAS))
    page.context.set_offline(False)
    page.evaluate(LOOK)
    expect(page.locator("#problem")).to_be_empty()
    assert [one for one in pages.complaints if "ERR_INTERNET_DISCONNECTED" not in one] == []
    pages.complaints.clear()


def add_a_passkey(page: Page, backend: Backend, label: str) -> None:
    """By which one signs in after signing out."""
    page.goto(address(backend, "/settings/account"))
    page.get_by_label("What you call this device").fill(label)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys")).to_contain_text(label)


def sign_out(page: Page) -> None:
    """Nothing can be seen any more, also by Back."""
    follow(page.get_by_role("button", name="Sign out", exact=True))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(0)


def leave(page: Page) -> None:
    """Return from a photo to the page from which it was opened."""
    with page.expect_event("load"):
        page.keyboard.press("Escape")


def expect_shown(page: Page, name: PhotoName) -> None:
    expect(page.locator("#photo")).to_have_attribute("data-id", str(name))


@pytest.mark.slow
def test_a_person_walks_through_the_gallery_without_javascript(
    pages: Pages, archive: Archive
) -> None:
    """All can be found and looked at; by forms and links alone."""
    page = pages.new("phone", java_script_enabled=False)
    sign_in(page, archive.backend)
    follow(page.get_by_role("navigation").get_by_role("link", name="Days"))
    page.goto(address(archive.backend, "/days?month=2026-11"))
    follow(page.get_by_role("link", name=re.compile("^12 Nov 2026")))
    first = archive.of_day(NEWEST - timedelta(days=8))[-1]
    unfold_filter(page)
    page.locator("#filter [name=camera]").select_option(first.camera)
    page.get_by_role("button", name="Show", exact=True).click()
    page.locator(f"a.cover[href^='/photos/{first}']").click()
    expect_shown(page, first)
    page.get_by_role("link", name="Earlier photo", exact=True).click()
    expect_shown(page, archive.before(first))
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("heading", name="Wednesday, 11 November 2026")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
