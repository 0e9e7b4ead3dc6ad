"""`make run` as a process: it becomes ready, photos arrive, and it ends without a trace."""

import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from local import run as run_module
from local.azurite import Azurite
from local.ports import free_ports
from local.processes import ROOT
from local.run import device_processes, main, photos_text
from local.state import Keys
from tests.support.local_system import first_of_three_ports
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for

SECRETS = ("function_key", "read_token", "admin_token", "gallery_password")


class Run:
    """One `make run` with its own state folder, ports and session, as a terminal would start it."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        self.log = state.with_suffix(".log")
        (port,) = free_ports(1)
        self.base_url = f"http://127.0.0.1:{port}"
        ports = ("--port", str(port), "--azurite-port", str(first_of_three_ports()))
        command = [sys.executable, "-m", "local.run", "--state", str(state), *ports]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                env={**os.environ, "LOCAL_MOTION_EVERY": "1", "CAMERA_COOLDOWN": "0s"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self) -> dict[str, str]:
        """Return the content of run.json, once it is there; that of a killed run does not count."""

        def own_run_json() -> dict[str, str]:
            assert self.process.poll() is None, self.log.read_text()
            file = self.state / "run.json"
            content: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
            return content if content.get("base_url") == self.base_url else {}

        return wait_for(own_run_json, what="run.json")

    def wait_for_line(self, pattern: str) -> None:
        """Wait for a line of the log. One that tells of a photo comes after the photo is listed."""
        wait_for(
            lambda: re.search(f"^{pattern}", self.log.read_text(), re.MULTILINE),
            what=f"the line {pattern}",
        )

    def photos(self) -> list[dict[str, Any]]:
        """Return the listed photos, newest first."""
        photos: list[dict[str, Any]] = self.get("/api/photos?limit=200").json()["photos"]
        return photos

    def get(self, path: str) -> requests.Response:
        run_json = self.ready()
        headers = {"Authorization": f"Bearer {run_json['read_token']}"}
        return requests.get(run_json["base_url"] + path, headers=headers, timeout=90)

    def processes(self) -> list[psutil.Process]:
        """Return the other processes of its session that still run."""
        others = []
        for pid in psutil.pids():
            try:
                if os.getsid(pid) == self.process.pid and pid != self.process.pid:
                    others.append(psutil.Process(pid))
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        return others

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send Ctrl-C as a terminal does, to the foreground group only. Return the exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(90)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for process in self.processes():
            process.kill()


StartRun = Callable[..., Run]


@pytest.fixture
def start_run() -> Iterator[StartRun]:
    with ExitStack() as started:

        def start(state: Path, *options: str) -> Run:
            run = Run(state, *options)
            started.callback(run.close)
            return run

        yield start


@pytest.mark.slow
def test_photos_arrive_and_are_kept_for_the_next_run(start_run: StartRun, tmp_path: Path) -> None:
    """It becomes ready, a photo is listed, Ctrl-C ends every process, and no photo is lost."""
    first = start_run(tmp_path / "state")
    run_json = first.ready()
    run_file, keys_file = tmp_path / "state" / "run.json", tmp_path / "state" / "keys.json"
    assert run_json.keys() == {
        "base_url",
        "function_key",
        "read_token",
        "admin_token",
        "gallery_password",
        "connection_string",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in (run_file, keys_file)} == {0o600}
    assert first.get("/api/health").status_code == 200
    photos = wait_for(first.photos, what="the first photo")
    for photo in photos:
        first.wait_for_line(rf"\[upload\] .*{photo['id']}")

    assert first.end() == 0
    assert first.processes() == []
    assert not run_file.exists()
    log = first.log.read_text()
    assert (
        f'curl -H "Authorization: Bearer {run_json["read_token"]}" {run_json["base_url"]}/api'
        in log
    )
    assert "those of this machine: CHANNEL_NETWORKS=loopback" in log
    children = [line for line in log.splitlines() if line.startswith("[")]
    assert [one["id"] for one in photos for line in children if one["id"] in line] == [
        one["id"] for one in photos
    ]
    assert not [line for line in children if line.startswith(("[azurite]", "[backend]"))]
    assert not any(run_json[key] in line for line in children for key in SECRETS)

    second = start_run(tmp_path / "state")
    assert second.ready()["function_key"] == run_json["function_key"]
    assert second.ready()["read_token"] == run_json["read_token"]
    wait_for(lambda: len(second.photos()) > len(photos), what="another photo")
    assert {photo["id"] for photo in photos} <= {photo["id"] for photo in second.photos()}
    assert second.end(signal.SIGTERM) == 0
    assert second.processes() == []


@pytest.mark.slow
def test_the_users_own_pictures_arrive_unchanged(start_run: StartRun, tmp_path: Path) -> None:
    folder = tmp_path / "my pictures"
    folder.mkdir()
    pictures = {hashlib.sha256(data).hexdigest(): data for data in map(_picture, (1, 2, 3))}
    for sha256, data in pictures.items():
        (folder / f"{sha256[:8]}.JPG").write_bytes(data)
    run = start_run(tmp_path / "state", "--photos", str(folder), "--verbose")
    wait_for(lambda: {one["sha256"] for one in run.photos()} == pictures.keys(), what="all three")
    for photo in run.photos():
        for name in ("capture", "backend", "upload"):
            run.wait_for_line(rf"\[{name}\] .*{photo['id']}")
        assert run.get(f"/api/photos/{photo['id']}/content").content == pictures[photo["sha256"]]
    assert run.end() == 0


@pytest.mark.slow
def test_a_process_that_dies_ends_the_run_and_is_named(start_run: StartRun, tmp_path: Path) -> None:
    run = start_run(tmp_path / "state")
    run.ready()
    (backend,) = [one for one in run.processes() if "local.host" in one.cmdline()]
    backend.kill()
    assert run.process.wait(90) == 1
    assert "backend ended by itself (exit code -9)" in run.log.read_text()
    assert run.processes() == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a dead parent")
def test_no_process_is_left_after_kill_9(start_run: StartRun, tmp_path: Path) -> None:
    run = start_run(tmp_path / "state")
    run.ready()
    assert len(run.processes()) >= 4  # Azurite, the backend, capture and upload
    run.process.kill()
    run.process.wait()
    wait_for(lambda: run.processes() == [], what="the end of all children")

    after = start_run(tmp_path / "state")
    after.ready()  # neither the old run.json nor the old lock prevents it
    assert after.end() == 0


@pytest.mark.slow
def test_a_state_folder_serves_one_run_at_a_time(start_run: StartRun, tmp_path: Path) -> None:
    """Two Azurites on one folder would destroy each other's data."""
    first = start_run(tmp_path / "state")
    first.ready()
    second = start_run(tmp_path / "state")
    assert second.process.wait(90) == 1
    assert "Nightjar already runs here" in second.log.read_text()
    assert first.ready()
    assert first.end() == 0


