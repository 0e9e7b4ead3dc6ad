"""The state in a heartbeat: parts that cannot be read are left out, and stop no heartbeat."""

import errno
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from photo_wire.camera_state import MAX_REASON, CameraState
from photo_wire.heartbeat import MAX_CAMERAS, known_members, parse_heartbeat
from pi_uploader.agent.health import HealthReader
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.state import DeviceInfo, StateReader
from pi_uploader.clock import Clock
from pi_uploader.control import Reply
from pi_uploader.spool import Spool
from pi_uploader.upload.limits import UploadLimits
from tests.support.spool_photos import put

CLOCK = Clock(is_trusted=True)


def long_reasons(reason: str) -> dict[str, CameraState]:
    return {f"camera-{n}": CameraState(armed=True, failing=reason) for n in range(MAX_CAMERAS)}


def failing(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


class FailingQuota(UploadLimits):
    def used(self, now: datetime) -> tuple[int, int | None]:
        raise RuntimeError("a defect")


def fail_budget(reader: StateReader, _: pytest.MonkeyPatch) -> None:
    reader.quota = FailingQuota()


def fail_spool(reader: StateReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader.spool, "backlog", failing)


def fail_losses(reader: StateReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader.spool.losses, "count", failing)


def fail_health(_: StateReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HealthReader, "read", failing)


def fail_cameras(_: StateReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pi_uploader.agent.state.read_cameras", failing)


@pytest.mark.parametrize(
    ("fail", "part", "lacks"),
    [
        (fail_budget, "month's data", {"sent_this_month"}),
        (fail_spool, "spool", {"spool", "quarantine"}),
        (fail_losses, "losses", {"losses"}),
        (fail_health, "machine", {"disk_free", "disk_total"}),
        (fail_cameras, "cameras", set()),
    ],
)
def test_a_part_that_cannot_be_read_is_left_out_and_logged_once(
    fail: Callable[[StateReader, pytest.MonkeyPatch], None],
    part: str,
    lacks: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On a machine without /proc and a Pi's files, too: of those nothing is logged."""
    spool = Spool(tmp_path / "spool")
    put(spool, 1)
    pause = UploadPause(tmp_path / "paused.json", CLOCK)
    device = DeviceInfo("gate", None, 300.0, None)
    reader = StateReader(device, spool, pause, UploadLimits(), CLOCK, root=tmp_path / "nothing")
    whole = reader.read()
    assert caplog.text == ""
    assert whole.spool
    assert (whole.spool.waiting, whole.losses, whole.network, whole.cpu) == (1, 0, None, None)
    fail(reader, monkeypatch)
    for _ in range(3):
        state = reader.read()
        assert not reader.has_changed(state)
    names = {"sent_this_month", "spool", "quarantine", "losses", "disk_free", "disk_total"}
    assert {name for name in names if getattr(state, name) is None} == lacks
    assert caplog.text.count(f"the state of the {part} is not known") == 1
    assert len(caplog.records) == 1


@pytest.mark.parametrize("character", ["a", "\u0436", "\U0001f4f7"])
def test_all_cameras_fail_and_the_heartbeat_still_fits(
    character: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the capture process tells it, with reasons that are as long as they may be."""
    cameras = {
        name: known_members(one) for name, one in long_reasons(character * MAX_REASON).items()
    }
    reply = Reply({"cameras": cameras})
    monkeypatch.setattr("pi_uploader.agent.state.ask", lambda *_: reply)
    spool = Spool(tmp_path / "spool")
    pause = UploadPause(tmp_path / "paused.json", CLOCK)
    device = DeviceInfo("gate", None, 300.0, None)
    reader = StateReader(device, spool, pause, UploadLimits(), CLOCK, root=tmp_path / "nothing")
    state = reader.read()
    assert parse_heartbeat(state.to_json()).cameras == state.cameras
    assert len(state.cameras) == MAX_CAMERAS
    reasons = {one.failing or "" for one in state.cameras.values()}
    assert reasons in ({character * 200}, {character * 100})
    assert not reader.has_changed(state)
