"""Clients without waits, and a device with a backend that records what its agent asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from photo_wire.command import Command, CommandResult
from pi_uploader.control import ask
from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.capturing import asking, idle_settings
from tests.support.uploading import authority, quick_client
from tests.support.waiting import wait_for

__all__ = ["authority", "quick_client"]


@pytest.fixture(autouse=True)
def _busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device waits for seconds until its goodbye is sent or its cameras tell their state; a busy
    machine may need longer."""
    monkeypatch.setattr("pi_uploader.agent.agent.GOODBYE_SECONDS", 90.0)
    monkeypatch.setattr("pi_uploader.agent.state.STATE_SECONDS", 90.0)


@pytest.fixture
def backend() -> Iterator[AgentBackend]:
    with AgentBackend() as one:
        yield one


@pytest.fixture
def device(tmp_path: Path, backend: AgentBackend) -> AgentDevice:
    return AgentDevice(tmp_path, backend)


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[None]:
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate")):
        yield


def last_photo(device: AgentDevice) -> str | None:
    """Return when the capture process took its last photo, by its own word."""
    reply = ask(device.spool.folder, {"do": "state"}, 90)
    moment: str | None = reply.members["cameras"]["gate"]["last_photo"]
    return moment


def is_armed(backend: AgentBackend) -> bool:
    """Return whether the last heartbeat says so."""
    return bool(backend.heartbeats[-1].cameras["gate"].armed)


def result_of(backend: AgentBackend, command: Command) -> CommandResult:
    wait_for(lambda: backend.final(command), what=f"a result of {command.kind}")
    result = backend.final(command)
    assert result
    return result
