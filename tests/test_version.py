"""The version stands in photo_wire/__init__.py, and nowhere else that could disagree."""

import json
import re
import tomllib

import pytest
import requests

from local.dist import tracked
from local.processes import ROOT
from photo_wire import __version__
from pi_uploader.client.backend import BackendClient
from tests.support.backend import Backend
from tests.support.fault_server import FaultServer

SEMANTIC = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"


def test_it_is_a_semantic_version() -> None:
    assert re.fullmatch(SEMANTIC, __version__)


def test_packages_take_it_from_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "photo_wire.__version__"}
    assert "version" not in project["project"]
    for file in ("package.json", "package-lock.json"):
        assert "version" not in json.loads((ROOT / file).read_text()), file


def test_both_sides_say_it(backend: Backend) -> None:
    health = requests.get(f"{backend.base_url}/api/health", timeout=90).json()
    assert health["version"] == __version__
    with FaultServer() as server:
        BackendClient(server.base_url, None).send_alerts([])
        [request] = server.requests
    assert request.headers["User-Agent"] == f"pi-uploader/{__version__}"


def test_the_changelog_begins_with_it() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert re.match(rf"{re.escape(__version__)}, (unreleased|\d{{4}}-\d\d-\d\d)$", headings[0])


@pytest.mark.slow
def test_no_other_source_defines_one() -> None:
    defining = [
        name
        for name in tracked("*.py", "*.toml", "*.js")
        if re.search(r"^\s*(__version__|VERSION)\s*=", (ROOT / name).read_text(), re.M)
    ]
    assert defining == ["photo_wire/__init__.py"]
