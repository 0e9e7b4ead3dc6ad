"""The whole system of `make run` in real processes."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.ports import free_ports, is_taken
from local.processes import ROOT
from tests.support.waiting import wait_for


@contextmanager
def local_system(folder: Path, **env: str) -> Iterator[dict[str, Any]]:
    """Run Azurite, the backend and the simulated device with these settings; yield what run.json
    says. Its state and the output of all processes are in `folder`."""
    state = folder / "state"
    (port,) = free_ports(1)
    with (folder / "run.log").open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "local.run"),
                *("--state", str(state), "--port", str(port)),
                *("--azurite-port", str(first_of_three_ports())),
            ],
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def read_run_json() -> dict[str, Any]:
        assert process.poll() is None, (folder / "run.log").read_text()
        return _run_json(state)

    try:
        yield wait_for(read_run_json, 300, "run.json")
    finally:
        process.terminate()
        process.wait(90)


def first_of_three_ports() -> int:
    """Return the first of three free ports in a row, for Azurite: if two systems begin at the same
    time, both find its usual ports free. They are below those that the operating system assigns."""
    rows = (random.randrange(10_100, 32_000) for _ in range(1000))
    return next(first for first in rows if not any(map(is_taken, range(first, first + 3))))


def cameras_that_report(system: dict[str, Any]) -> list[Any]:
    """Return the cameras that a heartbeat has said something of."""
    bearer = {"Authorization": f"Bearer {system['read_token']}"}
    reply = requests.get(f"{system['base_url']}/api/devices", headers=bearer, timeout=90)
    devices = reply.json()["devices"]
    return [camera for device in devices for camera in device["cameras"] if camera["can"]]


def _run_json(state: Path) -> dict[str, Any]:
    file = state / "run.json"
    content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return content
