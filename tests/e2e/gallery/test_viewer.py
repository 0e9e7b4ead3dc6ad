"""The viewer shows the whole picture, whatever the sizes of the window and of the picture."""

from collections.abc import Mapping

from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.gallery.conftest import WINDOWS, Gallery, sign_in

RAW_LABEL = 80  # pixels below a raw picture's preview, which say what it is
TO_WINDOW = """picture => {
    const {left, top, right, bottom} = picture.getBoundingClientRect();
    const below = document.querySelector("figcaption").getBoundingClientRect();
    return {left, top, right, bottom, captionTop: below.top, captionBottom: below.bottom,
            width: innerWidth, height: innerHeight, natural: picture.naturalWidth};
}"""


def test_the_whole_picture_is_in_the_window(page: Page, shapes: Gallery) -> None:
    """Above its caption, in its own proportions, and as large as the window allows."""
    sign_in(page, shapes)
    faults = []
    for name in shapes.names:
        page.locator(f".photo[data-id='{name}']").click()
        picture = page.locator("#picture img")
        expect(picture).to_be_visible()
        picture.evaluate("picture => picture.decode()")
        natural = picture.evaluate("picture => picture.naturalWidth / picture.naturalHeight")
        for width, height in WINDOWS:
            page.set_viewport_size(ViewportSize(width=width, height=height))
            problems = problems_of(picture.evaluate(TO_WINDOW), natural, name.camera == "raw")
            faults += [f"{name.camera} in {width} x {height}: {problem}" for problem in problems]
        page.keyboard.press("Escape")
    assert faults == []


def problems_of(box: Mapping[str, float], proportion: float, is_raw: bool) -> list[str]:
    """Return what is wrong with the place of a picture of this `proportion`, width to height."""
    width, height = box["right"] - box["left"], box["bottom"] - box["top"]
    is_inside = box["left"] >= 0 and box["top"] >= 0 and box["right"] <= box["width"]
    room = box["captionTop"] - (RAW_LABEL if is_raw else 0)
    fills = width >= min(box["width"], box["natural"]) - 1 or height >= room - 1
    found = {
        "it is cut off": not is_inside or box["bottom"] > box["captionTop"] + 0.5,
        "its caption is cut off": box["captionBottom"] > box["height"] + 0.5,
        "it is distorted": abs(width / height / proportion - 1) > 0.02,
        "it is smaller than it could be": not fills,
    }
    return [problem for problem, is_so in found.items() if is_so]
