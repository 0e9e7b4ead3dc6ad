"""The agent in the processes of a device: what they tell, and what they do not tell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.ports import free_ports
from photo_wire.command import CommandState
from photo_wire.signature import SIGNATURE
from pi_uploader.identity.key_file import KEY_FILE
from pi_uploader.spool.admin import count_spool
from tests.support.agent_backend import SECRET, AgentBackend
from tests.support.camera_page import PASSWORD
from tests.support.program import StartProgram
from tests.support.waiting import wait_for

KEY = "the-function-key-of-this-device"
CAMERA_PASSWORD = "the-password-of-the-camera-in-the-yard"
CONFIG = f"""
[camera.gate]
source = "simulated"
every = "1h"

[camera.yard]
source = "rtsp"
url = "rtsp://127.0.0.1:9/unplugged"
user = "viewer"
password = "{CAMERA_PASSWORD}"
every = "1h"
"""


@pytest.fixture
def environ(tmp_path: Path, spool_folder: Path, secrets_used: set[str]) -> dict[str, str]:
    """The settings of a device with two cameras, of which one is unplugged, and with the page."""
    secrets_used.update({KEY, CAMERA_PASSWORD, PASSWORD})
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "password").write_text(PASSWORD)
    return {
        "CAMERA_CONFIG": str(tmp_path / "config.toml"),
        "AZURE_FUNCTION_KEY": KEY,
        "CAMERA_DEVICE_NAME": "gate",
        "CAMERA_SERVE": f"127.0.0.1:{free_ports(1)[0]}",
        "CAMERA_SERVE_PASSWORD_FILE": str(tmp_path / "password"),
        "CAMERA_HEARTBEAT": "1m",
        "CAMERA_SPOOL": str(spool_folder),
        "CAMERA_CLOCK": "trusted",
    }


def run(environ: dict[str, str], *args: str) -> str:
    """Return what `pi-uploader ARGS` prints, on both outputs."""
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", *args],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
    ).stdout


@pytest.mark.slow
def test_a_device_with_an_unplugged_camera_tells_all_but_its_secrets(
    start_program: StartProgram, environ: dict[str, str], backend: AgentBackend, spool_folder: Path
) -> None:
    """Signed heartbeats come, with what makes the camera fail. No secret is in them, in the log, in
    the results of commands, in the files of the spool, in `status` or in `doctor`."""
    environ["BASE_URL"] = backend.server.base_url
    asked = [backend.ask(kind, camera=None) for kind in ("logs", "doctor", "pause")]
    asked += [backend.ask("photo", camera="yard"), backend.ask("disarm")]
    program = start_program("run", **environ)
    wait_for(lambda: all(map(backend.final, asked)), what="the results of all commands")
    wait_for(lambda: backend.heartbeats[-1].cameras.keys() == {"gate", "yard"}, what="the cameras")
    yard = backend.heartbeats[-1].cameras["yard"]
    assert yard.failing
    posts = [one for one in backend.server.requests if one.path.endswith("/heartbeat")]
    assert all(SIGNATURE in one.headers for one in posts)
    states = {one.kind: result.state for one in asked if (result := backend.final(one))}
    assert states == {
        **dict.fromkeys(("logs", "doctor", "pause", "disarm"), CommandState.DONE),
        "photo": CommandState.REFUSED,
    }
    texts = {
        "status": run(environ, "status", "--json") + run(environ, "status"),
        "doctor": run(environ, "doctor", "--no-hardware", "--json"),
        "identity": run(environ, "identity"),
        "log": program.output,
        "results": f"{[one.to_properties() for all in backend.results.values() for one in all]}",
        "heartbeats": "".join(one.to_json().decode() for one in backend.heartbeats),
    }
    assert program.stop() == 0  # no file comes or goes while they are read
    private_key = (spool_folder / KEY_FILE).read_text().strip()
    for file in spool_folder.rglob("*"):
        if file.is_file() and file.name != KEY_FILE:
            texts[file.name] = file.read_bytes().decode("latin-1")
    assert "commands.json" in texts
    assert '"cameras"' in texts["heartbeats"]
    for secret in (private_key, KEY, SECRET, PASSWORD, CAMERA_PASSWORD):
        assert [name for name, text in texts.items() if secret in text] == []


def test_without_uploads_a_device_has_no_agent_and_all_the_rest(
    start_program: StartProgram, environ: dict[str, str], spool_folder: Path
) -> None:
    """No key is made and nothing is sent: photos are kept, cameras are disarmed, and the state and
    the doctor say what there is."""
    environ |= {"CAMERA_UPLOAD": "off", "CAMERA_KEEP": "30d"}
    program = start_program("run", **environ)
    wait_for(lambda: count_spool(spool_folder).kept, what="a photo that is kept")
    assert "gate is disarmed" in run(environ, "disarm", "gate")
    state = json.loads(run(environ, "status", "--json"))
    assert state["kept"] == 1
    assert "gate" in json.dumps(state["disarmed"])
    assert "Traceback" not in run(environ, "doctor", "--no-hardware")
    assert not (spool_folder / KEY_FILE).exists()
    assert not (spool_folder / "commands.json").exists()
    assert program.stop() == 0
    assert "Traceback" not in program.output
    assert "agent" not in program.output
