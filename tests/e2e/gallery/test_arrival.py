"""Photos arrive in the gallery while somebody looks; and the moving picture of it in the README."""

import io
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.conftest import FIRST, Gallery, sign_in, width_when_loaded

FRAME = 1100  # ms


def test_new_photos_appear_by_themselves(
    page: Page, start_backend: StartBackend, new_store: NewStore, screenshots: Path
) -> None:
    """The newest comes first, and those that were there stay."""
    gallery = Gallery(start_backend(new_store()))
    gallery.add("gate", FIRST)
    page.set_viewport_size(ViewportSize(width=1000, height=620))
    sign_in(page, gallery)
    frames = [page.screenshot()]
    for number, camera in enumerate(("entry", "gate", "drive", "gate", "entry"), 1):
        name = gallery.add(camera, FIRST + timedelta(seconds=97 * number))
        # As when the page is looked at again: the next poll would be up to 15 seconds away.
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".photo").first).to_have_attribute("title", str(name))
        expect(page.locator(".photo")).to_have_count(number + 1)
        assert width_when_loaded(page.locator(".photo img").first) > 0
        frames.append(page.screenshot())
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    pictures[0].save(
        screenshots / "arrival.webp",
        save_all=True,
        append_images=pictures[1:],
        duration=[FRAME] * (len(pictures) - 1) + [3 * FRAME],
        loop=0,
        quality=80,
    )
