"""Zones and masks on the page /live/NAME in a real browser: those that the device reported, and
further ones that a person draws. The settings read what the page writes."""

import json
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, Position, expect

from photo_wire.camera_state import CameraState
from photo_wire.motion import WATCHING
from pi_uploader.motion.zones import in_percent
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings
from pi_uploader.settings.polygons import masks, zones
from tests.e2e.gallery.browser_pages import (
    SIZES,
    Pages,
    Size,
    check_axe,
    in_each_look,
    open_session,
)
from tests.e2e.gallery.filled_gallery import Gallery
from tests.support.reporting_device import ReportingDevice

Outline = tuple[tuple[float, float], ...]
ZONE: Outline = ((10, 20), (90, 20.25), (50, 80))
MASK: Outline = ((0, 0), (30, 0), (30, 40.5), (0, 40))


class Lines(NamedTuple):
    """The polygons in the lines that a page shows, in percent, as the device reads them."""

    zones: tuple[Outline, ...]
    masks: tuple[Outline, ...]


def read_lines(page: Page) -> Lines:
    """Read the lines of both files as the device does, which must say the same."""
    environ = dict(
        shlex.split(line)[0].split("=", 1)
        for line in page.locator("#command-environment").inner_text().splitlines()
    )
    table = tomllib.loads(page.locator("#command-table").inner_text())
    assert table == {"zones": environ["CAMERA_ZONES"], "masks": environ["CAMERA_MASKS"]}
    camera = load_settings(
        CaptureSettings, {"CAMERA_SOURCE": "simulated", "HOME": "/", **environ}
    ).cameras[0]
    return Lines(in_percent(camera.zones), in_percent(camera.masks))


@pytest.fixture(scope="module")
def house(gallery: Gallery) -> ReportingDevice:
    """The device of the camera gate."""
    return ReportingDevice(gallery.backend, "house", "gate")


def open_zones(
    pages: Pages, house: ReportingDevice, size: Size, *polygons: Outline, **options: str
) -> Page:
    """Return a camera's page with its drawing in sight. Its device has reported these masks."""
    house.cameras["gate"] = CameraState(motion=WATCHING, zones=(ZONE,), masks=polygons)
    house.report()
    page = pages.new(size, **options)
    page.route("**/api/cameras/gate/look", lambda _: None)  # so that no line above moves the rest
    open_session(page, house.backend, "owner", house.backend.password)
    page.goto(f"{house.backend.base_url}/live/gate")
    page.locator("#zones > summary").press("Enter")
    expect(page.locator("#drawing")).to_have_attribute("role", "application")
    page.locator("#zones img").evaluate("one => one.decode()")
    page.locator("#drawing").scroll_into_view_if_needed()
    return page


def press_at(page: Page, x: float, y: float, with_finger: bool) -> None:
    """Click or tap a place of the picture, in percent of it."""
    drawing = page.locator("#drawing")
    box = drawing.bounding_box()
    assert box
    position = Position(x=box["width"] * x / 100, y=box["height"] * y / 100)
    if with_finger:
        drawing.tap(position=position)
    else:
        drawing.click(position=position)


