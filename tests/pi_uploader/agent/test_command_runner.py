"""Commands are executed in order and once, two at a time at most."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.command import Command, CommandResult, CommandState
from pi_uploader.agent.command_runner import CommandRunner
from pi_uploader.agent.execution import Executor, done, expired
from pi_uploader.agent.journal import Journal

NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)


def command(number: int, kind: str = "photo") -> Command:
    return Command(f"{number:08x}{'0' * 24}", kind, NEXT_YEAR)


class HeldExecutor(Executor):
    """Executes commands as long as the test wants it to."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.may_end = threading.Event()
        self.error: Exception | None = None

    def problem(self, command: Command) -> CommandResult | None:
        return None

    def execute(self, command: Command) -> CommandResult:
        self.started.append(command.kind)
        assert self.may_end.wait(90)
        if self.error:
            raise self.error
        return done(command)

    def settle(self, command: Command) -> CommandResult:
        return expired(command, "the device restarted meanwhile")


class Runner:
    """A CommandRunner, and a way to wait until a command of it has ended."""

    def __init__(self, file: Path) -> None:
        self.journal, self.executor = Journal(file), HeldExecutor()
        self.ended = threading.Semaphore(0)
        self.commands = CommandRunner(self.journal, self.executor, self.ended.release)

    def advance(self, *shown: Command) -> bool:
        return self.commands.advance(shown, is_complete=True)

    def wait_for_end(self) -> None:
        assert self.ended.acquire(timeout=90)

    def states(self) -> list[CommandState]:
        return [one.state for one in self.journal.pending()]


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    one = Runner(tmp_path / "commands.json")
    yield one
    one.executor.may_end.set()


def test_a_photo_does_not_wait_for_a_doctor_but_for_a_photo(runner: Runner) -> None:
    shown = [command(1, "doctor"), command(2), command(3, "clip"), command(4)]
    assert not runner.advance(*shown)
    assert not runner.advance(*shown)
    assert runner.states() == [CommandState.TAKEN] * 2
    assert [one.id for one in runner.journal.taken()] == [shown[0].id, shown[1].id]
    runner.executor.may_end.set()
    runner.wait_for_end()
    runner.wait_for_end()
    assert runner.advance(*shown)
    runner.wait_for_end()
    runner.wait_for_end()
    assert runner.advance(*shown)
    assert runner.states() == [CommandState.DONE] * 4
    assert sorted(runner.executor.started) == ["clip", "doctor", "photo", "photo"]
    assert not runner.advance(*shown)


def test_what_a_process_before_has_taken_is_not_executed(tmp_path: Path) -> None:
    before = Journal(tmp_path / "commands.json")
    before.take(command(1))
    runner = Runner(tmp_path / "commands.json")
    assert not runner.advance(command(1), command(2))
    runner.wait_for_end()
    runner.executor.may_end.set()
    assert runner.advance(command(1), command(2))
    assert runner.states() == [CommandState.EXPIRED, CommandState.TAKEN]
    runner.wait_for_end()


def test_nothing_begins_after_a_restart(runner: Runner) -> None:
    runner.advance(command(1, "restart"), command(2, "doctor"))
    should_restart = [runner.commands.should_restart]
    runner.executor.may_end.set()
    runner.wait_for_end()
    runner.advance()
    should_restart.append(runner.commands.should_restart)
    assert should_restart == [False, True]
    assert runner.executor.started == ["restart"]


def test_a_disk_that_takes_nothing_can_be_looked_into(
    runner: Runner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log and the diagnosis are sent, once each; nothing else is done. One line says why."""
    (tmp_path / "commands.new").mkdir()  # in the place of what replaces the journal
    runner.executor.may_end.set()
    shown = [command(1), command(2, "logs"), command(3, "arm")]
    runner.advance(*shown)
    runner.wait_for_end()
    runner.advance(*shown)
    runner.advance(*shown)
    assert runner.executor.started == ["logs"]
    states = {one.id[:8]: one.state for one in runner.journal.pending()}
    assert states == {
        "00000001": CommandState.REFUSED,
        "00000002": CommandState.DONE,
        "00000003": CommandState.REFUSED,
    }
    assert caplog.text.count("the journal of commands cannot be written") == 1


def test_an_error_and_a_lack_of_threads_are_reported(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.executor.error = RuntimeError("something")
    runner.executor.may_end.set()
    runner.advance(command(1))
    runner.wait_for_end()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    runner.advance(command(2))
    assert runner.states() == [CommandState.REFUSED] * 2
    assert [one.detail for one in runner.journal.pending()] == [
        "unexpected error: RuntimeError",
        "it failed: can't start new thread",
    ]
