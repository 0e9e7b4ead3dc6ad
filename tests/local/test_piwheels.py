"""A Pi's pip also queries piwheels, whose own builds of the same versions have other hashes."""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.lock_files import PI_LOCK

PIN = next(line for line in PI_LOCK.read_text().splitlines() if line.startswith("idna=="))
NAME, _, VERSION = PIN.partition(" ")[0].partition("==")

pytestmark = pytest.mark.slow


@pytest.fixture
def piwheels(tmp_path: Path) -> Iterator[str]:
    """An index with a later build of the pinned version, which pip prefers to the first one."""
    wheel = tmp_path / f"{NAME}-{VERSION}-1-py3-none-any.whl"
    wheel.write_bytes(b"another build")
    page = tmp_path / "simple" / NAME / "index.html"
    page.parent.mkdir(parents=True)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    page.write_text(f'<a href="/{wheel.name}#sha256={digest}">{wheel.name}</a>')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()
        thread.join()


def download(piwheels: str, folder: Path, *requirements: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    index = ["--no-cache-dir", "--extra-index-url", piwheels, "--dest", str(folder)]
    return subprocess.run(
        [*command, *index, *requirements], capture_output=True, text=True, check=False
    )


def test_the_wheel_with_the_pinned_hash_is_chosen(piwheels: str, tmp_path: Path) -> None:
    lock, folder = tmp_path / "lock.txt", tmp_path / "wheels"
    lock.write_text(PIN)
    done = download(piwheels, folder, "--require-hashes", "-r", str(lock))
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.iterdir()
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in PIN


def test_without_hashes_pip_chooses_the_other_wheel(piwheels: str, tmp_path: Path) -> None:
    """The negative control: pip does query piwheels."""
    done = download(piwheels, tmp_path / "wheels", f"{NAME}=={VERSION}")
    assert f"{NAME}-{VERSION}-1-py3-none-any.whl" in done.stdout + done.stderr
