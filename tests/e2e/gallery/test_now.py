"""The page of what is now, in a real browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import (
    SIZES,
    Pages,
    Scheme,
    Size,
    check_axe,
    in_each_look,
    width_when_loaded,
)
from tests.e2e.gallery.filled_gallery import Gallery
from tests.support.reporting_device import ReportingDevice
from tests.support.waiting import wait_for

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # it looks again now


@pytest.fixture(scope="module")
def cameras(gallery: Gallery) -> Gallery:
    """The gallery, with a device that reports two of its cameras."""
    device = ReportingDevice(gallery.backend, "house", "entry", "gate")
    device.report()
    return gallery


@pytest.mark.slow
def test_a_new_photo_slips_in(pages: Pages, cameras: Gallery) -> None:
    """Nothing moves, and what has the focus keeps it."""
    page = pages.signed_in(cameras.backend, "/")
    live = page.get_by_role("link", name="Live").last
    live.focus()
    before = live.bounding_box()
    name = cameras.add("gate", datetime.now(UTC) - timedelta(seconds=2))
    page.evaluate(LOOK)
    picture = page.locator("#tile-gate img")
    expect(picture).to_have_attribute("src", f"/api/photos/{name}/thumbnail")
    expect(page.locator("#tile-gate .when")).to_contain_text("ago")
    expect(live).to_be_focused()
    assert live.bounding_box() == before
    assert width_when_loaded(picture) == 480


@pytest.mark.slow
def test_a_photo_without_a_preview_says_so_after_each_look(pages: Pages, cameras: Gallery) -> None:
    cameras.add("gate", datetime.now(UTC) - timedelta(seconds=2))
    page = pages.signed_in(cameras.backend, "/")
    page.route("**/thumbnail", lambda route: route.fulfill(status=404))
    page.clock.install()
    page.reload()
    nothing = page.locator("#tile-gate .none")

    def is_given_up() -> bool:
        page.clock.run_for(1000)
        return nothing.is_visible()

    wait_for(is_given_up, what="the last attempt")
    cameras.add("entry", datetime.now(UTC) - timedelta(seconds=1))
    with page.expect_response("**/?tiles"):
        page.evaluate(LOOK)
    page.clock.run_for(1000)
    expect(nothing).to_be_visible()
    expect(page.locator("#tile-gate img")).not_to_be_visible()


def test_a_tile_leads_to_its_photo(pages: Pages, cameras: Gallery) -> None:
    page = pages.signed_in(cameras.backend, "/")
    page.locator("#tile-drive a.picture").click()
    expect(page.locator("#photo h1")).to_have_text("drive")


@pytest.mark.slow
def test_a_session_that_ended_leads_to_the_sign_in(pages: Pages, cameras: Gallery) -> None:
    page = pages.signed_in(cameras.backend, "/")
    page.context.clear_cookies()
    page.evaluate(LOOK)
    expect(page.get_by_text("You were signed out.")).to_be_visible()


@pytest.mark.slow
def test_without_a_connection_the_page_says_so_and_comes_back(
    pages: Pages, cameras: Gallery
) -> None:
    """The states of cameras are not known meanwhile."""
    page = pages.signed_in(cameras.backend, "/")
    state = page.locator(".state").first
    before = state.inner_text()
    page.route("**/?tiles", lambda route: route.fulfill(status=503, json={"detail": "away"}))
    page.evaluate(LOOK)
    expect(page.locator("#problem")).to_have_text("away")
    expect(state).to_contain_text("state unknown since ")
    page.unroute("**/?tiles")
    page.evaluate(LOOK)
    expect(page.locator("#problem")).to_be_empty()
    expect(state).to_have_text(before)
    assert [one for one in pages.complaints if "503" not in one] == []
    pages.complaints.clear()


@pytest.mark.slow
@in_each_look
def test_the_page_is_accessible(pages: Pages, cameras: Gallery, size: Size, scheme: Scheme) -> None:
    page = pages.signed_in(cameras.backend, "/", size, color_scheme=scheme)
    for picture in page.locator(".tile img").all():
        width_when_loaded(picture)
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


def test_without_javascript_the_tiles_are_there(pages: Pages, cameras: Gallery) -> None:
    page = pages.signed_in(cameras.backend, "/", java_script_enabled=False)
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#tile-gate .state")).to_have_text("ready")
    expect(page.get_by_role("button", name="Photo now")).to_have_count(0)
    expect(page.get_by_role("link", name="Live").first).to_be_visible()


@pytest.mark.slow
def test_the_first_camera_appears_by_itself(
    pages: Pages, new_store: NewStore, start_backend: StartBackend
) -> None:
    """In place of what says how to connect one."""
    gallery = Gallery(start_backend(new_store()))
    page = pages.signed_in(gallery.backend, "/")
    expect(page.get_by_role("heading", name="No camera yet")).to_be_visible()
    expect(page.locator("#first-run")).to_contain_text("git clone")
    check_axe(page)
    gallery.add("gate", datetime.now(UTC))
    page.evaluate(LOOK)
    expect(tile(page, "gate")).to_be_visible()
    expect(page.locator("#first-run")).to_have_count(0)


def tile(page: Page, camera: str) -> Locator:
    return page.get_by_role("region", name=camera)
