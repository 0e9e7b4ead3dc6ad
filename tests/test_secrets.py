"""Keys and tokens stand in no log. This runs last and looks at what all other tests left."""

from pathlib import Path

import pytest
import requests

from tests.backend import Backend
from tests.conftest import StartBackend
from tests.pictures import jpeg

pytestmark = pytest.mark.last


def test_no_log_holds_a_secret(
    backend: Backend,
    start_backend: StartBackend,
    log_folder: Path,
    secrets_used: set[str],
) -> None:
    """Also of requests that carry a key in the URL, and of a storage that is away."""
    _use_every_secret(backend)
    _use_every_secret(start_backend(backend.connection_string.replace("127.0.0.1", "127.0.0.2")))

    logs = [log for log in log_folder.rglob("*") if log.is_file()]
    assert "api/camera/photo" in "".join(_text(log) for log in logs)
    assert [leak for log in logs for leak in leaks(log, secrets_used)] == []


def test_a_leak_is_seen(tmp_path: Path) -> None:
    log = tmp_path / "backend.log"
    log.write_text("started\nPUT /api/camera/photo?code=the-key 201\n")
    assert leaks(log, {"the-key", "another"}) == ["backend.log:2"]


def leaks(log: Path, secrets: set[str]) -> list[str]:
    """The log's lines, as file:number, that hold one of the secrets."""
    return [
        f"{log.name}:{number}"
        for number, line in enumerate(_text(log).splitlines(), start=1)
        if any(secret in line for secret in secrets)
    ]


def _use_every_secret(backend: Backend) -> None:
    url = f"{backend.base_url}/api/camera/photo"
    picture = jpeg(seed=7100)
    for headers, query in [
        ({"x-functions-key": backend.function_key}, {}),
        ({}, {"code": backend.function_key, "cameraName": "secrets"}),
        ({"x-functions-key": "wrong"}, {"code": backend.function_key}),
        ({"x-functions-key": backend.function_key, "X-Photo-Id": "no such thing"}, {}),
    ]:
        requests.put(url, data=picture, headers=headers, params=query, timeout=90)
    reader = {"Authorization": f"Bearer {backend.read_token}"}
    requests.get(f"{backend.base_url}/api/photos", headers=reader, timeout=90)
    admin = {"Authorization": f"Bearer {backend.admin_token}"}
    requests.get(f"{backend.base_url}/api/people", headers=admin, timeout=90)
    for password in (backend.password, f"{backend.password}-wrong"):
        said = {"name": "owner", "password": password}
        requests.post(f"{backend.base_url}/api/session", json=said, timeout=90)


def _text(log: Path) -> str:
    return log.read_text(errors="replace")
