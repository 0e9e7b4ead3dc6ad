"""The page on a phone and on a desk, in a dark room and in a light one."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.gallery.conftest import DESK, PHONE, Gallery, sign_in


def test_on_a_phone_the_photos_come_first(page: Page, gallery: Gallery) -> None:
    """What to choose by is folded up until it is asked for; on a desk it lies open."""
    page.set_viewport_size(PHONE)
    sign_in(page, gallery)
    expect(page.get_by_role("combobox", name="Trigger")).to_be_hidden()
    photo = page.locator(".photo").first.bounding_box()
    assert photo
    assert photo["y"] < PHONE["height"] / 4
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("combobox", name="Trigger").select_option("on demand")
    expect(page.get_by_text("No such photos.")).to_be_visible()
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_role("combobox", name="Trigger")).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".photo").first).to_be_visible()
    page.set_viewport_size(DESK)
    expect(page.get_by_role("combobox", name="Trigger")).to_be_visible()
    expect(page.get_by_text("Filter", exact=True)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shared_link_follows_the_colour_scheme(
    browser: Browser, gallery: Gallery, scheme: Literal["light", "dark"]
) -> None:
    """In the colours of the gallery, which are others by day and by night."""
    context = browser.new_context(color_scheme=scheme)
    guest = context.new_page()
    grounds = []
    for path in ("/", "/shared/no-such-link"):
        guest.goto(gallery.backend.base_url + path)
        grounds.append(guest.evaluate("getComputedStyle(document.body).backgroundColor"))
    context.close()
    expected = {"light": "rgb(246, 244, 239)", "dark": "rgb(18, 22, 31)"}[scheme]
    assert grounds == [expected, expected]


def test_each_label_of_the_sign_in_belongs_to_its_own_field(page: Page, gallery: Gallery) -> None:
    """It stands nearer to that than to the field above."""
    page.goto(gallery.backend.base_url)
    name, label, password = (
        page.locator(f"#sign-in {one}").bounding_box()
        for one in ("#name", "label[for=password]", "#password")
    )
    assert name
    assert label
    assert password
    above = label["y"] - (name["y"] + name["height"])
    below = password["y"] - (label["y"] + label["height"])
    assert above > below > 0


def test_on_a_phone_the_caption_has_a_line_of_its_own(page: Page, gallery: Gallery) -> None:
    """What may be done with it stands below, not beside it in a column of four words."""
    page.set_viewport_size(PHONE)
    sign_in(page, gallery)
    page.locator(".photo").first.click()
    caption = page.locator("#caption").bounding_box()
    actions = page.locator(".actions").bounding_box()
    assert caption
    assert actions
    assert actions["y"] >= caption["y"] + caption["height"]
    assert actions["x"] + actions["width"] <= PHONE["width"]
