"""What is beside the pages of the gallery: the sign-in, and shared links."""

from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.e2e.gallery.browser_pages import Pages
from tests.e2e.gallery.filled_gallery import Gallery


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shared_link_follows_the_colour_scheme(
    pages: Pages, gallery: Gallery, scheme: Literal["light", "dark"]
) -> None:
    """In the colours of the gallery, which are others by day and by night."""
    guest = pages.new(color_scheme=scheme)
    grounds = []
    for path in ("/", "/shared/nonesuch"):
        guest.goto(gallery.backend.base_url + path)
        grounds.append(guest.evaluate("getComputedStyle(document.body).backgroundColor"))
    expected = {"light": "rgb(246, 244, 239)", "dark": "rgb(18, 22, 31)"}[scheme]
    assert grounds == [expected, expected]


@pytest.mark.slow
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
