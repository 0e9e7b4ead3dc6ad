"""A raw picture and a clip, from a camera to the cloud and onto a person's screen, unchanged."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import rawpy
from playwright.sync_api import Page, Response, expect

from tests.conftest import NewStore, StartBackend
from tests.e2e.device import Device
from tests.e2e.gallery.browser_pages import WAIT_FOR_END, open_session
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.pictures import dng
from tests.support.waiting import wait_for

SECONDS = 10  # of the clip
pytestmark = [
    pytest.mark.skipif(
        not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root"
    ),
    pytest.mark.slow,  # test_previews.py shows both kinds, without a device
]


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, bytes]:
    """A DNG that a raw converter opens, and an H.264 clip as ffmpeg makes it, each by its kind."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    raw = dng(7, size=(640, 480))
    (folder / "a.dng").write_bytes(raw)
    clip = folder / "b.mp4"
    drawn = ["-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={SECONDS}"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *drawn, *coded, clip], check=True)
    return {"image/x-adobe-dng": raw, "video/mp4": clip.read_bytes()}


@pytest.fixture
def journey(
    pictures: dict[str, bytes],
    tmp_path: Path,
    log_folder: Path,
    new_store: NewStore,
    start_backend: StartBackend,
) -> Iterator[Backend]:
    """A backend to which a device has brought them."""
    backend = start_backend(new_store())
    device = Device(tmp_path / "kinds", "kinds", log_folder / "device-kinds.log")
    try:
        device.start("capture", backend, CAMERA_REPLAY=str(tmp_path / "pictures"))
        wait_for(lambda: device.waiting() >= len(pictures), what="both photos")
        device.end()
        device.start("upload", backend)
        wait_for(lambda: device.waiting() == 0, what="an empty spool")
        yield backend
    finally:
        device.end()


@pytest.mark.slow
def test_a_raw_picture_and_a_clip_come_as_they_were(
    page: Page, journey: Backend, pictures: dict[str, bytes]
) -> None:
    """Their bytes from the API; the DNG shown as such, the clip played to its end by parts."""
    api = Api(journey)
    listed = {photo["content_type"]: photo for photo in api.listed("kinds")}
    for kind, content in pictures.items():
        assert api.read(f"/api/photos/{listed[kind]['id']}/content").content == content
    raw = rawpy.imread(io.BytesIO(api.read(content_path(listed["image/x-adobe-dng"])).content))
    assert raw.raw_image.shape == (480, 640)

    parts: list[Response] = []
    page.on("response", lambda response: parts.append(response) if response.status == 206 else None)
    open_session(page, journey, "owner", journey.password)
    page.goto(f"{journey.base_url}/photos/{listed['image/x-adobe-dng']['id']}")
    expect(page.locator(".facts")).to_contain_text("DNG")
    page.goto(f"{journey.base_url}/photos/{listed['video/mp4']['id']}")
    clip = page.locator("#picture video")
    expect(clip).to_be_visible()
    wait_for(lambda: clip.evaluate("video => video.readyState") == 4, what="the clip")
    assert clip.evaluate("video => [video.videoWidth, Math.round(video.duration)]") == [
        640,
        SECONDS,
    ]
    assert round(clip.evaluate(WAIT_FOR_END)) == SECONDS
    assert any("/content" in part.url for part in parts)


def content_path(photo: dict[str, object]) -> str:
    return f"/api/photos/{photo['id']}/content"
