"""Choosing photos on the page of a day, and what is done with them, in a real browser."""

from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Locator, Page, Route, expect

from photo_wire.name import PhotoName
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import SIZES, Pages, Scheme, Size, check_axe, in_each_look
from tests.e2e.gallery.filled_gallery import FIRST, Gallery

DAY = f"/days/{FIRST:%Y-%m-%d}"


@pytest.fixture
def own(new_store: NewStore, start_backend: StartBackend) -> Gallery:
    """A gallery of the test's own: three events of one photo, and before them one of three."""
    gallery = Gallery(start_backend(new_store()))
    for second in (0, 10, 20):
        gallery.add("gate", FIRST + timedelta(seconds=second))
    for minutes in (10, 20, 30):
        gallery.add("drive", FIRST + timedelta(minutes=minutes))
    return gallery


@pytest.fixture(scope="module")
def day(gallery: Gallery) -> Gallery:
    """The gallery of the module, with an event of three photos, for tests that change nothing."""
    for second in (0, 10, 20):
        gallery.add("gate", FIRST + timedelta(hours=1, seconds=second))
    return gallery


def boxes(page: Page) -> Locator:
    """The check marks of the events."""
    return page.locator(".event > .choose input")


def chosen(page: Page) -> Locator:
    return page.locator("#chosen")


def is_stored(gallery: Gallery, name: PhotoName) -> bool:
    bearer = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    url = f"{gallery.backend.base_url}/api/photos/{name}"
    return requests.get(url, headers=bearer, timeout=90).status_code == 200


@pytest.mark.slow
def test_photos_are_chosen_by_the_pointer(pages: Pages, day: Gallery) -> None:
    """An event as a whole, one of its photos, and all between two clicks with Shift."""
    page = pages.signed_in(day.backend, DAY)
    expect(page.locator("#choice")).to_be_hidden()
    burst = page.locator(".event", has=page.get_by_text("Show 3 photos"))
    whole = burst.locator("> .choose input")
    whole.check()
    expect(chosen(page)).to_have_text("3 photos chosen")
    burst.locator("summary").click()
    parts = burst.locator(".photos input")
    expect(parts.nth(1)).to_be_checked()
    parts.nth(1).uncheck()
    expect(chosen(page)).to_have_text("2 photos chosen")
    assert whole.evaluate("one => one.indeterminate && !one.checked")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#choice")).to_be_hidden()
    burst.locator("summary").click()
    boxes(page).nth(2).check()
    boxes(page).nth(5).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_text("4 photos chosen")
    boxes(page).nth(3).click(modifiers=["Shift"])  # back, and with the mark removed
    expect(chosen(page)).to_have_text("1 photo chosen")


def test_photos_are_chosen_by_the_keyboard(pages: Pages, day: Gallery) -> None:
    """Space, Shift with the arrows, Ctrl+A, and Escape."""
    page = pages.signed_in(day.backend, DAY)
    page.locator(".event .cover").nth(1).focus()
    page.keyboard.press("Space")
    expect(boxes(page).nth(1)).to_be_checked()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(chosen(page)).to_have_text("3 photos chosen")
    expect(boxes(page).nth(3)).to_be_focused()
    page.keyboard.press("Space")
    expect(chosen(page)).to_have_text("2 photos chosen")
    page.keyboard.press("ControlOrMeta+a")
    count = page.locator("#day").evaluate(
        "day => [...day.querySelectorAll('.event > .choose input')]"
        ".reduce((sum, one) => sum + one.value.split(' ').length, 0)"
    )
    expect(chosen(page)).to_have_text(f"{count} photos chosen")
    page.keyboard.press("Escape")
    expect(page.locator("#choice")).to_be_hidden()


@pytest.mark.slow
def test_chosen_photos_are_deleted_and_restored(pages: Pages, own: Gallery) -> None:
    """In place: the others stay where they are; the focus goes to the button that undoes it."""
    page = pages.signed_in(own.backend, DAY)
    boxes(page).nth(0).check()
    boxes(page).nth(3).check()
    expect(chosen(page)).to_have_text("4 photos chosen")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("4 photos are in the trash.")).to_be_visible()
    expect(page.locator(".event")).to_have_count(2)
    expect(page.locator("#choice")).to_be_hidden()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    assert [is_stored(own, name) for name in own.names] == [False] * 3 + [True, True, False]
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 photos were restored.")).to_be_visible()
    expect(page.locator(".event")).to_have_count(4)
    assert all(is_stored(own, name) for name in own.names)
    page.keyboard.press("Escape")
    expect(page.get_by_text("4 photos were restored.")).to_have_count(0)


