"""Clips and raw pictures in the gallery: the picture each carries, or what there is instead."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from pi_uploader.cameras.media.dng import add_preview
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import open_session
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg, mp4, pi_dng
from tests.support.waiting import wait_for


@pytest.mark.slow
def test_a_preview_stands_for_a_clip_and_a_raw_picture(
    page: Page, new_store: NewStore, start_backend: StartBackend, clip: bytes
) -> None:
    """With a mark of what it is, and without a byte of the film. What carries none shows its time.
    The raw picture's page shows the preview, and says so."""
    backend = start_backend(new_store())
    api = Api(backend)
    raw = io.BytesIO(pi_dng(7, size=(640, 480)))
    add_preview(raw, jpeg(480, 360), (480, 360))
    photos = [
        ("image/jpeg", jpeg(640, 360)),
        ("video/mp4", clip),
        ("video/mp4", clip.replace(b"covr", b"free")),
        ("image/x-adobe-dng", raw.getvalue()),
        ("image/x-adobe-dng", pi_dng(8)),
        ("video/mp4", mp4(cover=b"no picture at all")),
    ]
    ids = []
    for number, (kind, content) in enumerate(photos):
        name = name_of("gate", MOMENT + timedelta(minutes=number))
        headers = {**photo_headers(name), "Content-Type": kind}
        assert api.put(content, headers).status_code == 201
        ids.append(str(name))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/thumbnail", answer_busy_once())
    open_session(page, backend, "owner", backend.password)
    page.goto(f"{backend.base_url}/days/{MOMENT:%Y-%m-%d}")
    for folded in page.locator(".event details summary").all():
        folded.click()
    links = [page.locator(f".event a[href='/photos/{one}']").last for one in ids]
    picture, with_poster, without_poster, with_preview, without_preview, broken = links
    assert width_of(picture) == width_of(with_poster) == width_of(with_preview) == 480
    for film in (with_poster, without_poster, broken):
        expect(film).to_have_class(re.compile("clip"))
        expect(film.get_by_alt_text("Clip")).to_have_count(1)
    for raw_picture in (with_preview, without_preview):
        expect(raw_picture.get_by_alt_text("Raw picture")).to_have_count(1)
    assert not any("/content" in url for url in asked)

    with_preview.click()
    expect(page.get_by_text("what is seen is its preview")).to_be_visible()


def answer_busy_once() -> Callable[[Route], None]:
    """Each thumbnail cannot be made when it is first asked for, and the page asks again."""
    refused: set[str] = set()

    def answer(route: Route) -> None:
        if route.request.url in refused:
            return route.continue_()
        refused.add(route.request.url)
        return route.fulfill(status=503, headers={"Retry-After": "2"})

    return answer


def width_of(card: Locator) -> int:
    """Of the card's picture, in its own pixels."""
    picture = card.locator("img")
    expect(picture).to_be_visible()
    wait_for(lambda: picture.evaluate("picture => picture.naturalWidth"), what="the picture")
    width: int = picture.evaluate("picture => picture.naturalWidth")
    return width
