"""The page of the alerts, in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.name import new_name
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
from tests.support.signing_device import SigningDevice


@pytest.fixture(scope="module")
def reported(gallery: Gallery) -> Gallery:
    """The gallery, with alerts: a loss, a photo in quarantine, one of a kind that no version knows,
    and a key that waits for the owner's approval."""
    lost, rejected, odd = (
        new_name(camera, FIRST + timedelta(days=2, minutes=n), "0" * 8)
        for n, camera in enumerate(("gate", "entry", "drive"))
    )
    gallery.report(
        [
            Alert(lost, LOSS, "no-room"),
            Alert(rejected, QUARANTINE, "rejected-422"),
            Alert(odd, "odd-kind", "<img src=x onerror=alert(1)>"),
        ]
    )
    for number in range(2):
        name = new_name("shed", FIRST + timedelta(days=3, seconds=number))
        gallery.add_signed(SigningDevice("shed"), name)
    return gallery


@pytest.mark.parametrize("with_script", [True, False])
def test_alerts_are_new_until_they_are_marked(
    pages: Pages, reported: Gallery, with_script: bool
) -> None:
    """By the keyboard, too."""
    page = pages.signed_in(reported.backend, "/", java_script_enabled=with_script)
    follow(page.get_by_role("link", name="Alerts", exact=True))
    alerts = page.locator("#alerts li")
    expect(alerts).to_have_count(4)
    expect(page.locator("#alerts li.new")).to_have_count(4)
    expect(alerts.filter(has_text="gate")).to_contain_text("The device had no more room.")
    expect(alerts.filter(has_text="drive")).to_contain_text("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Mark all as seen").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("marked as seen")
    if with_script:  # the button is gone
        expect(page.get_by_role("heading", name="Alerts")).to_be_focused()
    expect(page.locator("#alerts li.new")).to_have_count(0)
    expect(page.get_by_role("button", name="Mark all as seen")).to_have_count(0)


@pytest.mark.slow
def test_a_key_that_waits_leads_to_the_devices(pages: Pages, reported: Gallery) -> None:
    """To its page, where an owner approves it; and a camera leads to its day."""
    page = pages.signed_in(reported.backend, "/alerts")
    waiting = page.locator("#alerts li").filter(has_text="shed")
    expect(waiting).to_contain_text("waits for an owner's approval")
    fingerprint = waiting.locator("code").last.inner_text()
    waiting.get_by_role("link", name="Devices").click()
    expect(page.get_by_role("heading", name="shed", exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text(fingerprint)
    page.go_back()
    page.get_by_role("link", name="gate", exact=True).click()
    expect(page.get_by_role("heading", name="Sunday, 22 November 2026")).to_be_visible()


@pytest.mark.slow
@in_each_look
def test_the_page_is_accessible(
    pages: Pages, reported: Gallery, size: Size, scheme: Scheme
) -> None:
    page = pages.signed_in(reported.backend, "/alerts", size, color_scheme=scheme)
    expect(page.locator("#alerts li")).to_have_count(4)
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


def test_in_german(pages: Pages, reported: Gallery) -> None:
    page = pages.signed_in(reported.backend, "/alerts", "phone", locale="de-DE")
    expect(page.get_by_role("heading", name="Warnungen")).to_be_visible()
    expect(page.locator("#alerts li").filter(has_text="gate")).to_contain_text("Ein Foto ging")
