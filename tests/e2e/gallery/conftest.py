"""A real browser, a gallery with photos in it, and a place for pictures of it."""

import hashlib
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    expect,
)

from photo_wire.alert import ALERTS_PATH, Alert, alerts_to_json
from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH, ClockStatus, PhotoHeaders, Trigger
from photo_wire.name import PhotoName, new_name
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from tests.conftest import NewStore, StartBackend, new_backend
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg, pi_dng
from tests.support.signing_device import SigningDevice
from tests.support.waiting import wait_for

TIMEOUT = 120_000  # milliseconds: much more than a page that is right needs on a busy machine
expect.set_options(timeout=TIMEOUT)
DESK = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
FIRST = datetime(2026, 11, 20, 16, 40, 12, 480_000, UTC)
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
WAIT_FOR_END = """video => new Promise((done, failed) => {
    video.onended = () => done(video.currentTime);
    video.onerror = () => failed(video.error.message);
    video.muted = true;
    video.playbackRate = 8;
    video.currentTime = 6;
    video.play();
})"""


@pytest.fixture
def page(browser: Browser, start_backend: StartBackend) -> Iterator[Page]:
    """A page of its own that fails the test if the browser blocks or misses anything. It is closed
    before the backends that the test started, or it would miss those."""
    context = browser.new_context(
        viewport=DESK,
        locale="en-GB",
        timezone_id="UTC",
        color_scheme="dark",
    )
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not is_expected(message)
            else None
        ),
    )
    yield page
    context.close()
    assert complaints == []


def is_expected(message: ConsoleMessage) -> bool:
    """Refused to who is not signed in, or since the name is taken; or the thumbnail of a photo that
    carries no preview, or that cannot be made at this moment."""
    is_thumbnail = message.location["url"].endswith("/thumbnail")
    none_yet = is_thumbnail and re.search("404|503", message.text)
    return bool(re.search("401|403|409", message.text) or none_yet)


class Gallery:
    """A backend with photos that a simulated camera took, newest last in `names`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.names: list[PhotoName] = []

    def add(self, camera: str, at: datetime, clock: ClockStatus = ClockStatus.SYNCED) -> PhotoName:
        """One more photo, taken by `camera` at `at`."""
        content = (
            SimulatedCamera(camera, lambda: at)
            .take(CaptureContext(camera, Trigger.MOTION, at))
            .content
        )
        name = new_name(camera, at)
        headers = PhotoHeaders(
            name=name,
            trigger=Trigger.MOTION,
            clock=clock,
            content_type="image/jpeg",
            sha256=hashlib.sha256(content).hexdigest(),
        )
        reply = requests.put(
            self.backend.base_url + UPLOAD_PATH,
            data=content,
            headers=headers.to_headers() | {FUNCTION_KEY: self.backend.function_key},
            timeout=90,
        )
        assert reply.status_code == 201, reply.text
        self.names.append(name)
        return name

    def add_signed(self, device: SigningDevice, name: PhotoName) -> None:
        """One more photo, signed by this device."""
        body = jpeg()
        stated = photo_headers(name) | {"Content-Type": "image/jpeg"}
        signed = device.sign("PUT", UPLOAD_PATH, body, stated)
        reply = requests.put(
            self.backend.base_url + UPLOAD_PATH,
            data=body,
            headers=stated | signed | {FUNCTION_KEY: self.backend.function_key},
            timeout=90,
        )
        assert reply.status_code == 201, reply.text

    def links(self) -> list[dict[str, Any]]:
        """The shared links on record."""
        bearer = {"Authorization": f"Bearer {self.backend.admin_token}"}
        reply = requests.get(f"{self.backend.base_url}/api/shares", headers=bearer, timeout=90)
        links: list[dict[str, Any]] = reply.json()["shares"]
        return links

    def share(self, name: PhotoName) -> str:
        """A link that opens this photo."""
        bearer = {"Authorization": f"Bearer {self.backend.admin_token}"}
        reply = requests.post(
            f"{self.backend.base_url}/api/shares",
            json={"photo": str(name)},
            headers=bearer,
            timeout=90,
        )
        assert reply.status_code == 201, reply.text
        url: str = reply.json()["url"]
        return url

    def report(self, alerts: list[Alert]) -> None:
        """Alerts, as a device reports them."""
        reply = requests.post(
            self.backend.base_url + ALERTS_PATH,
            data=alerts_to_json(alerts),
            headers={FUNCTION_KEY: self.backend.function_key},
            timeout=90,
        )
        assert reply.status_code == 200, reply.text


@pytest.fixture(scope="session")
def gallery(new_store: NewStore, log_folder: Path, secrets_used: set[str]) -> Iterator[Gallery]:
    """Twelve photos of three cameras, on two days, in a store of their own."""
    backend = new_backend(new_store(), {}, log_folder, secrets_used)
    backend.start()
    gallery = Gallery(backend)
    for count in range(12):
        camera = ("drive", "entry", "gate")[count % 3]
        gap = timedelta(hours=22 if count >= 9 else 0, seconds=97 * count)
        clock = ClockStatus.UNSYNCED if count == 10 else ClockStatus.SYNCED
        gallery.add(camera, FIRST + gap, clock)
    yield gallery
    backend.stop()


@pytest.fixture
def screenshots() -> Path:
    """Where pictures of the page go; `make screenshots` copies them into docs."""
    folder = Path(".local/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sign_in(page: Page, gallery: Gallery) -> None:
    page.goto(gallery.backend.base_url)
    page.get_by_label("Password", exact=True).fill(gallery.backend.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".photo").first).to_be_visible()


def loaded_width(page: Page, selector: str) -> int:
    """The width in pixels of the picture itself, once the browser has it."""
    picture = page.locator(selector).first
    expect(picture).to_be_visible()
    return width_when_loaded(picture)


def width_when_loaded(picture: Locator) -> int:
    """The same of one picture. On a busy machine the gallery may have to ask for it again."""
    picture.evaluate("picture => { picture.loading = 'eager' }")
    width: int = wait_for(
        lambda: picture.evaluate("picture => picture.complete && picture.naturalWidth"),
        what="the picture",
    )
    return width


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


def plain_jpeg(size: tuple[int, int]) -> bytes:
    """Return a JPEG of one colour, which is quickly made and sent."""
    file = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(file, "JPEG")
    return file.getvalue()
