"""The viewer shows the whole picture, whatever the sizes of the window and of the picture."""

import io
from collections.abc import Mapping
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from pi_uploader.cameras.media.dng import add_preview
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.conftest import Gallery, sign_in
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg, pi_dng

WINDOWS = [
    (320, 568),
    (390, 844),
    (844, 390),
    (768, 1024),
    (1024, 600),
    (1024, 768),
    (1280, 720),
    (1366, 657),
    (1920, 969),
    (2560, 1080),
]
SHAPES = {
    "4:3": (2592, 1944),
    "16:9": (2304, 1296),
    "portrait": (1296, 2304),
    "square": (2000, 2000),
    "panorama": (3000, 600),
}
RAW_LABEL = 80  # pixels below a raw picture's preview, which say what it is
TO_WINDOW = """picture => {
    const {left, top, right, bottom} = picture.getBoundingClientRect();
    const below = document.querySelector("figcaption").getBoundingClientRect();
    return {left, top, right, bottom, captionTop: below.top, captionBottom: below.bottom,
            width: innerWidth, height: innerHeight, natural: picture.naturalWidth};
}"""


@pytest.fixture
def shapes(new_store: NewStore, start_backend: StartBackend) -> Gallery:
    """A gallery with a photo of each shape, and a raw picture of 4:3."""
    gallery = Gallery(start_backend(new_store()))
    api = Api(gallery.backend)
    raw = io.BytesIO(pi_dng(1, size=(640, 480)))
    add_preview(raw, jpeg(1280, 960), (1280, 960))
    contents = {shape: plain_jpeg(size) for shape, size in SHAPES.items()}
    contents["raw"] = raw.getvalue()
    for number, (shape, content) in enumerate(contents.items()):
        name = name_of(shape.replace(":", "-"), MOMENT + timedelta(minutes=number))
        content_type = "image/x-adobe-dng" if shape == "raw" else "image/jpeg"
        headers = {**photo_headers(name), "Content-Type": content_type}
        assert api.put(content, headers).status_code == 201
        gallery.names.append(name)
    return gallery


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


def plain_jpeg(size: tuple[int, int]) -> bytes:
    """Return a JPEG of one colour, which is quickly made and sent."""
    file = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(file, "JPEG")
    return file.getvalue()


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
