"""The whole system of `make run` in real processes: a photo now, live pictures and devices, by
the browser."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, ViewportSize, expect

from local.processes import ROOT, free_ports
from tests.e2e.gallery.conftest import DESK, PHONE
from tests.support.waiting import wait_for

TABLET = ViewportSize(width=768, height=1024)
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `make run` says in run.json. The device sees one movement, and looks for commands every
    five seconds."""
    state = tmp_path_factory.mktemp("run") / "state"
    (port,) = free_ports(1)
    with (state.with_suffix(".log")).open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "local.run"),
                *("--state", str(state), "--port", str(port)),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "CAMERA_NAME": "gate",
                "CAMERA_POLL": "5s",
                "LOCAL_MOTION_EVERY": "3600",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield wait_for(lambda: _run_json(state), what="run.json")
    finally:
        process.terminate()
        process.wait(90)


def _run_json(state: Path) -> dict[str, Any]:
    file = state / "run.json"
    content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return content


@pytest.fixture
def owner(system: dict[str, Any], page: Page) -> Page:
    """The gallery, where the owner has signed in and the device has sent a photo and its state."""
    page.goto(system["base_url"])
    page.get_by_label("Password", exact=True).fill(system["gallery_password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".photo").first).to_be_visible()
    wait_for(lambda: _cameras(system), what="the first heartbeat")
    return page


def _cameras(system: dict[str, Any]) -> list[Any]:
    bearer = {"Authorization": f"Bearer {system['read_token']}"}
    reply = requests.get(f"{system['base_url']}/api/devices", headers=bearer, timeout=90)
    devices = reply.json()["devices"]
    return [camera for device in devices for camera in device["cameras"] if camera["can"]]


def test_a_photo_now(owner: Page, screenshots: Path) -> None:
    """The press of a button, and the photo opens."""
    owner.get_by_role("button", name="Photo now").click()
    owner.screenshot(path=screenshots / "photo-now.png")
    owner.get_by_role("button", name="gate", exact=True).click()
    expect(owner.locator("#viewer")).to_be_visible()
    expect(owner.locator("#caption")).to_contain_text("on demand")


def test_live_pictures(owner: Page, system: dict[str, Any], screenshots: Path) -> None:
    """They come while somebody looks, with their age, and a photo can be taken beside them."""
    owner.goto(f"{system['base_url']}/live/gate")
    expect(owner.locator("#age")).to_have_text(re.compile("^[0-9]+ s ago$"))
    expect(owner.locator("#picture")).not_to_have_class("stale")
    owner.get_by_role("button", name="Photo now").click()
    expect(owner.locator("#photo img")).to_be_visible()
    for name, size in SIZES.items():
        owner.set_viewport_size(size)
        owner.screenshot(path=screenshots / f"live-{name}.png")
        assert not owner.evaluate(WIDER_THAN_THE_WINDOW)


def test_devices(owner: Page, system: dict[str, Any], screenshots: Path) -> None:
    """Each with its state and its cameras. The owner disarms one, arms it, and reads the log."""
    owner.goto(f"{system['base_url']}/devices")
    card = owner.locator(".device")
    expect(card).to_contain_text("alive, last heard of")
    expect(card).to_contain_text("Signs with")
    card.get_by_role("button", name="Disarm gate").click()
    expect(card).to_contain_text("disarmed until")
    card.get_by_role("button", name="Arm gate").click()
    expect(card.get_by_role("button", name="Disarm gate")).to_be_visible()
    card.get_by_role("button", name="Log", exact=True).click()
    expect(card.locator("pre")).to_contain_text("INFO")
    for name, size in SIZES.items():
        owner.set_viewport_size(size)
        owner.screenshot(path=screenshots / f"devices-{name}.png", full_page=True)
        assert not owner.evaluate(WIDER_THAN_THE_WINDOW)