@pytest.mark.slow
def test_many_photos_are_deleted_in_several_requests(pages: Pages, own: Gallery) -> None:
    """And restored by one button; here as if a request took two instead of a hundred."""
    page = pages.signed_in(own.backend, "/devices")

    def with_small_batches(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("BATCH = 100", "BATCH = 2"))

    page.route("**/in_place.js", with_small_batches)
    page.goto(own.backend.base_url + DAY)
    page.locator("#main").focus()
    page.keyboard.press("ControlOrMeta+a")
    with page.expect_response("**/choice/delete?part"):
        page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("6 photos are in the trash.")).to_be_visible()
    assert not any(is_stored(own, name) for name in own.names)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("6 photos were restored.")).to_be_visible()
    assert all(is_stored(own, name) for name in own.names)


@pytest.mark.slow
def test_chosen_photos_are_protected(pages: Pages, own: Gallery) -> None:
    """They stay chosen. Without a connection it is said that nothing happened."""
    page = pages.signed_in(own.backend, DAY)
    boxes(page).nth(1).check()
    page.get_by_role("button", name="Protect").click()
    expect(page.get_by_text("1 photo is protected: it stays")).to_be_visible()
    expect(boxes(page).nth(1)).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 photo is no longer protected.")).to_be_visible()
    page.route("**/choice/**", lambda route: route.abort())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nightjar cannot be reached. Nothing was done")).to_be_visible()
    pages.complaints.clear()  # the browser tells of the request that was cut
    assert all(is_stored(own, name) for name in own.names)


@pytest.mark.slow
def test_a_link_is_opened_elsewhere_and_revoked(pages: Pages, own: Gallery) -> None:
    """In a window of a person who is not signed in, in their zone, with a download; it says how
    often it was opened, and the same dialog revokes it."""
    page = pages.signed_in(own.backend, DAY)
    boxes(page).nth(3).check()
    boxes(page).nth(1).check()
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("heading", name="A link to these 4 photos")).to_be_visible()
    page.get_by_role("button", name="Make the link").click()
    url = page.get_by_label("The link", exact=True)
    expect(url).to_be_focused()
    address = url.input_value()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Share")).to_be_focused()
    guest = pages.new(timezone_id="Asia/Tokyo")
    guest.goto(address)
    expect(guest.locator("figure")).to_have_count(4)
    expect(guest.locator("figcaption").first).to_contain_text("GMT+9")
    with guest.expect_download() as saved:
        guest.get_by_role("link", name="Download").first.click()
    assert saved.value.suggested_filename == f"{own.names[0]}.jpg"
    check_axe(guest)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Opened 1 time.")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link no longer opens anything.")).to_be_visible()
    guest.reload()
    expect(
        guest.get_by_text("This link has expired, was revoked, or never existed.")
    ).to_be_visible()
    pages.complaints.clear()  # 404, as it should be


@pytest.mark.slow
def test_without_javascript_photos_are_chosen_by_a_form(pages: Pages, own: Gallery) -> None:
    page = pages.signed_in(own.backend, DAY, java_script_enabled=False)
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
    boxes(page).nth(3).check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("3 photos are in the trash.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 photos were restored.")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    boxes(page).nth(3).check()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("The link", exact=True).input_value()
    guest = pages.new(java_script_enabled=False)
    guest.goto(address)
    expect(guest.locator("figure")).to_have_count(3)
    expect(guest.locator("figcaption").first).to_contain_text("UTC")


@pytest.mark.slow
@in_each_look
def test_choosing_is_accessible(pages: Pages, day: Gallery, size: Size, scheme: Scheme) -> None:
    """Each size in one of two languages."""
    locale = "de-DE" if size == "laptop" else "en-GB"
    page = pages.signed_in(day.backend, DAY, size, color_scheme=scheme, locale=locale)
    page.locator(".event summary").first.click()
    for number in range(3):
        boxes(page).nth(number).check()
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    page.locator("#share").click()
    expect(page.locator("#answer select")).to_be_visible()
    check_axe(page)
