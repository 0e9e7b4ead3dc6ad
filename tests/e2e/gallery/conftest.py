"""A real browser, and galleries with photos in them."""

import io
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    Page,
)

from photo_wire.headers import ClockStatus
from photo_wire.motion import MOTION
from pi_uploader.cameras.ffmpeg import Stream, record_clip
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.usb import ENCODER_OPTIONS
from tests.conftest import NewStore, StartBackend, new_backend
from tests.e2e.gallery.browser_pages import DESK, Pages
from tests.e2e.gallery.filled_gallery import BOX, CLIP_SECONDS, FIRST, SHAPES, Gallery, plain_jpeg
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.pictures import jpeg, pi_dng
from tests.support.thirty_days import Archive, thirty_days


@pytest.fixture
def pages(browser: Browser, start_backend: StartBackend) -> Iterator[Pages]:
    """Makes pages that fail the test if the browser blocks or misses anything, against the pages'
    policy (CSP) above all. They are closed before the backends that the test started, or they would
    miss those."""
    pages = Pages(browser)
    yield pages
    pages.close()
    assert pages.complaints == []


@pytest.fixture
def page(pages: Pages) -> Page:
    """One of them, on a desk."""
    return pages.new(viewport=DESK)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="session")
def archive(
    tmp_path_factory: pytest.TempPathFactory, log_folder: Path, secrets_used: set[str]
) -> Iterator[Archive]:
    """A thousand photos of thirty days, in a store of their own. Tests may add photos of today, and
    delete none."""
    folder = tmp_path_factory.mktemp("archive")
    with thirty_days(folder, plain_jpeg((640, 360))) as (connection_string, names):
        backend = new_backend(connection_string, {}, log_folder, secrets_used)
        backend.start()
        yield Archive(backend, names)
        backend.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def clip() -> bytes:
    """A clip of 640 x 360 pixels and CLIP_SECONDS, as a USB camera records it."""
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg: make rtsp-server, as root")
    drawn = f"testsrc2=size=640x360:rate=25:duration={CLIP_SECONDS}"
    stream = Stream(input_options=("-f", "lavfi", "-i", drawn))
    return record_clip(stream, CLIP_SECONDS, ENCODER_OPTIONS)


@pytest.fixture
def shapes(new_store: NewStore, start_backend: StartBackend) -> Gallery:
    """A gallery with a photo of each shape, and a raw picture of 4:3; in each something moved, in
    the part BOX of it."""
    gallery = Gallery(start_backend(new_store()))
    api = Api(gallery.backend)
    raw = io.BytesIO(pi_dng(1, size=(640, 480)))
    add_preview(raw, jpeg(1280, 960), (1280, 960))
    contents = {shape: plain_jpeg(size) for shape, size in SHAPES.items()}
    contents["raw"] = raw.getvalue()
    for number, (shape, content) in enumerate(contents.items()):
        name = name_of(shape.replace(":", "-"), MOMENT + timedelta(minutes=number))
        content_type = "image/x-adobe-dng" if shape == "raw" else "image/jpeg"
        headers = {**photo_headers(name), "Content-Type": content_type, MOTION: str(BOX)}
        assert api.put(content, headers).status_code == 201
        gallery.names.append(name)
    return gallery
