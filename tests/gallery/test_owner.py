"""What an owner decides, in a real browser: who else may look, told where they are looking."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.gallery.conftest import Gallery
from tests.gallery.test_page import sign_in

DESK = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_why_nobody_was_let_in_is_told_in_sight(
    page: Page, gallery: Gallery, screen: ViewportSize
) -> None:
    """The dialog is longer than the screen, so what went wrong is brought to where one looks."""
    page.set_viewport_size(screen)
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    page.locator("#person-name").fill("owner")
    page.get_by_label("Password for them").fill("a good password")
    page.get_by_role("button", name="Let them look").click()
    expect(page.locator("#owner-problem")).to_contain_text("There is somebody called owner already")
    expect(page.locator("#owner-problem")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("field", ["#new", "#person-password"])
def test_a_password_of_few_characters_is_refused_beside_its_field(
    page: Page, gallery: Gallery, field: str
) -> None:
    """By the browser, before anything is sent, with the rule in a sentence."""
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    told = "document.querySelector(field).validationMessage".replace("field", repr(field))
    page.locator(field).fill("ababababababab")
    assert page.evaluate(told) == (
        "Choose a password of ten characters or more, five of them different."
    )
    page.locator(field).fill("abcdeabcdeabcde")
    assert page.evaluate(told) == ""
