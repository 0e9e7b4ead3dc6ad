"""The agent executes each command once, and reports what became of it."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from photo_wire.command import CommandState
from pi_uploader.agent.agent import JOURNAL_FILE
from pi_uploader.agent.journal import Journal
from tests.pi_uploader.agent.conftest import is_armed, result_of
from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.capturing import asking, idle_settings
from tests.support.waiting import wait_for


@pytest.mark.usefixtures("capture")
def test_a_photo_now(backend: AgentBackend, device: AgentDevice) -> None:
    with device.running():
        command = backend.ask("photo")
        result = result_of(backend, command)
    assert result.state is CommandState.DONE
    [photo] = result.photos
    assert photo.endswith(f"-{command.tag}")
    assert device.urgent == [command.tag]
    assert photo in {str(one.name) for one in device.spool.waiting_photos()}


@pytest.mark.usefixtures("capture")
def test_a_command_that_stays_open_in_the_blob_is_done_once(
    backend: AgentBackend, device: AgentDevice
) -> None:
    with device.running():
        first = backend.ask("photo")
        result_of(backend, first)
        result_of(backend, backend.ask("photo"))
    assert len([one for one in device.spool.waiting_photos() if one.name.tag == first.tag]) == 1
    assert device.urgent.count(first.tag) == 1


@pytest.mark.usefixtures("capture")
def test_commands_come_with_heartbeats_where_there_is_no_blob(
    backend: AgentBackend, device: AgentDevice
) -> None:
    backend.has_link = False
    command = backend.ask("photo", camera=None)
    with device.running():
        assert result_of(backend, command).state is CommandState.DONE
    assert backend.polls == []


@pytest.mark.usefixtures("capture")
def test_logs_of_both_processes_come_sorted(
    backend: AgentBackend, device: AgentDevice, caplog: pytest.LogCaptureFixture
) -> None:
    with device.running():
        result = result_of(backend, backend.ask("logs", camera=None, lines=5))
        again = result_of(backend, backend.ask("logs", camera=None, lines=5))
    assert {result.state, again.state} == {CommandState.DONE}
    assert len(result.output.splitlines()) <= 5
    assert result.output.splitlines() == sorted(result.output.splitlines())


@pytest.mark.usefixtures("capture")
def test_arming_and_disarming_is_reported_at_once(
    backend: AgentBackend, device: AgentDevice
) -> None:
    with device.running():
        until = datetime.now(UTC) + timedelta(hours=2)
        assert result_of(backend, backend.ask("disarm", until=until)).state is CommandState.DONE
        wait_for(lambda: not is_armed(backend), what="a heartbeat that says so")
        camera = backend.heartbeats[-1].cameras["gate"]
        assert camera.disarmed_until
        assert abs(camera.disarmed_until - until) < timedelta(minutes=1)
        assert result_of(backend, backend.ask("arm", camera=None)).state is CommandState.DONE
        wait_for(lambda: is_armed(backend), what="a heartbeat that says so")


def test_pausing_uploads_survives_a_restart(
    tmp_path: Path, backend: AgentBackend, device: AgentDevice
) -> None:
    with device.running():
        assert result_of(backend, backend.ask("pause", camera=None)).state is CommandState.DONE
        assert wait_for(lambda: backend.heartbeats[-1].paused_until)
    later = AgentDevice(tmp_path, backend)
    assert later.pause.remaining()
    with later.running():
        assert result_of(backend, backend.ask("resume", camera=None)).state is CommandState.DONE
        wait_for(lambda: backend.heartbeats[-1].paused_until is None)
    assert not AgentDevice(tmp_path, backend).pause.remaining()


@pytest.mark.parametrize(
    ("members", "state", "detail"),
    [
        ({"kind": "dance"}, CommandState.REFUSED, "does not know dance"),
        (
            {"kind": "photo", "expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
            CommandState.EXPIRED,
            "too late",
        ),
        ({"kind": "photo", "camera": "other"}, CommandState.REFUSED, "other"),
    ],
)
@pytest.mark.usefixtures("capture")
def test_what_is_not_executed(
    members: dict[str, Any],
    state: CommandState,
    detail: str,
    backend: AgentBackend,
    device: AgentDevice,
) -> None:
    with device.running():
        result = result_of(backend, backend.ask(**members))
    assert (result.state, detail in result.detail) == (state, True)


def test_a_command_that_was_interrupted_is_not_executed_again(
    tmp_path: Path, backend: AgentBackend
) -> None:
    """The device was killed after it had taken them: one photo was taken, one was not."""
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    taken, lost = backend.ask("photo"), backend.ask("photo")
    arm = backend.ask("arm")
    with asking(settings) as ask_capture:
        photo = ask_capture("photo", camera="gate", tag=taken.tag).members["photo"]
        journal = Journal(settings.spool / JOURNAL_FILE)
        for command in (taken, lost, arm):
            journal.take(command)
        device = AgentDevice(tmp_path, backend)
        with device.running():
            results = [result_of(backend, one) for one in (taken, lost, arm)]
    assert [one.state for one in results] == [
        CommandState.DONE,
        CommandState.EXPIRED,
        CommandState.EXPIRED,
    ]
    assert results[0].photos == (photo,)
    tags = [one.name.tag for one in device.spool.waiting_photos()]
    assert (tags.count(taken.tag), tags.count(lost.tag)) == (1, 0)


@pytest.mark.usefixtures("capture")
def test_what_may_have_been_in_a_damaged_journal_expires(
    tmp_path: Path, backend: AgentBackend
) -> None:
    (tmp_path / "spool" / JOURNAL_FILE).write_text("damaged")
    before = backend.ask("photo")
    with AgentDevice(tmp_path, backend).running():
        assert result_of(backend, before).state is CommandState.EXPIRED
        assert result_of(backend, backend.ask("photo")).state is CommandState.DONE


def test_a_restart_ends_both_processes(tmp_path: Path, backend: AgentBackend) -> None:
    stop = threading.Event()
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate"), stop):
        device = AgentDevice(tmp_path, backend)
        with device.running("restart"):
            command = backend.ask("restart", camera=None)
            assert device.restarted.wait(90)
            assert stop.wait(90)
        assert device.agent.should_restart
    assert result_of(backend, command).state is CommandState.DONE
    assert backend.heartbeats[-1].goodbye == "restart"


@pytest.mark.usefixtures("capture")
def test_the_doctor_leaves_the_cameras_alone(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_SOURCE", "simulated")
    monkeypatch.setenv("CAMERA_SPOOL", str(device.spool.folder))
    monkeypatch.setenv("BASE_URL", backend.server.base_url)
    with device.running():
        result = result_of(backend, backend.ask("doctor", camera=None))
    assert result.state is CommandState.DONE
    subjects = {one["what"] for one in json.loads(result.output)}
    assert {"clock", "disk", "network"} <= subjects
    assert not {"camera", "gpiozero", "trigger"} & subjects
