"""An Azure to deploy to: fakes on PATH, and a backend that answers as Nightjar's does."""

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.processes import ROOT
from tests.infra.stand_in import ACCESS_TOKEN
from tests.support.time_limits import lift_time_limits

INFRA = ROOT / "infra"
SOURCED = ("common.sh", "publish.sh")
SCRIPTS = sorted(one for one in INFRA.glob("*.sh") if one.name not in SOURCED)
NAME = "my-nightjar"
TOKEN = "the-read-token-0123456789"
PASSWORD = 'the owner\'s "first" password'


@dataclass
class Call:
    """One command that a script ran."""

    argv: list[str]

    @property
    def command(self) -> str:
        """The command without its options, such as `az group create`."""
        end = next((i for i, one in enumerate(self.argv) if one.startswith("-")), None)
        return " ".join(self.argv[:end])


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of an error."""
        return self.err.strip().splitlines()[-1]


@dataclass
class Cloud:
    """The fake of Azure. `trouble` sets what fails, and how often."""

    folder: Path
    backend: "Gate"
    secrets: set[str] = field(
        default_factory=lambda: {TOKEN, PASSWORD, "secret-key-", "the-master-key", ACCESS_TOKEN}
    )

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "azure.json").read_text())
        return state

    def change(self, **state: Any) -> None:
        (self.folder / "azure.json").write_text(json.dumps({**self.state, **state}))

    def trouble(self, **times: int) -> None:
        self.change(trouble={what.replace("_", " "): count for what, count in times.items()})

    def run(self, script: str, *args: str, token: str | None = TOKEN, **more: str) -> Result:
        """Run a script without a terminal. `more` adds to its environment."""
        done = subprocess.run(
            [INFRA / script, *args],
            cwd=self.folder,
            env=self._environment(token) | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert list((self.folder / "tmp").iterdir()) == [], "the trap left a temporary file"
        notes = ("left out, git does not track it: ", "included, but not committed: ")
        stderr = done.stderr.splitlines(keepends=True)  # with notes about uncommitted files
        err = "".join(line for line in stderr if not line.startswith(notes))
        return Result(done.returncode, done.stdout, err)

    def talk(self, script: str, answers: list[tuple[str, str]], *args: str) -> str:
        """Run a script on a terminal, and answer each question when it appears. Return its
        output."""
        ours, theirs = pty.openpty()
        env = self._environment(None)
        with subprocess.Popen(
            [INFRA / script, *args],
            cwd=self.folder,
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            screen = asked = b""
            while True:
                try:
                    read = os.read(ours, 1000)
                except OSError:  # on Linux: the other end is closed
                    break
                if not read:
                    break
                screen, asked = screen + read, asked + read
                if answers and asked.endswith(answers[0][0].encode()):
                    os.write(ours, answers.pop(0)[1].encode() + b"\n")
                    asked = b""
            os.close(ours)
            process.wait(90)
        return screen.decode()

    def _environment(self, token: str | None) -> dict[str, str]:
        env = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "STAND_IN": str(self.folder),
            "REAL_CURL": str(shutil.which("curl")),
            "TMPDIR": str(self.folder / "tmp"),
        }
        for secret in ("READ_TOKEN", "GALLERY_PASSWORD"):
            env.pop(secret, None)
        given = {} if token is None else {"READ_TOKEN": token, "GALLERY_PASSWORD": PASSWORD}
        return env | given

    def deploy(self, *args: str, token: str | None = TOKEN, **more: str) -> Result:
        return self.run("deploy.sh", NAME, "westeurope", "--yes", *args, token=token, **more)

    def records(self) -> list[dict[str, Any]]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def calls(self) -> list[Call]:
        return [Call(one["argv"]) for one in self.records() if one["argv"][0] != "answer"]

    def commands(self) -> list[str]:
        """Return what was called, without its options."""
        return [call.command for call in self.calls()]

    def times_published(self) -> int:
        """Return how often az was called to publish the code."""
        return self.commands().count("az functionapp deployment source config-zip")

    def forget_calls(self) -> None:
        (self.folder / "calls.jsonl").unlink(missing_ok=True)


class Gate(ThreadingHTTPServer):
    """The part of the backend that the scripts call: health, one photo stored, one read back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud: Cloud | None = None
        self.photos: dict[str, bytes] = {}
        self.unhealthy = 0  # health checks that fail with 503
        self.deaf = 0  # requests for which a key is not known yet
        self.changes_bytes = False
        self.deleted = False  # whether all photos were deleted: tombstones remain
        self.password = PASSWORD  # the owner's
        self.password_is_easy = False
        self.cookie = "__Secure-nightjar_session={}; max-age=60; domain=; path=/; secure; httponly"
        self.cookie += "; samesite=strict"  # as the Functions host writes it
        self.sessions: set[str] = set()
        self.published = b""  # what was sent to the deployment site itself
        self.deployment_status = 4

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def do_GET(self) -> None:
        gate = self.server
        if self.path == "/api/health":
            gate.unhealthy -= 1
            healthy = gate.unhealthy < 0
            detail = '{"detail": "Storage is unavailable: the role is not known yet."}'
            return self._answer(200 if healthy else 503, b"{}" if healthy else detail.encode())
        if self.path == "/api/deployments/latest":
            return self._answer(200, json.dumps({"status": gate.deployment_status}).encode())
        if self.path == "/api/session":
            known = self._session() in gate.sessions or self.headers["Authorization"] == (
                f"Bearer {self._app()['settings']['READ_TOKEN']}"
            )
            return self._answer(200 if known else 401, b"{}")
        token = f"Bearer {self._app()['settings']['READ_TOKEN']}"
        if self.headers["Authorization"] != token:
            return self._answer(401, b"")
        content = gate.photos.get(self.path.split("/")[3])
        if content is None or gate.deleted:
            return self._answer(404, b"")
        return self._answer(200, content + (b"x" if gate.changes_bytes else b""))

    def do_PUT(self) -> None:
        gate = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gate.deaf -= 1
        key = self.headers["x-functions-key"]
        cached = self.server.cloud.state["cached_keys"] if self.server.cloud else []
        if gate.deaf >= 0 or key not in [*self._app()["keys"].values(), *cached]:
            return self._answer(401, b"")
        if not body:
            return self._answer(400, b"")
        digest = hashlib.sha256(body).hexdigest()
        photo = f"{self.headers['X-Camera-Id']}-20261121T120000000Z-{digest[:8]}"
        new = photo not in gate.photos
        gate.photos[photo] = body
        receipt = json.dumps({"id": photo, "sha256": digest, "size": len(body)})
        return self._answer(201 if new else 200, receipt.encode())

    def do_POST(self) -> None:
        gate = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/publish?RemoteBuild=false&Deployer=nightjar":
            known = self.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
            gate.published = body if known else b""
            return self._answer(202 if known else 401, b"")
        credentials = json.loads(body)
        if gate.password_is_easy:
            return self._answer(403, b'{"detail": "GALLERY_PASSWORD is easy to guess."}')
        if credentials != {"name": "owner", "password": gate.password}:
            return self._answer(401, b"")
        gate.sessions.add("a-session")
        return self._answer(200, b"{}", {"Set-Cookie": gate.cookie.format("a-session")})

    def do_DELETE(self) -> None:
        self.server.sessions.remove(self._session())
        self._answer(204, b"")

    def _session(self) -> str:
        return (self.headers["Cookie"] or "").rpartition("=")[2]

    def _app(self) -> Any:
        assert self.server.cloud
        return self.server.cloud.state["apps"][NAME]

    def _answer(self, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running_gate() -> Iterator[Gate]:
    with Gate() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", autouse=True)
def no_time_limits() -> Iterator[None]:
    """Let a slow machine take its time."""
    with pytest.MonkeyPatch.context() as patch:
        lift_time_limits(patch)
        yield


@pytest.fixture
def gate() -> Iterator[Gate]:
    with running_gate() as one:
        yield one


def _program(file: Path, line: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


@pytest.fixture
def cloud(tmp_path: Path, gate: Gate) -> Cloud:
    """An empty subscription."""
    return new_cloud(tmp_path, gate)


def new_cloud(folder: Path, gate: Gate) -> Cloud:
    """Return an empty subscription, kept in this folder."""
    here = Path(__file__).parent
    # imported, and so compiled only once
    play = f"import sys; sys.path.insert(0, '{here}'); import stand_in; stand_in.main(sys.argv[1:])"
    programs = {one: f'"{sys.executable}" -ISs -c "{play}" {one}' for one in ("az", "curl", "ssh")}
    programs["python3"] = f'"{sys.executable}"'  # and not what finds a python3 first
    for program, command in programs.items():
        _program(folder / "bin" / program, f'exec {command} "$@"')
    sleep = """printf '{"argv": ["sleep", "%s"]}\\n' "$1" >>"$STAND_IN/calls.jsonl\""""
    _program(folder / "bin" / "sleep", sleep)
    (folder / "tmp").mkdir()
    state = {
        "signed_in": True,
        "taken": [],
        "registered": ["Microsoft.Storage"],
        "groups": {},
        "apps": {},
        "deployments": {},
        "trouble": {},
        "cached_keys": [],  # of running instances, which accept them until a restart
        "builds_with": "3.13",
        "writes_connection": False,
        "blobs": [],
        "alerts": [],
        "long_names": {"westeurope": "West Europe", "northeurope": "North Europe"},
        "host": f"{NAME}.azurewebsites.net",
        "backend": gate.url,
    }
    (folder / "azure.json").write_text(json.dumps(state))
    gate.cloud = Cloud(folder, gate)
    return gate.cloud
