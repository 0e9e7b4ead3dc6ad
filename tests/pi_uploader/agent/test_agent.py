"""The agent against a backend on loopback and a real capture process, all in threads."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from unittest.mock import ANY

import pytest

from photo_wire.command import CommandState
from photo_wire.heartbeat import Heartbeat, SpoolState
from pi_uploader.agent.agent import JOURNAL_FILE
from pi_uploader.control import ask
from tests.pi_uploader.agent.conftest import is_armed, last_photo, result_of
from tests.support.agent_backend import SECRET, AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.capturing import asking, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_for


def first_heartbeat(backend: AgentBackend) -> Heartbeat:
    wait_for(lambda: backend.heartbeats, what="a heartbeat")
    return backend.heartbeats[0]


@pytest.mark.usefixtures("capture")
def test_a_heartbeat_tells_the_state(backend: AgentBackend, device: AgentDevice) -> None:
    wait_for(lambda: last_photo(device), what="the first photo")
    with device.running():
        heartbeat = first_heartbeat(backend)
        wait_for(lambda: backend.polls, what="a poll, which follows the reply")
    assert (heartbeat.interval, heartbeat.site, heartbeat.goodbye) == (300, "home", None)
    assert heartbeat.uptime
    assert heartbeat.spool
    assert heartbeat.spool.waiting == 1
    assert heartbeat.spool.bytes
    assert (heartbeat.losses, heartbeat.quarantine) == (0, 0)
    assert heartbeat.cameras["gate"].armed
    assert heartbeat.cameras["gate"].last_photo
    assert "photo" in heartbeat.cameras["gate"].can
    assert [one.goodbye for one in backend.heartbeats] == [None, "shutdown"]


@pytest.mark.usefixtures("capture")
def test_a_goodbye_tells_what_the_spool_holds_then(
    backend: AgentBackend, device: AgentDevice
) -> None:
    """Nobody could correct it before the device is back."""
    wait_for(lambda: last_photo(device), what="the first photo")
    with device.running():
        assert first_heartbeat(backend).spool == SpoolState(1, ANY, ANY)
        wait_for(lambda: backend.polls, what="a poll, which follows the reply")
        for photo in list(device.spool.waiting_photos()):
            device.spool.remove(photo)
    last = backend.heartbeats[-1]
    assert (last.goodbye, last.spool) == ("shutdown", SpoolState(0, None, 0))
    assert last.cameras["gate"].last_photo


@pytest.mark.usefixtures("capture")
def test_live_pictures_while_somebody_looks(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.agent.live.PICTURE_SECONDS", 0.05)
    monkeypatch.setattr("pi_uploader.agent.schedule.LOOKING_SECONDS", 0.05)
    with device.running():
        backend.look()
        wait_for(lambda: len(backend.pictures) > 2, what="live pictures")
        backend.look_away()
        polls = len(backend.polls)
        wait_for(lambda: len(backend.polls) > polls + 1, what="a poll that sees that")
        count = len(backend.pictures)
        polls = len(backend.polls)
        wait_for(lambda: len(backend.polls) > polls + 2, what="more polls")
        assert len(backend.pictures) == count
    assert all(one.startswith(b"\xff\xd8") for one in backend.pictures)
    sent, _ = device.quota.used(device.clock.now())
    assert sent > sum(map(len, backend.pictures))


@pytest.mark.usefixtures("capture")
def test_a_device_that_starts_while_somebody_looks_sends_a_picture_at_once(
    tmp_path: Path, backend: AgentBackend
) -> None:
    """It does not wait for the time of a poll: the viewer would see an old picture, or none."""
    device = AgentDevice(tmp_path, backend, poll=20.0)
    backend.look()
    wait_in = device.agent.step()
    device.agent.close("shutdown")
    assert (len(backend.polls), len(backend.pictures)) == (1, 1)
    assert wait_in <= 1


def test_an_idle_agent_wakes_up_for_polls_and_heartbeats_alone(
    tmp_path: Path, backend: AgentBackend
) -> None:
    """In half an hour. It compares the device's state with the last heartbeat right after a
    poll."""
    seconds = [0.0]
    clock = FakeClock(seconds=lambda: seconds[0])
    device = AgentDevice(tmp_path, backend, clock=clock, poll=20.0)
    steps = 0
    while seconds[0] < 1800:
        seconds[0] += device.agent.step()
        steps += 1
    device.agent.close("shutdown")
    assert len(backend.polls) > 90
    assert steps <= len(backend.polls) + len(backend.heartbeats)


@pytest.mark.usefixtures("capture")
def test_polls_and_live_pictures_stop_when_the_data_of_the_month_is_spent(
    tmp_path: Path, backend: AgentBackend
) -> None:
    device = AgentDevice(tmp_path, backend, monthly_bytes=1)
    device.quota.add(2, device.clock.now())
    backend.look()
    command = backend.ask("photo")
    with device.running():
        assert result_of(backend, command).state is CommandState.DONE  # it came by heartbeat
    assert (backend.polls, backend.pictures) == ([], [])
    assert backend.heartbeats[0].monthly_limit == 1


@pytest.mark.usefixtures("capture")
def test_a_backend_that_is_too_old_is_left_alone(
    backend: AgentBackend, device: AgentDevice, caplog: pytest.LogCaptureFixture
) -> None:
    backend.has_heartbeats = False
    assert device.agent.step() > 3000
    assert device.agent.step() > 3000
    assert caplog.text.count("it is older than this device") == 1
    device.agent.close("shutdown")
    assert len(backend.server.requests) == 1  # and no goodbye


@pytest.mark.parametrize("code", [400, 401, 403, 429, 500, 503])
def test_heartbeats_that_fail_are_repeated(
    code: int, backend: AgentBackend, device: AgentDevice
) -> None:
    backend.status = code
    assert 0 < device.agent.step() <= (3600 if code == 400 else 10.5)


def test_a_device_that_is_not_approved_has_no_link(
    backend: AgentBackend, device: AgentDevice, caplog: pytest.LogCaptureFixture
) -> None:
    backend.is_approved = False
    assert device.agent.step() > 200
    assert "waits for the owner" in caplog.text
    assert backend.polls == []


def test_an_upload_carries_the_heartbeat(
    tmp_path: Path, backend: AgentBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.agent.schedule.MAX_CARRY_SECONDS", 300.0)
    monkeypatch.setattr("pi_uploader.agent.schedule.CARRY_SHARE", 1.0)
    with asking(idle_settings(tmp_path, CAMERA_NAME="gate")):
        device = AgentDevice(tmp_path, backend)
        wait_for(device.spool.newest, what="a photo")
        photo = next(device.spool.waiting_photos())
        device.agent.step()
        assert device.carrier.take() is None  # nothing is offered before a photo was sent
        device.agent.step()
        command = backend.ask("arm")
        with device.spool.open(photo) as file:
            carried = device.carrier.take()
            assert carried
            device.client.send_photo(photo, file, None, carried)
            device.carrier.settle(carried)
        device.agent.step()
        assert [one.cameras["gate"].armed for one in backend.carried] == [True]
        assert len(backend.heartbeats) == 1
        wait_for(lambda: (device.agent.step(), backend.final(command))[1])
    assert result_of(backend, command).state is CommandState.DONE


def test_an_upload_that_fails_takes_no_heartbeat_with_it(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.agent.step()
    device.carrier.offer("a heartbeat")
    carried = device.carrier.take()
    assert carried
    assert device.carrier.withdraw()  # it is under way
    device.carrier.settle(carried)
    assert not device.carrier.withdraw()
    assert device.carrier.take_reply() is None


@pytest.mark.usefixtures("capture")
def test_a_camera_that_is_disarmed_on_the_device_is_reported_within_a_minute(
    tmp_path: Path, backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.agent.agent.CHECK_SECONDS", 0.05)
    with device.running():
        first_heartbeat(backend)
        ask(device.spool.folder, {"do": "disarm", "camera": "gate"}, 90)
        wait_for(lambda: not is_armed(backend), what="a heartbeat that says so")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"open": [{"id": 1}]}'])
@pytest.mark.usefixtures("capture")
def test_a_blob_that_cannot_be_read_is_logged_once(
    content: bytes,
    backend: AgentBackend,
    device: AgentDevice,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(backend._blob), "to_json", lambda _: content)
    with device.running():
        wait_for(lambda: len(backend.polls) > 2, what="polls")
    assert caplog.text.count("commands cannot be polled") == 1
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("capture")
def test_a_link_of_a_device_whose_name_has_another_key(
    backend: AgentBackend, device: AgentDevice, caplog: pytest.LogCaptureFixture
) -> None:
    """Its blob is removed when an owner approves the other key."""
    backend.has_blob = False
    with device.running():
        wait_for(lambda: len(backend.polls) > 1, what="polls")
    assert caplog.text.count("the link is no longer this device's") == 1
    assert "pi-uploader identity shows this device's key" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("capture")
def test_no_log_line_shows_a_link(
    backend: AgentBackend, device: AgentDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="agent")
    with device.running():
        backend.look()
        result_of(backend, backend.ask("photo"))
        assert SECRET not in repr(vars(device.agent))
    assert SECRET not in caplog.text
    assert SECRET not in (device.spool.folder / JOURNAL_FILE).read_text()
    assert json.loads((device.spool.folder / JOURNAL_FILE).read_text())


def test_no_error_ends_the_agent(
    backend: AgentBackend, device: AgentDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.agent.agent.ERROR_PAUSE_SECONDS", 0.01)
    failures = iter([ValueError("a"), ValueError("a"), OSError("b")])
    step: Callable[..., float] = device.agent.step

    def fail_first(heartbeat: Callable[[float], None]) -> float:
        if error := next(failures, None):
            raise error
        return step(heartbeat)

    monkeypatch.setattr(device.agent, "step", fail_first)
    with device.running():
        wait_for(lambda: backend.heartbeats, what="a heartbeat after the errors")
