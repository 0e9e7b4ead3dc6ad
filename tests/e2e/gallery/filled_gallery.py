"""A gallery with photos in it, as cameras and devices send them."""

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import requests
from PIL import Image

from photo_wire.alert import ALERTS_PATH, Alert, alerts_to_json
from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH, ClockStatus, PhotoHeaders, Trigger
from photo_wire.motion import Box, Label
from photo_wire.name import PhotoName, new_name
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.simulated.camera import SimulatedCamera
from tests.support.api import photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg, jpeg_with_preview
from tests.support.signing_device import SigningDevice

FIRST = datetime(2026, 11, 20, 16, 40, 12, 480_000, UTC)
BOX = Box(0.25, 0.5, 0.5, 0.3)
SHAPES = {
    "4:3": (2592, 1944),
    "16:9": (2304, 1296),
    "portrait": (1296, 2304),
    "square": (2000, 2000),
    "panorama": (3000, 600),
}
PREVIEW_SIDE = 480  # pixels: what cameras embed
CLIP_SECONDS = 10


@cache  # nearly every file has the same twelve
def drawn_photo(camera: str, at: datetime) -> bytes:
    """Return the photo that a simulated camera takes at this moment."""
    context = CaptureContext(camera, Trigger.MOTION, at)
    return SimulatedCamera(camera, lambda: at).take(context).content


class Gallery:
    """A backend with photos that a simulated camera took, newest last in `names`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.names: list[PhotoName] = []

    def add(
        self,
        camera: str,
        at: datetime,
        clock: ClockStatus = ClockStatus.SYNCED,
        labels: Sequence[Label] = (),
    ) -> PhotoName:
        """One more photo, taken by `camera` at `at`, in which a model found `labels`."""
        content = drawn_photo(camera, at)
        name = new_name(camera, at)
        headers = PhotoHeaders(
            name=name,
            trigger=Trigger.MOTION,
            clock=clock,
            content_type="image/jpeg",
            sha256=hashlib.sha256(content).hexdigest(),
            labels=tuple(labels),
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


def plain_jpeg(size: tuple[int, int]) -> bytes:
    """Return a JPEG of one colour, which is quickly made and sent. It has a preview of its shape:
    for a thumbnail the backend would have to start a process."""
    photo, preview = io.BytesIO(), io.BytesIO()
    Image.new("RGB", size, "steelblue").save(photo, "JPEG")
    width, height = (round(side * PREVIEW_SIDE / max(size)) for side in size)
    Image.new("RGB", (width, height), "steelblue").save(preview, "JPEG")
    return jpeg_with_preview(preview.getvalue(), photo.getvalue())
