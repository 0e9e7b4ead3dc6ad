"""The device's own page in a real browser, from a phone's size to a desk's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.gallery.browser_pages import TIMEOUT
from tests.support.camera_page import PASSWORD, CameraPage
from tests.support.program import photos_in
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

PHONE, TABLET, DESK = (
    ViewportSize(width=width, height=height)
    for width, height in ((360, 740), (820, 1180), (1366, 768))
)
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture
def page(browser: Browser, device: CameraPage) -> Iterator[Page]:
    """The page of a device that keeps its photos. The browser sends the password, and
    fails the test if it blocks or misses anything."""
    device.env["CAMERA_UPLOAD"] = "off"
    device.start_program("upload", **device.env)
    device.capture()
    device.start()
    context = browser.new_context(
        viewport=PHONE,
        http_credentials={"username": "", "password": PASSWORD},
    )
    context.set_default_timeout(TIMEOUT)
    one = context.new_page()
    complaints: list[str] = []
    one.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    yield one
    context.close()
    assert complaints == []


def test_a_person_looks_takes_a_photo_and_deletes_it(
    page: Page,
    device: CameraPage,
    spool_folder: Path,
) -> None:
    page.goto(device.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("gate")
    still = page.get_by_alt_text("Picture of gate at this moment")
    expect(still).to_be_visible()
    assert still.evaluate(LOADED)
    for size in (PHONE, TABLET, DESK):
        page.set_viewport_size(size)
        assert not page.evaluate(SIDEWAYS)
    page.set_viewport_size(PHONE)

    page.get_by_role("link", name="Live", exact=True).click()
    expect(page.get_by_alt_text("Live picture of gate")).to_be_visible()
    page.get_by_role("link", name="Stop live").click()

    page.get_by_role("button", name="Photo now").click()
    taken = page.get_by_alt_text("The photo that was just taken")
    expect(taken).to_be_visible()
    photo = page.url.rpartition("photo=")[2]
    wait_for(lambda: photos_in(spool_folder) == 0, what="a kept photo")
    page.goto(device.url)
    listed = page.locator("#photos li").filter(has=page.locator(f"a[href='/images/{photo}']"))
    expect(listed).to_have_count(1)
    listed.get_by_text("Delete", exact=True).click()
    listed.get_by_role("button", name="Delete for good").click()
    page.wait_for_url(f"{device.url}/#photos")
    expect(page.locator(f"#photos a[href='/images/{photo}']")).to_have_count(0)
    expect(page.locator("#photos li")).to_have_count(1)
