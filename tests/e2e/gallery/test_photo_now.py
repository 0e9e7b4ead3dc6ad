"""The whole system of `make run` in real processes: a photo now, live pictures and devices, by
the browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.gallery.browser_pages import DESK, PHONE, follow
from tests.support.local_system import cameras_that_report, local_system
from tests.support.waiting import wait_for

TABLET = ViewportSize(width=768, height=1024)
SIZES = (DESK, TABLET, PHONE)
MASKS = "0,0 30.25,0 30,40; 60,60 70,60 60,70.07"
pytestmark = pytest.mark.slow  # test_live.py and test_devices.py have the pages without a device
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `make run` says in run.json. The device sees one movement, and looks for commands every
    five seconds."""
    settings = {
        "CAMERA_NAME": "gate",
        "CAMERA_POLL": "5s",
        "CAMERA_MASKS": MASKS,
        "LOCAL_MOTION_EVERY": "3600",
    }
    with local_system(tmp_path_factory.mktemp("run"), **settings) as one:
        yield one


@pytest.fixture
def owner(system: dict[str, Any], page: Page) -> Page:
    """The page of what is now. The device has sent a photo and its state."""
    page.goto(system["base_url"])
    page.get_by_label("Password", exact=True).fill(system["gallery_password"])
    follow(page.get_by_role("button", name="Sign in"))
    expect(page.locator("#tile-gate img")).to_be_visible()
    wait_for(lambda: cameras_that_report(system), what="the first heartbeat")
    page.reload()
    return page


@pytest.mark.slow
def test_a_photo_now(owner: Page) -> None:
    """The press of a button, and the photo is in the camera's tile."""
    owner.get_by_role("button", name="Photo now").press("Enter")
    expect(owner.locator("#asked-gate")).to_have_text("The photo is here.")
    owner.get_by_role("link", name="The photo is here.").click()
    expect(owner.locator(".facts")).to_contain_text("on demand")


@pytest.mark.slow
def test_live_pictures(owner: Page, system: dict[str, Any]) -> None:
    """They come while somebody looks, with their age, and a photo can be taken beside them."""
    owner.goto(f"{system['base_url']}/live/gate")
    expect(owner.locator("#age")).to_have_text(re.compile("^([0-9]+ seconds? ago|now)$"))
    expect(owner.locator("#picture")).not_to_have_class("stale")
    owner.get_by_role("button", name="Photo now").click()
    expect(owner.locator("#photo img")).to_be_visible()
    for size in SIZES:
        owner.set_viewport_size(size)
        assert not owner.evaluate(WIDER_THAN_THE_WINDOW)


@pytest.mark.slow
def test_the_masks_of_the_device_are_drawn(owner: Page, system: dict[str, Any]) -> None:
    """With the line of its settings."""
    owner.goto(f"{system['base_url']}/live/gate")
    owner.locator("#zones > summary").press("Enter")
    masks = owner.locator("#polygons .mask")
    assert "; ".join(str(one.get_attribute("points")) for one in masks.all()) == MASKS
    expect(owner.locator("#command-environment")).to_contain_text(f'CAMERA_MASKS="{MASKS}"')


@pytest.mark.slow
def test_devices(owner: Page, system: dict[str, Any]) -> None:
    """Each with its state and its cameras. The owner disarms one, arms it, and reads the log."""
    owner.goto(f"{system['base_url']}/devices")
    expect(owner.locator(".device")).to_contain_text("Stateready")
    follow(owner.get_by_role("link", name="Details and commands"))
    page = owner.get_by_role("main")
    expect(page).to_contain_text("Fingerprint of its key: ")
    page.get_by_role("button", name="Disarm gate").click()
    expect(page.locator("#cameras")).to_contain_text("disarmed until")
    page.get_by_role("button", name="Arm gate").click()
    expect(page.get_by_role("button", name="Disarm gate")).to_be_visible()
    page.get_by_role("button", name="Log", exact=True).click()
    expect(page.locator("pre")).to_contain_text("INFO")
    page.get_by_role("button", name="Diagnosis").click()
    expect(page.locator(".findings")).to_contain_text("backend \N{MIDDLE DOT} ok")
    for size in SIZES:
        owner.set_viewport_size(size)
        assert not owner.evaluate(WIDER_THAN_THE_WINDOW)
