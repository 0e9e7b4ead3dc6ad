"""kill -9 at every point of a command: nothing is done twice, and each command has one end."""

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local.processes import ROOT
from photo_wire.command import Command, CommandState
from photo_wire.name import parse_name
from pi_uploader.spool import Spool
from tests.support.agent_backend import AgentBackend
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for

MAX_POINT = 70  # in a process that takes a photo for a command and sends it
MAX_OPEN_HERE = 15  # commands; a reply to a heartbeat has at most 20
DONE, EXPIRED = CommandState.DONE, CommandState.EXPIRED


class ForkedDevice:
    """A device whose processes begin quickly, and kill themselves at a point."""

    def __init__(self, folder: Path, backend: AgentBackend, log: Path) -> None:
        self.spool = folder / "spool"
        self.log = log
        self.backend = backend
        pictures = folder / "pictures"
        pictures.mkdir()
        (pictures / "one.jpg").write_bytes(jpeg(seed=1))
        self._env = {
            **os.environ,
            "BASE_URL": backend.server.base_url,
            "AZURE_FUNCTION_KEY": "a key",
            "CAMERA_SOURCE": "simulated",
            "CAMERA_REPLAY": str(pictures),
            "CAMERA_CLOCK": "trusted",
            "CAMERA_NAME": "gate",
            "CAMERA_SPOOL": str(self.spool),
            "CAMERA_EVERY": "24h",
            "PIR_PIN": "none",
        }

    @contextmanager
    def running(self) -> Iterator["ForkedDevice"]:
        with (
            self.log.open("ab") as output,
            subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.forked_device"],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            ) as self._forks,
        ):
            try:
                yield self
            finally:
                self._forks.kill()

    def start(self, part: str, kill_at: int | None = None) -> int:
        """Start a process; return its id."""
        assert self._forks.stdin
        assert self._forks.stdout
        self._forks.stdin.write(json.dumps({"part": part, "kill_at": kill_at}).encode() + b"\n")
        self._forks.stdin.flush()
        return int(self._forks.stdout.readline())

    def has_ended(self, command: Command) -> bool:
        """Return whether the backend knows what became of a command, and has its photo if there is
        one."""
        result = self.backend.final(command)
        if result is None:
            return False
        return not result.photos or set(result.photos) <= self.backend.server.store.photos.keys()

    def points(self) -> Counter[str]:
        """Return how many processes were killed at each point."""
        return Counter(re.findall(r"killed at (.+)", self.log.read_text()))


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def kill(process: int) -> None:
    if is_running(process):
        with suppress(ProcessLookupError):  # it has reached its own point just now
            os.kill(process, 9)
        wait_for(lambda: not is_running(process), what="the end of a process")


class Capture:
    """The capture process, which is started again whenever it has ended."""

    def __init__(self, device: ForkedDevice, chance: random.Random) -> None:
        self._device = device
        self._chance = chance
        self.kills = -1
        self.process = 0

    def tend(self) -> None:
        """Start it if it does not run. Every second one kills itself at some point."""
        if not self.process or not is_running(self.process):
            self.kills += 1
            kill_at = self._chance.randrange(40) if self.kills % 2 else None
            self.process = self._device.start("capture", kill_at)


def kill_again_and_again(device: ForkedDevice, kills: int, chance: random.Random) -> None:
    """Ask a command in each life of the upload process, and kill it at a random point, and now and
    then the capture process, too; then look what became of the commands."""
    backend, commands, capture = device.backend, list[Command](), Capture(device, chance)
    capture.tend()
    lives = 0  # of the upload process
    while lives + capture.kills < kills:
        if backend.count_open() < MAX_OPEN_HERE:
            commands.append(backend.ask("photo"))
        command = commands[-1]
        lives += 1
        upload = device.start("upload", chance.randrange(MAX_POINT))

        def has_life_ended(upload: int = upload, command: Command = command) -> bool:
            capture.tend()
            return not is_running(upload) or device.has_ended(command)

        wait_for(has_life_ended, what="the end of a life")
        kill(upload)
        if chance.random() < 0.2:
            kill(capture.process)
            capture.tend()
        backend.forget([one for one in commands[:-5] if backend.final(one)])
    count = lives + capture.kills
    kill(capture.process)
    device.start("capture")
    device.start("upload")
    for command in commands:
        wait_for(lambda command=command: device.has_ended(command), what="an end of each command")  # type: ignore[misc]
    wait_for(lambda: Spool(device.spool).newest() is None, what="an empty spool")

    taken = Counter(parse_name(one).tag for one in backend.server.store.photos)
    ends = Counter(str(backend.end(one)) for one in commands)
    print(f"{count} kills at {len(device.points())} points: {len(commands)} commands, {dict(ends)}")
    assert max(taken[one.tag] for one in commands) == 1
    for command in commands:
        end = backend.end(command)
        assert end in (DONE, EXPIRED), backend.results[command.id]
        if end is DONE:
            assert taken[command.tag] == 1
        assert len({one.state for one in backend.results[command.id]} - {CommandState.TAKEN}) == 1


@pytest.fixture
def forked(tmp_path: Path, log_folder: Path) -> Iterator[ForkedDevice]:
    with AgentBackend() as backend:
        device = ForkedDevice(tmp_path, backend, log_folder / f"forked-{tmp_path.name}.log")
        with device.running():
            yield device


def seeded() -> random.Random:
    seed = random.randrange(10**6)
    print(f"the kills of seed {seed}")
    return random.Random(seed)


@pytest.mark.slow
def test_no_command_is_done_twice_when_its_processes_are_killed(forked: ForkedDevice) -> None:
    kill_again_and_again(forked, 20, seeded())


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_300_kills_at_30_points_of_a_command(forked: ForkedDevice) -> None:
    kill_again_and_again(forked, 300, seeded())
    assert len(forked.points()) >= 30
