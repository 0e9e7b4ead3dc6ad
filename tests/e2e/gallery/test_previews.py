"""Clips and raw pictures in the gallery: the picture each carries, or what there is instead."""

import io
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from pi_uploader.cameras.ffmpeg import Stream, record_clip
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.usb import ENCODER_OPTIONS
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.conftest import WAIT_FOR_END
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg, mp4, pi_dng
from tests.support.waiting import wait_for

SECONDS = 10
DRAWN = Stream(
    input_options=("-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={SECONDS}")
)
pytestmark = pytest.mark.skipif(
    not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root"
)


def test_a_preview_stands_for_a_clip_and_a_raw_picture(
    page: Page, new_store: NewStore, start_backend: StartBackend, screenshots: Path
) -> None:
    """With a play mark and the word DNG, and without a byte of the film. A clip without a poster
    shows its beginning, a raw picture without a preview its name. The clip then plays."""
    backend = start_backend(new_store())
    api = Api(backend)
    with_cover = record_clip(DRAWN, SECONDS, ENCODER_OPTIONS)
    raw = io.BytesIO(pi_dng(7, size=(640, 480)))
    add_preview(raw, jpeg(480, 360), (480, 360))
    bare = with_cover.replace(b"covr", b"free")
    photos = [
        ("image/jpeg", jpeg(640, 360)),
        ("video/mp4", with_cover),
        ("video/mp4", bare),
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
    page.goto(backend.base_url)
    page.get_by_label("Password", exact=True).fill(backend.password)
    page.get_by_role("button", name="Sign in").click()
    cards = [page.locator(f".photo[data-id='{one}']") for one in ids]
    _, add_poster, without_poster, with_preview, without_preview, broken = cards

    expect(without_poster.locator("video")).to_be_visible()
    expect(broken.locator("video")).to_have_count(1)
    expect(without_preview.locator("img")).to_have_count(0)
    expect(without_preview).to_contain_text("raw picture, to download")
    assert width_of(add_poster) == width_of(with_preview) == 480
    expect(with_preview).to_contain_text("DNG")
    wait_for(
        lambda: without_poster.locator("video").evaluate("video => video.readyState") >= 2,
        what="the clip's beginning",
    )
    page.screenshot(path=screenshots / "previews.png")
    for shown in (add_poster, with_preview):
        assert not any(f"{shown.get_attribute('data-id')}/content" in url for url in asked)

    with_preview.click()
    expect(page.locator("#picture")).to_contain_text("raw picture, to download")
    page.screenshot(path=screenshots / "raw.png")
    page.keyboard.press("Escape")
    add_poster.click()
    film = page.locator("#picture video")
    wait_for(lambda: film.evaluate("video => video.readyState") == 4, what="the clip")
    assert round(film.evaluate(WAIT_FOR_END)) == SECONDS


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
