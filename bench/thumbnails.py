"""The thumbnails of a page of fresh photos, requested as a browser does.

The photos have 12 megapixels. A device writes a preview into its own, strangers do not.
"""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from bench.backend import running
from bench.effort import Effort
from bench.repeat import Samples, in_turns, seconds
from bench.report import Figure
from function_app.media.previews import find
from local.azurite import Azurite
from photo_wire.headers import Trigger
from photo_wire.name import PhotoName
from pi_uploader.cameras.camera import CaptureContext
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import draw_preview, with_preview
from pi_uploader.cameras.simulated.scene import draw
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.small_instance import PIXELS, large_picture, upload

CONNECTIONS = 6  # that a browser opens to one server
AIM = 1.5  # seconds for 50 photos of a device


def measure(folder: Path, effort: Effort) -> list[Figure]:
    count = effort.pick(50, 12, 3)
    result = []
    with running(folder, Azurite(None)) as (_, backend):
        for kind, content, aim in (
            ("of a device", _of_a_device(), AIM),
            ("of strangers", large_picture(), None),
        ):
            what = f"{count} fresh thumbnails {kind}"
            fresh, kept = _looks(backend, content, count, effort, what)
            result += [
                Figure(what, fresh, "s", aim, at_most=True),
                Figure("  the same photos once more", kept, "s"),
            ]
    return result


def _looks(
    backend: Backend, content: bytes, count: int, effort: Effort, what: str
) -> tuple[Samples, Samples]:
    """Upload new photos in each round. Return the seconds of their thumbnails, and of the same
    thumbnails once more."""
    again: list[float] = []

    def look() -> float:
        names = [upload(backend, "bench", content) for _ in range(count)]
        first = seconds(lambda: _page(backend, names))
        again.append(seconds(lambda: _page(backend, names)))
        return first

    (fresh,) = in_turns(effort, look, what=what)
    return fresh, Samples(tuple(again))


def _page(backend: Backend, names: Sequence[PhotoName]) -> None:
    """Request the thumbnails over CONNECTIONS connections; again if one cannot be made now."""
    shares = [names[start::CONNECTIONS] for start in range(CONNECTIONS)]

    def load(share: Sequence[PhotoName]) -> None:
        api = Api(backend)
        for name in share:
            reply = api.thumbnail(name)
            if reply.status_code != 200:
                raise RuntimeError(f"a thumbnail was answered {reply.status_code} {reply.text}")

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(load, shares))


def _of_a_device() -> bytes:
    """Return a photo as a device stores it. Raises RuntimeError if it got no preview, such as a
    picture that is all noise."""
    now, file = datetime.now(UTC), io.BytesIO()
    draw(now, "bench").resize(PIXELS).save(file, "JPEG", quality=95)
    picture = with_exif(file.getvalue(), CaptureContext("bench", Trigger.MOTION, now))
    whole = with_preview(picture, lambda: draw_preview(picture))
    if find(whole) is None:
        raise RuntimeError("the photo of a device has no preview")
    return whole
