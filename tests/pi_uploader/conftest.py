"""The program as a process, and pins without a Pi."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from local.processes import kill, start
from pi_uploader import board
from pi_uploader.cameras.picamera import camera, recorder, session
from tests.support.pi_camera import fake_picamera2
from tests.support.program import Program, StartProgram

TRUSTED = {"CAMERA_CLOCK": "trusted", "CAMERA_HEARTBEAT": "off"}  # the machine may have no NTP


@pytest.fixture
def spool_folder(tmp_path: Path) -> Path:
    """The spool's folder, which does not exist yet."""
    return tmp_path / "state" / "spool"


@pytest.fixture
def start_program(tmp_path: Path, spool_folder: Path, log_folder: Path) -> Iterator[StartProgram]:
    """`start_program(command, *args, **env)` starts `pi-uploader command` as a process, or another
    Python program if the first argument is -c. Only `env`, PATH, HOME, CAMERA_CLOCK,
    CAMERA_HEARTBEAT and CAMERA_SPOOL are set."""
    with ExitStack() as running:

        def start_one(*args: str, **env: str) -> Program:
            log = log_folder / f"{tmp_path.name}-{args[0].strip('-')}.log"
            arguments = args if args[0] == "-c" else ("-m", "pi_uploader", *args)
            home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            with log.open("ab") as output:
                process = start(
                    [sys.executable, *arguments],
                    env={**home, **TRUSTED, "CAMERA_SPOOL": str(spool_folder), **env},
                    output=output,
                )
            running.callback(kill, process)
            return Program(process, log)

        yield start_one


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's mock pins: `pins.pin(17).drive_high()`."""
    former = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = former


@pytest.fixture
def set_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """set_board(name) makes the machine a board of this name, with 64 MiB of memory for
    pictures."""

    def set_name(name: str) -> None:
        (tmp_path / "model").write_text(name + "\0")
        (tmp_path / "meminfo").write_text(
            "MemTotal: 443000 kB\nCmaTotal:  65536 kB\nCmaFree: 1 kB\n"
        )
        monkeypatch.setattr(board, "MODEL_FILE", tmp_path / "model")
        monkeypatch.setattr(board, "MEMORY_FILE", tmp_path / "meminfo")

    return set_name


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The fake picamera2's camera, new for each test. A frame that is lost is given up at once.
    A ring has the pre-roll alone."""
    monkeypatch.setattr(session, "FRAME_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(recorder, "RING_MARGIN_SECONDS", 0.0)
    monkeypatch.setattr(camera, "OPEN_TIMEOUT_SECONDS", 90.0)  # a busy machine's threads wait
    with fake_picamera2(monkeypatch) as fake:
        yield fake
