"""The way through the gallery of test_walk.py in Debian's Firefox, by WebDriver BiDi."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH
from photo_wire.name import new_name
from tests.e2e.gallery.browser_pages import SIZES, Size
from tests.e2e.gallery.filled_gallery import CLIP_SECONDS, plain_jpeg
from tests.support.api import photo_headers
from tests.support.many_photos import CAMERAS
from tests.support.thirty_days import BURST, Archive

PROGRAMS = ("firefox-esr", "firefox")
WALK = Path("tests/function_app/web/page/firefox/walk.js")
DEADLINE = 300  # seconds: it takes thirty


@pytest.mark.slow
def test_a_person_walks_through_the_gallery_in_firefox(
    archive: Archive, clip: bytes, tmp_path: Path
) -> None:
    """At a desk and on a phone. The photos of two events are one ZIP."""
    firefox = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert firefox, "run `make firefox`, which installs Debian's firefox-esr"
    assert (WALK.parents[1] / "node_modules/puppeteer-core").exists(), "run `make setup-dev`"
    photo = archive.names[len(archive.names) // 2 + 1]
    first = archive.of_day(photo.captured_at, photo.camera)[-1]
    profile, downloads = tmp_path / "profile", tmp_path / "downloads"
    for folder in (profile, downloads):
        folder.mkdir()
    (tmp_path / "photo.jpg").write_bytes(plain_jpeg((640, 360)))
    (tmp_path / "clip.mp4").write_bytes(clip)
    now = datetime.now(UTC) - timedelta(seconds=CLIP_SECONDS)
    sizes: dict[Size, datetime] = {"desk": now - timedelta(seconds=1), "phone": now}
    walks = [
        {
            "name": size,
            "window": SIZES[size],
            "photo": upload(archive, "gate", at, "image/jpeg", tmp_path / "photo.jpg"),
            "clip": upload(archive, "drive", at, "video/mp4", tmp_path / "clip.mp4"),
        }
        for size, at in sizes.items()
    ]
    settings = {
        "firefox": firefox,
        "profile": str(profile),
        "downloads": str(downloads),
        "port": archive.backend.port,
        "password": archive.backend.password,
        "photo": str(photo),
        "day": f"{photo.captured_at:%Y-%m-%d}",
        "time": f"{photo.captured_at:%H:%M}",
        "camera": photo.camera,
        "first": str(first),
        "before": str(archive.before(first)),
        "burst": BURST,
        "cameras": len(CAMERAS),
        "clipSeconds": CLIP_SECONDS,
        "walks": walks,
    }
    environment = {**os.environ, "WALK": json.dumps(settings), "TZ": "UTC", "LANG": "en_GB.UTF-8"}
    done = subprocess.run(
        ["node", str(WALK)], env=environment, capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    saved = list(downloads.iterdir())
    assert len(saved) == len(walks)
    for path in saved:
        with ZipFile(path) as found:
            assert found.testzip() is None
            assert len(found.namelist()) == 2 * BURST + 1  # and the list of their SHA-256


def upload(
    archive: Archive, camera: str, at: datetime, content_type: str, file: Path
) -> dict[str, Any]:
    """Return the upload of a file as what a camera took at this moment."""
    headers = {"Content-Type": content_type, FUNCTION_KEY: archive.backend.function_key}
    headers |= photo_headers(new_name(camera, at))
    return {"path": UPLOAD_PATH, "headers": headers, "file": str(file)}
