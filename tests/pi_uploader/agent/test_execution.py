"""What a command does, where the tests of the agent and of its runner do not show it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.command import Command, CommandState, Kind
from photo_wire.name import PhotoName
from pi_uploader.agent.execution import Executor
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, replay
from pi_uploader.spool.replay import ReplaySet
from tests.support.frame_streams import QUIET, frame_of
from tests.support.spool_photos import name

CLOCK = Clock(is_trusted=True)


class NoUploads:
    def prioritize(self, tag: str) -> None:
        """Nothing is uploaded here."""


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Executor:
    monkeypatch.setattr(replay, "MIN_FREE_BYTES", 0)
    pause = UploadPause(tmp_path / "paused", CLOCK)
    return Executor(Spool(tmp_path), NoUploads(), pause, ServerClock(CLOCK))


def to_keep(photo: PhotoName | None) -> Command:
    never = datetime(9999, 1, 1, tzinfo=UTC)
    return Command("0" * 32, Kind.REPLAY_KEEP, never, photo=photo)


def test_the_frames_of_a_photo_are_kept_also_after_a_restart(
    executor: Executor, tmp_path: Path
) -> None:
    """A command that was taken before a restart is executed again: that changes nothing."""
    frames = ReplaySet(tmp_path)
    frames.add([name(1)], [frame_of(QUIET)], 0.0)
    command = to_keep(name(1))
    assert executor.problem(command) is None
    for execute in (executor.execute, executor.settle):
        assert execute(command).state is CommandState.DONE
        assert [file.stem for file in frames.missed.iterdir()] == [str(name(1))]


@pytest.mark.parametrize(
    ("photo", "detail"),
    [
        (None, "it names no photo"),
        (name(2), "the frames of this photo are not on the device (any more)"),
    ],
)
def test_frames_that_are_not_there_are_refused(
    photo: PhotoName | None, detail: str, executor: Executor
) -> None:
    result = executor.execute(to_keep(photo))
    assert (result.state, result.detail) == (CommandState.REFUSED, detail)
