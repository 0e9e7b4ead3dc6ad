"""Forms that are answered by a page, in a real browser: while there is no connection, and twice."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.browser_pages import Pages, expect_seen
from tests.e2e.gallery.filled_gallery import Gallery

NOT_SENT = "Not sent: no connection. Try again."


@pytest.fixture
def owner(pages: Pages, gallery: Gallery) -> Page:
    return pages.signed_in(gallery.backend, "/settings/people")


def add_person(page: Page, name: str) -> None:
    """Fill the form of a new person, and send it."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill("a good password")
    page.get_by_role("button", name="Add", exact=True).press("Enter")


@pytest.mark.slow
def test_a_form_that_cannot_be_sent_keeps_what_was_typed(pages: Pages, owner: Page) -> None:
    """It says so, and is sent once there is a connection again."""
    owner.context.set_offline(True)
    add_person(owner, "vera")
    expect_seen(owner.get_by_text(NOT_SENT))
    expect(owner.get_by_label("Name", exact=True)).to_have_value("vera")
    expect(owner.get_by_role("button", name="Add", exact=True)).to_be_focused()
    owner.context.set_offline(False)
    owner.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(owner.get_by_role("link", name="Change vera")).to_be_visible()
    expect(owner.get_by_text(NOT_SENT)).to_have_count(0)
    pages.complaints.clear()  # the browser tells of the request that was cut


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/settings/tokens", "/settings/display", "/notifications", "/days/2026-11-20"]
)
def test_no_form_ends_on_the_browsers_error_page(pages: Pages, gallery: Gallery, path: str) -> None:
    """Whatever it is for: each of the page, also that of the header to sign out."""
    page = pages.signed_in(gallery.backend, path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    forms = page.locator("form:visible:not([data-in-place])")
    page.context.set_offline(True)
    for number in range(forms.count()):
        form = forms.nth(number)
        form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
        expect(form.get_by_text(NOT_SENT)).to_be_visible()
    assert page.url.endswith(path)
    pages.complaints.clear()


@pytest.mark.slow
def test_a_form_is_sent_once(owner: Page) -> None:
    """However often its button is pressed before the page of the answer is there."""
    sent = []
    owner.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    owner.get_by_label("Name", exact=True).fill("otto")
    owner.get_by_label("Password").fill("a good password")
    button = owner.get_by_role("button", name="Add", exact=True)
    button.evaluate("button => { for (let i = 0; i < 5; i += 1) button.click(); }")
    expect(owner.get_by_role("link", name="Change otto")).to_be_visible()
    assert len(sent) == 1
