"""What the owner decides about a link, and what its guest sees, in a real browser."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.gallery.browser_pages import CONTENT, WINDOWS, open_session
from tests.e2e.gallery.filled_gallery import Gallery

BOX = (
    f"picture => {{ const content = {CONTENT};"
    + """
    const {left, right, width, height} = content(picture);
    const column = document.querySelector("main p.quiet").getBoundingClientRect();
    const offset = (left + right - column.left - column.right) / 2;
    const natural = picture.naturalWidth / picture.naturalHeight;
    return {left, right, width, height, natural, offset};
}"""
)


@pytest.mark.slow
def test_a_shared_photo_has_its_location_only_on_request(page: Page, gallery: Gallery) -> None:
    """The box is empty for each link anew, and the link on record says what was chosen."""
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    page.goto(f"{gallery.backend.base_url}/photos/{gallery.names[0]}")
    place = page.get_by_label("Include where it was taken (GPS)")
    for wanted in (True, False):
        page.get_by_role("button", name="Share").click()
        expect(place).not_to_be_checked()
        place.set_checked(wanted)
        before = gallery.links()
        page.get_by_role("button", name="Make the link").click()
        expect(page.get_by_label("The link", exact=True)).to_be_visible()
        [made] = [link for link in gallery.links() if link not in before]
        assert made["with_location"] is wanted
        page.get_by_role("button", name="Close").click()


@pytest.mark.slow
def test_a_guest_sees_the_whole_photo(
    page: Page,
    shapes: Gallery,
) -> None:
    """Whatever its shape and the window's, none is larger than the window or distorted, and each
    is in the middle of its column."""
    faults = []
    for name in shapes.names:
        if name.camera == "raw":
            continue  # offered as a download
        page.goto(shapes.share(name))
        picture = page.locator("figure img")
        picture.evaluate("picture => picture.decode()")
        for width, height in WINDOWS:
            page.set_viewport_size(ViewportSize(width=width, height=height))
            box = picture.evaluate(BOX)
            is_inside = box["left"] >= 0 and box["right"] <= width and box["height"] <= height
            is_undistorted = abs(box["width"] / box["height"] / box["natural"] - 1) < 0.02
            if not (is_inside and is_undistorted and abs(box["offset"]) <= 1):
                faults.append(f"{name.camera} in {width} x {height}: {box}")
    assert faults == []
