"""Photos arrive while somebody looks."""

from datetime import timedelta

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import Pages, width_when_loaded
from tests.e2e.gallery.filled_gallery import FIRST, Gallery

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.mark.slow  # test_now.py has one photo that arrives
def test_new_photos_appear_by_themselves(
    pages: Pages, start_backend: StartBackend, new_store: NewStore
) -> None:
    """Each in the tile of its camera, and a new camera has a tile of its own."""
    gallery = Gallery(start_backend(new_store()))
    gallery.add("gate", FIRST)
    size = ViewportSize(width=1000, height=620)
    page = pages.signed_in(gallery.backend, "/", viewport=size)
    for number, camera in enumerate(("entry", "gate", "drive", "gate", "entry"), 1):
        name = gallery.add(camera, FIRST + timedelta(seconds=97 * number))
        # As when the page is looked at again: the next poll would be up to 15 seconds away.
        page.evaluate(LOOK_AGAIN)
        picture = page.locator(f"#tile-{camera} img")
        expect(picture).to_have_attribute("src", f"/api/photos/{name}/thumbnail")
        assert width_when_loaded(picture) > 0
