"""The day that README shows: photos, an outage whose photos came later, hours in which a camera was
disarmed, and some in which another one failed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from function_app.maintenance.counting import update_figures
from function_app.media import previews
from function_app.settings import Secrets, Settings
from function_app.storage.models import Photo
from photo_wire.camera_state import CameraState
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from tests.e2e.gallery.browser_pages import Pages, check_axe, open_session_at
from tests.support.computed_photos import served
from tests.support.devices import bind
from tests.support.memory_store import memory_services
from tests.support.silent_devices import START, Fleet, at

PASSWORD = "a good long password"
BEAT = 5  # minutes between heartbeats
FIRST, LAST = -12 * 60, 12 * 60 - BEAT  # of the day, in minutes from START, its noon
OUTAGE = range(-590, -320)  # of the house's connection
DISARMED, FAILING = range(-180, 240), range(300, 420)  # of the drive, of the entry
# Which camera took how many photos at which minute.
TAKEN = [
    *[("gate", -640, 2), ("gate", -480, 3), ("entry", -420, 2), ("drive", -300, 4)],
    *[("gate", -250, 1), ("entry", -30, 3), ("gate", 120, 2), ("entry", 200, 1)],
    *[("drive", 290, 2), ("gate", 345, 6), ("gate", 480, 1), ("drive", 560, 3), ("gate", 610, 2)],
]


@pytest.fixture
def site() -> Iterator[str]:
    """A backend with this day."""
    services = memory_services(Settings("", secrets=Secrets(gallery_password=PASSWORD)))
    fleet = Fleet(services, {"house": ("entry", "gate"), "shed": ("drive",)})
    for device, cameras in fleet.cameras.items():
        for camera in cameras:
            bind(services, camera, device)
    for minute in range(FIRST, LAST + 1, BEAT):
        entry = CameraState(armed=True)
        if minute in FAILING:
            entry = replace(entry, failures=3, failing="the camera returns no frames")
        if minute not in OUTAGE:
            fleet.beat("house", minute, cameras={"entry": entry, "gate": CameraState(armed=True)})
        fleet.beat("shed", minute, cameras={"drive": CameraState(armed=minute not in DISARMED)})
        fleet.run(minute)
    for camera, minute, count in TAKEN:
        for number in range(count):
            photo, body = take(camera, minute, number)
            services.blobs.add(photo, body)
            services.index.add(photo, photo.received_at)
    update_figures(services, datetime.now(UTC) + timedelta(minutes=5))
    with served(lambda: services) as address:
        yield address


def take(camera: str, minute: int, number: int) -> tuple[Photo, bytes]:
    """Return a photo of this minute; those of the outage came after it."""
    taken = at(minute) + timedelta(seconds=4 * number)
    context = CaptureContext(camera, Trigger.MOTION, taken)
    body = SimulatedCamera(camera, lambda: taken).take(context).content
    photo = Photo(
        new_name(camera, taken),
        Media.JPEG,
        "ab" * 32,
        len(body),
        received_at=at(OUTAGE.stop + 1) if minute in OUTAGE else taken + timedelta(seconds=2),
        trigger=Trigger.MOTION,
        clock="synced",
        preview=previews.find(body),
    )
    return photo, body


@pytest.mark.slow
def test_a_day_tells_what_its_cameras_did(pages: Pages, site: str) -> None:
    """Each kind of minute is on the page, in words, too."""
    page = pages.new()
    open_session_at(page, site, "owner", PASSWORD)
    page.goto(f"{site}/days/{START:%Y-%m-%d}")
    lanes = page.locator("svg.lanes")
    for state in ("recorded", "quiet", "silent", "late", "disarmed", "failing"):
        assert lanes.locator(f".lane-{state}").count() > 0, lanes.text_content()
    expect(lanes).to_contain_text("no frames")
    check_axe(page)
    texts = [text_at(page, minute) for minute in (OUTAGE.start + 10, -480, OUTAGE.stop - 10)]
    assert texts[0] == texts[2], "photos that came later split the silence"
    assert texts[0].startswith("silent; no heartbeat from 02:05 to 06:40; 3 photos of that time")
    assert texts[1].startswith("04:00 to 04:01: came late; 3 photos of that time")


def text_at(page: Page, minute: int) -> str:
    """Return what the slider says of the gate at a minute of the day."""
    page.locator("#slider").fill(str(12 * 60 + minute))
    (line,) = page.locator("#at").inner_text().split("gate, ")[1:]
    return line
