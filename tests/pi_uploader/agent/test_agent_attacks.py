"""The agent against a backend that lies, disks and processes that fail, and commands that last."""

import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.command import CommandState
from pi_uploader.agent.agent import JOURNAL_FILE
from pi_uploader.control import SOCKET_NAME
from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.capturing import asking, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_for

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("expires_at", [LONG_AGO, END_OF_TIME])
def test_a_command_that_stays_open_is_reported_once(
    expires_at: datetime, backend: AgentBackend, device: AgentDevice
) -> None:
    backend.has_link = False
    backend.ask("dance", expires_at=expires_at)
    waits = [device.agent.step() for _ in range(10)]
    assert len(backend.heartbeats) == 2
    assert waits[-1] > 50


def test_a_journal_without_news_is_not_written(backend: AgentBackend, device: AgentDevice) -> None:
    device.agent.step()
    assert backend.heartbeats
    assert not (device.spool.folder / JOURNAL_FILE).exists()


def test_all_bytes_of_a_month_are_counted_by_one_clock(
    tmp_path: Path, backend: AgentBackend
) -> None:
    """This device's clock is wrong by months. With the server's date for some of the bytes, the
    count would begin again and again."""
    clock = FakeClock(wall=datetime(2026, 5, 1, tzinfo=UTC))
    device = AgentDevice(tmp_path, backend, clock=clock)
    device.quota.add(1_000_000, clock.now())
    device.agent.step()
    assert backend.heartbeats
    assert device.quota.used(clock.now())[0] > 1_000_000


def test_a_backend_that_is_being_updated_does_not_count_as_an_old_one(
    backend: AgentBackend, device: AgentDevice
) -> None:
    backend.has_link = False
    backend.ask("dance")
    assert device.agent.step() == 0
    backend.has_heartbeats = False
    assert device.agent.step() < 11


def test_a_heartbeat_that_is_rejected_does_not_make_the_device_silent(
    backend: AgentBackend, device: AgentDevice
) -> None:
    backend.status = 400
    assert device.agent.step() < 316
    assert len(backend.heartbeats) == 0


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_backend_that_always_fails_gets_few_requests(
    status: int, tmp_path: Path, backend: AgentBackend
) -> None:
    """In two simulated hours. The device asks about once a minute, an old backend once an hour."""
    seconds = [0.0]
    device = AgentDevice(tmp_path, backend, clock=FakeClock(seconds=lambda: seconds[0]))
    backend.status = status
    while seconds[0] < 7200:
        seconds[0] += max(device.agent.step(), 0.001)
    assert len(backend.server.requests) < (4 if status == 404 else 140)


def test_a_blob_that_cannot_be_read_counts_in_the_budget(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(backend._blob), "to_json", lambda _: b" " * 50_000)
    with device.running():
        wait_for(lambda: len(backend.polls) > 2, what="polls")
    assert device.quota.used(device.clock.now())[0] > 100_000


def test_a_capture_process_that_hangs_is_logged_once(
    backend: AgentBackend,
    device: AgentDevice,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pi_uploader.agent.state.STATE_SECONDS", 0.05)
    monkeypatch.setattr("pi_uploader.agent.agent.CHECK_SECONDS", 0.0)
    device.spool.folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(device.spool.folder / SOCKET_NAME))
        hanging.listen()
        for _ in range(4):
            device.agent.step()
    assert caplog.text.count("the state of the cameras is not known") == 1
    assert len(backend.heartbeats) == 1


def test_a_doctor_that_lasts_holds_up_nothing(
    tmp_path: Path, backend: AgentBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.agent.execution.DOCTOR", ["sleep", "1000"])
    monkeypatch.setattr("pi_uploader.agent.schedule.LOOKING_SECONDS", 0.05)
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate")):
        device = AgentDevice(tmp_path, backend)
        with device.running():
            doctor = backend.ask("doctor", camera=None)
            photo = backend.ask("photo")
            backend.look()
            wait_for(lambda: backend.final(photo), what="a photo")
            wait_for(lambda: backend.pictures, what="a live picture")
            assert {one.state for one in backend.results[doctor.id]} == {CommandState.TAKEN}
            wait_for(
                lambda: [one.name for one in threading.enumerate()].count("command") == 1,
                what="the end of all commands but the doctor",
            )


def test_what_a_doctor_has_started_ends_with_it(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it keeps the pipe open, and the agent reads it for ever."""
    program = "import subprocess; subprocess.run(['sleep', '1000'])"
    monkeypatch.setattr("pi_uploader.agent.execution.DOCTOR", [sys.executable, "-c", program])
    monkeypatch.setattr("pi_uploader.agent.execution.DOCTOR_SECONDS", 0.5)
    with device.running():
        command = backend.ask("doctor", camera=None)
        wait_for(lambda: backend.final(command), what="its result")
    result = backend.final(command)
    assert result
    assert result.state is CommandState.REFUSED
