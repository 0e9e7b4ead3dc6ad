"""A device whose real disk turns full, or read-only, while its agent and its page run; prints what
came of it, as JSON.

python -m tests.support.real_disk.agent_session full|read-only FOLDER
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from local.ports import free_ports
from local.processes import ROOT
from photo_wire.signature import SIGNATURE
from tests.support.agent_backend import AgentBackend
from tests.support.camera_page import PASSWORD
from tests.support.real_disk.mounts import Tmpfs
from tests.support.real_disk.session import settings
from tests.support.waiting import wait_for

SIZE, INODES = 4_000_000, 300


@contextmanager
def running(folder: Path, log: Path, *args: str, **env: str) -> Iterator[None]:
    """Run `pi-uploader ARGS` until the end of the block, and assert that it ends in order."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pi_uploader", *args],
            cwd=ROOT,
            env={**settings(folder), "HOME": f"{folder}", **env},
            stderr=output,
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(90)


def run(kind: str, folder: Path) -> dict[str, Any]:
    disk = Tmpfs(folder / "disk", SIZE, INODES)
    (folder / "password").write_text(PASSWORD)
    log = folder / "log"
    [port] = free_ports(1)
    page = {
        "CAMERA_SERVE": f"127.0.0.1:{port}",
        "CAMERA_SERVE_PASSWORD_FILE": f"{folder / 'password'}",
    }
    with AgentBackend() as backend, ExitStack() as processes:
        upload = {
            "BASE_URL": backend.server.base_url,
            "CAMERA_HEARTBEAT": "1m",
            "CAMERA_POLL": "5s",
            "CAMERA_DEVICE_NAME": "gate",
        }
        processes.enter_context(running(folder, log, "capture", CAMERA_NAME="gate"))
        processes.enter_context(running(folder, log, "serve", **page, CAMERA_NAME="gate"))
        processes.enter_context(running(folder, log, "upload", **upload))

        def ask(*kinds: str) -> dict[str, str]:
            asked = [backend.ask(one, camera=None) for one in kinds]
            wait_for(lambda: all(map(backend.final, asked)), what="the results")
            return {one.kind: end.state for one in asked if (end := backend.final(one))}

        def status(path: str, method: str = "GET") -> int:
            url = f"http://127.0.0.1:{port}{path}"
            return requests.request(method, url, auth=("", PASSWORD), timeout=90).status_code

        for line in ("capturing with gate", "the page is at"):  # before the disk turns sick
            wait_for(lambda line=line: line in log.read_text(), what=f"{line!r} in the log")  # type: ignore[misc]
        before = ask("logs")
        filler = folder / "disk" / "filler"
        if kind == "full":
            _fill(filler)
        else:
            wait_for(lambda: disk.make_read_only(True), what="a disk that is read-only")
        sick = ask("pause", "photo", "logs", "arm")
        pages = [status("/status"), status("/images"), status("/still"), status("/logs")]
        photo = status("/capture", "POST")
        count = len(backend.heartbeats)
        if kind == "full":
            filler.unlink()
        else:
            disk.make_read_only(False)
        after = ask("photo", "disarm")
        posts = [one for one in backend.server.requests if one.path.endswith("/heartbeat")]
    text = log.read_text()
    return {
        "before": before,
        "sick": sick,
        "pages": pages,
        "photo of the page": photo,
        "has heartbeats": count > 1,
        "are signed": all(SIGNATURE in one.headers for one in posts),
        "after": after,
        "tracebacks": text.count("Traceback"),
        "lines about the journal": text.count("the journal of commands cannot be written"),
        "executed twice": [one for one in _ends(backend) if one > 1],
    }


def _ends(backend: AgentBackend) -> list[int]:
    """Return how many different final results each command had."""
    return [
        len({one.state for one in results if one.state != "taken"})
        for results in backend.results.values()
    ]


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096) == 4096:
                pass
        except OSError:
            return


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