def is_near(found: Outline, expected: Outline) -> bool:
    """Return whether each corner is where it was pressed, but for a pixel of a small picture."""
    return len(found) == len(expected) and all(
        abs(a - b) < 0.6
        for one, other in zip(found, expected, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("size", ["desk", pytest.param("phone", marks=pytest.mark.slow)])
def test_a_mask_is_drawn_by_pressing_its_corners(
    pages: Pages, house: ReportingDevice, size: Size
) -> None:
    """The first one again closes it. The polygons of the device stay as they are."""
    page = open_zones(pages, house, size, MASK)
    assert read_lines(page) == ((ZONE,), (MASK,))
    drawn: Outline = ((50, 10), (90, 10), (70, 60))
    for corner in (*drawn, drawn[0]):
        press_at(page, *corner, with_finger=size == "phone")
    expect(page.locator("#drawing-state")).to_have_text(
        "Mask 2 is closed. The lines below have it."
    )
    (zone,), (first, second) = read_lines(page)
    assert (zone, first) == (ZONE, MASK)
    assert is_near(second, drawn)
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.parametrize("size", ["desk", pytest.param("phone", marks=pytest.mark.slow)])
def test_polygons_are_drawn_with_the_keyboard_alone(
    pages: Pages, house: ReportingDevice, size: Size
) -> None:
    page = open_zones(pages, house, size)
    page.get_by_label("a mask").focus()
    page.keyboard.press("ArrowDown")  # the other choice
    expect(page.get_by_label("a zone")).to_be_checked()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#drawing")).to_be_focused()
    state = page.locator("#drawing-state")
    press(page, "Space", "ArrowLeft", "ArrowLeft", "Space", "ArrowUp", "Shift+ArrowUp", "Space")
    expect(state).to_have_text("Zone 2, corner 3 of 3: 48 % from the left, 48.9 % from the top")
    press(page, "ArrowRight", "Space", "Backspace", "Enter")
    expect(state).to_have_text("Zone 2 is closed. The lines below have it.")
    press(page, "PageDown", "ArrowDown", "Backspace")
    expect(state).to_have_text("A polygon has 3 corners at least.")
    drawn: Outline = ((48, 51), (48, 48.9), (49, 48.9))
    assert read_lines(page) == ((ZONE, drawn), ())
    for _ in range(2):
        button = page.get_by_role("button", name="Remove Zone 1")
        button.press("Enter")
    assert read_lines(page) == ((), ())


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_corner_is_moved_by_dragging_it(pages: Pages, house: ReportingDevice) -> None:
    """And what has no area any more is in no line."""
    page = open_zones(pages, house, "desk", MASK)
    page.get_by_role("button", name="Change Mask 1").click()
    drag(page, page.locator("#corners circle").nth(1), 60, 20)
    _, (mask,) = read_lines(page)
    assert is_near(mask, (MASK[0], (60, 20), *MASK[2:]))
    assert page.locator("#corners circle").count() == len(MASK)  # no further corner where it ended
    for _ in range(2):
        page.keyboard.press("Backspace")
    for index in range(3):
        drag(page, page.locator("#corners circle").nth(index), 40 + 10 * index, 50)
    expect(page.locator("#polygon-list")).to_contain_text("too small: not in the lines below")
    assert read_lines(page).masks == ()


def drag(page: Page, corner: Locator, x: float, y: float) -> None:
    corner.hover()  # which may scroll
    box = page.locator("#drawing").bounding_box()
    assert box
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100, steps=3)
    page.mouse.up()


def test_masks_that_leave_nothing_are_rejected_before_the_device_does(
    pages: Pages, house: ReportingDevice
) -> None:
    whole: Outline = ((0, 0), (100, 0), (100, 100), (0, 100))
    page = open_zones(pages, house, "desk", whole)
    expect(page.locator("#drawing-problem")).to_contain_text("The masks leave nothing")
    with pytest.raises(SettingsError):
        read_lines(page)


@in_each_look
def test_the_drawing_is_accessible(
    pages: Pages, house: ReportingDevice, size: Size, scheme: str
) -> None:
    """Also without a script, which changes nothing of what the device reported. In German."""
    page = open_zones(pages, house, size, MASK, color_scheme=scheme, locale="de-DE")
    page.get_by_role("button", name="Maske 1 ändern").click()
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    lines = page.locator("#command-environment").inner_text()
    page = pages.signed_in(house.backend, "/live/gate", size, java_script_enabled=False)
    page.locator("#zones > summary").press("Enter")
    expect(page.get_by_role("button", name="Close the polygon")).to_be_hidden()
    expect(page.locator("#zones")).to_contain_text("Mask 1: 0,0 30,0 30,40.5 0,40")
    assert page.locator("#command-environment").inner_text() == lines


# -- What the page writes, and the settings read

FORMAT = """
import { createInterface } from "node:readline";
import { script } from "./tests/function_app/web/page/unit/browser.js";
const { formatPolygons, isVisible, leavesSomething, cornerAt } = await script("polygons.js");
for await (const line of createInterface({ input: process.stdin })) {
  const polygons = JSON.parse(line).map((one) => one.map(([x, y]) => cornerAt(x, y)));
  const text = formatPolygons(polygons);
  const found = [polygons.every(isVisible), leavesSomething([], polygons)];
  console.log(JSON.stringify([polygons, text, ...found]));
}
"""
PERCENTS = st.integers(0, 1000).map(lambda tenths: tenths / 10) | st.floats(0, 100)
SHAPES = st.lists(st.tuples(PERCENTS, PERCENTS), min_size=3, max_size=6)
SMALL = st.tuples(PERCENTS, PERCENTS).flatmap(
    lambda at: st.lists(
        st.tuples(*(st.floats(max(0, one - 0.5), min(100, one + 0.5)) for one in at)),
        min_size=3,
        max_size=5,
    )
)


@pytest.fixture(scope="module")
def script() -> Iterator[subprocess.Popen[str]]:
    """The page's module in Node: a line for each list of polygons."""
    with subprocess.Popen(
        ["node", "--input-type=module", "--eval", FORMAT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@given(polygons=st.lists(SHAPES | SMALL, min_size=1, max_size=4))
def test_the_settings_read_what_the_page_writes(
    script: subprocess.Popen[str], polygons: list[list[tuple[float, float]]]
) -> None:
    """The same polygons, or they refuse them as the page does: those that are too small, and masks
    that leave nothing."""
    assert script.stdin
    assert script.stdout
    script.stdin.write(json.dumps(polygons) + "\n")
    script.stdin.flush()
    corners, text, are_visible, leaves_something = json.loads(script.stdout.readline())
    expected = tuple(tuple((x, y) for x, y in polygon) for polygon in corners)
    if are_visible:
        assert in_percent(zones(text)) == in_percent(masks(text)) == expected
    else:
        with pytest.raises(ValueError, match=r"without an area|too small"):
            zones(text)
        return
    environ = {"CAMERA_SOURCE": "simulated", "HOME": "/", "CAMERA_MASKS": text}
    if leaves_something:
        load_settings(CaptureSettings, environ)
    else:
        with pytest.raises(SettingsError, match="must leave a part of the picture"):
            load_settings(CaptureSettings, environ)
