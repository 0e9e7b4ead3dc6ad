"""Pictures of devices, live pictures, alerts, notifications and statistics."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from photo_wire.command import CommandResult, CommandState
from tests.e2e.screenshots import camera
from tests.e2e.screenshots.site import BROWSER_ENDPOINT, FullSite, Site, empty_site
from tests.e2e.screenshots.story import UNNAMED, WITH_SECOND_KEY
from tests.e2e.screenshots.view import View, shows

LOG = """18:02:11.402Z INFO capture: motion; took gate-20261128T180211402Z-0000a1b2, 74 KB
18:02:12.017Z INFO upload: gate-20261128T180211402Z-0000a1b2 is stored, after 0.6 s
18:05:00.001Z INFO agent: heartbeat sent
18:06:40.220Z WARNING upload: no answer within 30 s; the next attempt in 10 s
18:06:51.874Z INFO upload: the backend answers again; nothing waits"""
PUSH = """Object.defineProperty(Notification, "permission", { get: () => "%s" });
navigator.serviceWorker.getRegistration = async () =>
  ({ pushManager: { getSubscription: async () => ({ endpoint: "%s" }) } });"""
FINDINGS = [
    {
        "what": "clock",
        "verdict": "ok",
        "sentence": "shows 2026-11-27 18:06 UTC and has been set by the network",
    },
    {
        "what": "disk",
        "verdict": "warning",
        "sentence": "/var/lib/pi-uploader can be written; 1,480 MB are free",
        "next_step": "an outage of a day may not fit",
    },
    {"what": "backend", "verdict": "ok", "sentence": "answers, and accepts the key"},
]


# -- Devices


@shows("/devices")
def test_devices(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/devices")
    view.take(page, "devices", is_whole=True)


def test_no_devices(view: View) -> None:
    with empty_site() as site:
        page = view.open(site.address, "/devices")
        view.take(page, "devices-empty")
        view.close()


@shows("/devices/{device}")
@pytest.mark.parametrize("device", ["shed", "garden-pi"])
def test_a_device(view: View, site: FullSite, device: str) -> None:
    """One that is ready, and a silent one, which cannot be asked for anything."""
    page = view.open(site.address, f"/devices/{device}")
    view.take(page, "device" if device == "shed" else "device-silent", is_whole=True)


def test_what_a_device_was_asked(view: View, site: FullSite) -> None:
    """Its log, its diagnosis, and what it has not answered yet."""
    now = datetime.now(UTC)
    site.site.sign_in()
    outputs = (("logs", LOG), ("doctor", json.dumps(FINDINGS)))
    for kind, output in outputs:
        asked = site.site.ask("POST", "/api/devices/house/commands", {"kind": kind})
        result = CommandResult(asked["id"], CommandState.DONE, output=output)
        site.site.services.commands.record("house", result, now)
        page = view.open(site.address, f"/devices/house?command={asked['id']}")
        view.take(page, f"device-{kind}", is_whole=True)
    asked = site.site.ask("POST", "/api/devices/house/commands", {"kind": "restart"})
    page = view.open(site.address, "/devices/house")
    view.take(page, "device-asked", is_whole=True)
    refused = CommandResult(
        asked["id"], CommandState.REFUSED, "the process that takes photos does not run"
    )
    site.site.services.commands.record("house", refused, now)
    page.reload()
    view.take(page, "device-refused")


def test_a_key_that_waits(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/devices/{WITH_SECOND_KEY}")
    view.take(page, "device-key", is_whole=True)


# -- Live pictures


def open_live(view: View, site: Site, answer: Callable[[Route], None]) -> Page:
    """Return the page of a camera whose live pictures are these."""
    page = view.new()
    look = {"camera": "gate", "looking_until": "2999-01-01T00:00:00.000Z"}
    page.route("**/look", lambda one: one.fulfill(json=look))
    page.route("**/api/cameras/gate/live", answer)
    view.sign_in(page, site.address)
    page.clock.install(time=datetime.now(UTC))
    page.goto(f"{site.address}/live/gate")
    return page


def answer(story_at: datetime, age: int = 0) -> Callable[[Route], None]:
    body = camera.take("gate", story_at)
    headers = {"Age": str(age), "Last-Modified": "1"}
    return lambda route: route.fulfill(body=body, content_type="image/jpeg", headers=headers)


@shows("/live/{camera}")
@pytest.mark.parametrize("age", [0, 185])
def test_live_pictures(view: View, site: FullSite, age: int) -> None:
    """And one that is three minutes old."""
    page = open_live(view, site.site, answer(site.story.burst[2].captured_at, age))
    expect(page.locator("#age")).not_to_be_empty()
    if age:
        page.clock.fast_forward("15")
        expect(page.locator("#state")).not_to_be_empty()
    view.take(page, "live-stale" if age else "live")


def test_live_pictures_pause(view: View, site: FullSite) -> None:
    page = open_live(view, site.site, answer(site.story.burst[2].captured_at))
    expect(page.locator("#age")).not_to_be_empty()
    page.clock.fast_forward("03:00")
    expect(page.locator("#resume")).to_be_visible()
    view.take(page, "live-paused")


def test_live_pictures_of_no_device(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/live/{UNNAMED}")
    expect(page.locator("#problem")).not_to_be_empty()
    view.take(page, "live-none")


@pytest.mark.parametrize("name", ["gate", "garden"])
def test_live_without_a_script(view: View, site: FullSite, name: str) -> None:
    page = view.open(site.address, f"/live/{name}", java_script_enabled=False)
    view.take(page, "live-still" if name == "gate" else "live-silent")


@pytest.mark.parametrize("name", ["gate", "drive"])
def test_zones(view: View, site: FullSite, name: str) -> None:
    """A zone and two masks, and none."""
    page = view.open(site.address, f"/live/{name}", java_script_enabled=False)
    page.locator("#zones > summary").click()
    page.locator("#zones img").evaluate("one => one.decode()")
    view.take(page, "zones" if name == "gate" else "zones-none", is_whole=True)


def test_zones_are_drawn(view: View, site: FullSite) -> None:
    """A mask that is chosen, and one that is not closed yet."""
    page = open_live(view, site.site, answer(site.story.burst[2].captured_at))
    page.locator("#zones > summary").click()
    page.locator("#zones img").evaluate("one => one.decode()")
    page.locator("#polygon-list button").nth(2).click()
    view.take(page, "zones-chosen", is_whole=True)
    page.locator("#drawing").focus()
    for key in ("Space", "ArrowLeft", "Space", *["ArrowDown"] * 9, "Space", *["ArrowRight"] * 9):
        page.keyboard.press(key)
    view.take(page, "zones-drawn", is_whole=True)


# -- Alerts


@shows("/alerts")
def test_alerts(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/alerts")
    view.take(page, "alerts", is_whole=True)
    page.locator("main form button").click()
    expect(page.locator("#alerts .new")).to_have_count(0)
    view.take(page, "alerts-seen")


def test_no_alerts(view: View) -> None:
    with empty_site() as site:
        page = view.open(site.address, "/alerts")
        view.take(page, "alerts-empty")
        view.close()


# -- Notifications


@shows("/notifications")
def test_notifications(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/notifications")
    expect(page.locator("#browser-state")).not_to_be_empty()
    view.take(page, "notifications", is_whole=True)


@pytest.mark.parametrize("permission", ["default", "granted"])
def test_notifications_of_a_browser_that_can(view: View, site: FullSite, permission: str) -> None:
    """One that shows none yet, and the owner's phone, which does. Chromium without a window has no
    push service."""
    page = view.new()
    page.add_init_script(PUSH % (permission, BROWSER_ENDPOINT))
    view.sign_in(page, site.address)
    page.goto(f"{site.address}/notifications")
    expect(page.locator("#browser-switch")).to_be_visible()
    view.take(page, "notifications-on" if permission == "granted" else "notifications-off")


def test_a_rule(view: View, site: FullSite) -> None:
    """As it is, and once it cannot be stored."""
    page = view.open(site.address, "/notifications")
    form = page.locator("[id^=rule-]").first
    form.locator("summary").click()
    view.take(page, "notifications-rule", is_whole=True)
    form.locator("[name=zone]").fill("Europe/Nowhere")
    form.locator("[type=submit]").click()
    expect(page.locator("[id^=rule-] .problem").first).not_to_be_empty()
    view.take(page, "notifications-rule-problem")


def test_silenced_notifications(view: View, site: FullSite) -> None:
    """They are heard again afterwards."""
    page = view.open(site.address, "/notifications")
    page.locator("#snooze button").click()
    expect(page.locator("#snoozes li")).to_have_count(1)
    view.take(page, "notifications-silent")
    page.locator("#snoozes button").click()
    expect(page.locator("#snoozes li")).to_have_count(0)


def test_a_place_is_added(view: View) -> None:
    """The first one, an address that is none, and the secret of a webhook."""
    with empty_site() as site:
        page = view.open(site.address, "/notifications")
        expect(page.locator("#browser-state")).not_to_be_empty()
        view.take(page, "notifications-empty", is_whole=True)
        page.locator("#add summary").click()
        page.locator("#add [name=label]").fill("Home server")
        page.locator("#new-address").fill("nothing://a-topic")
        page.locator("#add [type=submit]").click()
        expect(page.locator("#new-problem")).not_to_be_empty()
        view.take(page, "notifications-add-problem", is_whole=True)
        page.locator("#add [name=kind]").select_option("webhook")
        page.locator("#new-address").fill("https://home.example/nightjar")
        page.locator("#add [type=submit]").click()
        expect(page.locator("#webhook-secret")).to_be_visible()
        view.take(page, "notifications-secret", is_whole=True)
        view.close()


# -- Statistics


STATISTICS = {
    "photos": "/statistics",
    "hours": "/statistics/hours",
    "devices": "/statistics/devices?days=7",
}


@shows("/statistics", "/statistics/hours", "/statistics/devices")
@pytest.mark.parametrize("name", STATISTICS)
def test_statistics(view: View, site: FullSite, name: str) -> None:
    page = view.open(site.address, STATISTICS[name])
    expect(page.locator("figure").first).to_be_visible()
    view.take(page, f"statistics-{name}", is_whole=True)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    view.take(page, f"statistics-{name}-tables", is_whole=True)


def test_statistics_of_a_camera(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/statistics?camera=gate&days=90")
    view.take(page, "statistics-camera")


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_nothing(view: View, name: str) -> None:
    with empty_site() as site:
        page = view.open(site.address, STATISTICS[name])
        view.take(page, f"statistics-{name}-empty")
        view.close()
