"""The local host as a process: how it starts, what it logs, how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import requests

from local.ports import free_ports
from local.processes import ROOT, answers
from tests.support.waiting import wait_for

StartHost = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_host(tmp_path: Path) -> Iterator[StartHost]:
    """start_host(port, **env) -> the host as a process, over the toy app."""
    package = tmp_path / "function_app"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from tests.local.toy_app import toy_app\napp = toy_app()\n"
    )
    with ExitStack() as running:

        def start(port: int, **env: str) -> "subprocess.Popen[str]":
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "local.host", "--port", str(port)],
                    cwd=tmp_path,
                    env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", **env},
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            running.callback(process.kill)
            return process

        yield start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start_host: StartHost, number: signal.Signals) -> None:
    """It imports the app as Azure does, answers, shows no key in the process list, and ends."""
    (port,) = free_ports(1)
    process = start_host(port, FUNCTION_KEY="key-one,key-two")
    url = f"http://127.0.0.1:{port}/api/locked"
    wait_for(lambda: answers(url))
    for key, status in [("key-one", 200), ("key-two", 200), ("key-one,key-two", 401)]:
        response = requests.put(url, data=b"x", headers={"x-functions-key": key}, timeout=90)
        assert response.status_code == status
    assert "key-one" not in " ".join(psutil.Process(process.pid).cmdline())
    process.send_signal(number)
    log = process.communicate(timeout=90)[1]
    assert process.returncode == 0
    assert "Traceback" not in log
    assert "key-one" not in log


def test_a_missing_key_is_an_error(start_host: StartHost) -> None:
    process = start_host(0, FUNCTION_KEY="")
    assert "FUNCTION_KEY is not set" in process.communicate(timeout=90)[1]
    assert process.returncode == 2


def test_a_taken_port_is_an_error_without_a_traceback(start_host: StartHost) -> None:
    (port,) = free_ports(1)
    start_host(port, FUNCTION_KEY="key")
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/"))
    second = start_host(port, FUNCTION_KEY="key")
    log = second.communicate(timeout=90)[1]
    assert second.returncode == 1
    assert f"Port {port}" in log
    assert "Traceback" not in log
