"""No log holds a key, a token or a password: here, and at the end of a session (secret_scan.py)."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from local.processes import ROOT
from tests.conftest import StartBackend
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.secret_scan import find_leaks

CONFTEST = "from tests.conftest import log_folder, pytest_configure, secret_scan, secrets_used"
LEAK = """
def test_that_logs_a_secret(log_folder, secrets_used):
    secrets_used.add("the-key")
    (log_folder / "backend.log").write_text("started\\nPUT /api/camera/photo?code=the-key 201\\n")

def test_that_logs_none(log_folder, secrets_used):
    secrets_used.add("another-key")
    (log_folder / "other.log").write_text("started\\n")
"""


def test_no_log_holds_a_secret(
    backend: Backend,
    start_backend: StartBackend,
    log_folder: Path,
    secrets_used: set[str],
) -> None:
    """Not even of requests with a key in the URL, or when the storage cannot be reached."""
    _use_every_secret(backend)
    _use_every_secret(start_backend(backend.connection_string.replace("127.0.0.1", "127.0.0.2")))

    assert any("api/camera/photo" in log.read_text() for log in log_folder.glob("backend-*.log"))
    assert find_leaks(log_folder, secrets_used) == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [pytest.param(0, marks=pytest.mark.slow), 2])
def test_a_session_whose_tests_log_a_secret_fails(workers: int, tmp_path: Path) -> None:
    """Its tests pass, in one process or in two; the session does not, and says where to look."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_leak.py").write_text(LEAK)
    unneeded = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
    command = [sys.executable, "-m", "pytest", *unneeded, f"-n{workers}"]
    ran = subprocess.run(
        [*command, "--rootdir", tmp_path, "--override-ini=addopts=", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    assert "backend.log:2" in ran.stdout
    assert "other.log" not in ran.stdout
    assert "the-key" not in ran.stdout
    assert "1 failed, 2 passed" in ran.stdout.splitlines()[-1]


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
        credentials = {"name": "owner", "password": password}
        requests.post(f"{backend.base_url}/api/session", json=credentials, timeout=90)
