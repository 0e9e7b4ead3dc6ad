"""The way through the gallery of test_walk.py in Debian's Firefox, by WebDriver BiDi."""

import base64
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH
from photo_wire.name import new_name
from tests.e2e.gallery.conftest import SIZES, Size, plain_jpeg
from tests.support.api import photo_headers
from tests.support.thirty_days import Archive

PROGRAMS = ("firefox-esr", "firefox")
WALK = Path("tests/function_app/web/page/firefox/walk.js")
DEADLINE = 300  # seconds: it takes ten


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_person_walks_through_the_gallery_in_firefox(archive: Archive, size: Size) -> None:
    firefox = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert firefox, "run `make firefox`, which installs Debian's firefox-esr"
    assert (WALK.parents[1] / "node_modules/puppeteer-core").exists(), "run `make setup-dev`"
    photo = archive.names[len(archive.names) // 2 + 1]
    first = archive.of_day(photo.captured_at, photo.camera)[-1]
    fresh = new_name("gate", datetime.now(UTC))
    settings = {
        "firefox": firefox,
        "size": SIZES[size],
        "site": archive.backend.base_url,
        "password": archive.backend.password,
        "photo": str(photo),
        "day": f"{photo.captured_at:%Y-%m-%d}",
        "time": f"{photo.captured_at:%H:%M}",
        "camera": photo.camera,
        "first": str(first),
        "before": str(archive.before(first)),
        "picture": base64.b64encode(plain_jpeg((640, 360))).decode(),
        "upload": {
            "path": UPLOAD_PATH,
            "headers": {
                "Content-Type": "image/jpeg",
                FUNCTION_KEY: archive.backend.function_key,
                **photo_headers(fresh),
            },
        },
    }
    environment = {**os.environ, "WALK": json.dumps(settings), "TZ": "UTC", "LANG": "en_GB.UTF-8"}
    done = subprocess.run(
        ["node", str(WALK)], env=environment, capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stdout + done.stderr
