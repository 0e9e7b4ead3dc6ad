"""What Lighthouse says of each page, signed in: `make lighthouse`. It is no part of the suite:
axe-core, by which Lighthouse judges accessibility, looks at all pages there."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import NewStore, running_backend
from tests.support.chromium import program
from tests.support.hostile_content import HostileContent
from tests.support.page_paths import page_paths

SCRIPT = Path(__file__).with_name("lighthouse.js")
SECONDS_PER_PAGE = 120


def test_every_page_has_full_marks(
    new_store: NewStore,
    log_folder: Path,
    secrets_used: set[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """For accessibility and best practices."""
    with running_backend(new_store(), log_folder, secrets_used) as backend:
        content = HostileContent(backend)
        content.fill()
        session = requests.Session()
        body = {"name": "owner", "password": backend.password}
        assert session.post(f"{backend.base_url}/api/session", json=body, timeout=90).ok
        cookies = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
        urls = [backend.base_url + path for path in page_paths(content.values)]
        command = ["node", str(SCRIPT), program(), f"{cookies}; zone=UTC", *urls]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_PER_PAGE * len(urls)
        )
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    with capsys.disabled():
        for one in found:
            print(f"{one['url'].removeprefix(backend.base_url):60} {one['scores']}")
    assert "/sign-in" not in {urlsplit(one["shown"]).path for one in found}
    wrong = [one for one in found if set(one["scores"].values()) != {100}]
    assert wrong == [], json.dumps(wrong, indent=1)