@pytest.mark.slow
def test_of_two_runs_that_start_at_once_the_second_finds_its_ports_taken(
    start_run: StartRun, tmp_path: Path
) -> None:
    """And says so; the first one works."""
    port = first_of_three_ports()
    options = ("--azurite-port", str(port))
    runs = [start_run(tmp_path / name, *options) for name in ("a", "b")]
    ended = wait_for(
        lambda: [run for run in runs if run.process.poll() is not None], what="the end of one"
    )
    (remaining,) = [run for run in runs if run not in ended]
    assert f"Port {port} is taken" in ended[0].log.read_text()
    assert remaining.ready()
    assert remaining.end() == 0


def test_the_error_for_a_taken_port_suggests_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--state", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert f"Port {port} is taken" in output
    assert f"make run PORT={port + 1}" in output


@pytest.mark.parametrize("option", ["--port", "--azurite-port"])
@pytest.mark.parametrize("port", ["80000", "0", "-1", "http"])
def test_a_number_that_is_no_port_is_an_error(
    option: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([f"{option}={port}"])
    assert f"'{port}' is no port: expected 1 to 655" in capsys.readouterr().err


def test_the_error_names_a_taken_azurite_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        options = ["--port", str(port), "--azurite-port", str(first), "--state", str(tmp_path)]
        assert main(options) == 1
    output = capsys.readouterr().out
    assert f"Port {first} is taken" in output
    assert "AZURITE_PORT" in output


def test_taken_default_azurite_ports_are_replaced_with_a_notice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        defaults = (taken.getsockname()[1], *free_ports(2))
        monkeypatch.setattr(run_module, "DEFAULT_PORTS", defaults)
        ports = run_module.azurite_ports(None)
    assert len(set(ports)) == 3
    assert defaults[0] not in ports
    assert f"Port {defaults[0]} is taken" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "does not exist"), ("empty", "no .jpg")])
def test_the_error_names_a_folder_without_photos(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str
) -> None:
    (tmp_path / "empty").mkdir()
    folder = tmp_path / name
    assert main(["--photos", str(folder), "--state", str(tmp_path / "state")]) == 1
    output = capsys.readouterr().out
    assert str(folder) in output
    assert reason in output


def test_the_error_names_a_damaged_keys_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys.json").write_text("{")
    (port,) = free_ports(1)
    assert main(["--port", str(port), "--state", str(tmp_path)]) == 1
    assert "keys.json is damaged" in capsys.readouterr().out


def _picture(seed: int) -> bytes:
    return jpeg(320, 240, seed=7200 + seed)


def test_what_looks_at_photos_runs_if_a_model_is_named() -> None:
    assert set(device_processes({})) == {"upload", "capture"}
    assert set(device_processes({"CAMERA_DETECT": "off"})) == {"upload", "capture"}
    named = device_processes({"CAMERA_DETECT": "yolox_nano.onnx"})
    assert named["detect"] == [sys.executable, "-m", "pi_uploader", "detect"]


def test_it_says_when_photos_are_taken() -> None:
    for settings in ({}, {"CAMERA_MOTION": "off"}):
        assert "every few seconds" in photos_text(settings)
    for settings in ({"CAMERA_MOTION": "low"}, {"CAMERA_CONFIRM": "picture"}):
        assert "every 40 seconds" in photos_text(settings)


def test_make_run_ends_with_its_make() -> None:
    """There is no shell between make and the program, which would keep make's SIGTERM."""
    for target in ("run", "func"):
        make = ["make", "--no-print-directory", "-n", "-o", "setup", target]
        output = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert output.startswith("exec .venv/bin/python -m local.run "), output


def test_the_user_learns_what_a_killed_azurite_loses() -> None:
    keys = Keys("a", "b", "c", "d")
    text = run_module._ready_text(
        "http://127.0.0.1:1", keys, Azurite(ports=(1, 2, 3)), ROOT / ".local"
    )
    assert "Azurite loses what it has not saved" in text
