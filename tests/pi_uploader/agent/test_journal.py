"""The journal of commands: nothing is executed twice, and no result is lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.command import Command, CommandResult, CommandState
from pi_uploader.agent.journal import (
    EXPIRY_MARGIN,
    MAX_AGE,
    MAX_ENTRIES,
    MAX_PENDING,
    Journal,
)
from tests.support.crash_states import Model, crash_states, read_tree
from tests.support.disks import READS, FailingDisk, Kind, RecordingDisk, UnflushedDisk

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def command(number: int, kind: str = "photo") -> Command:
    return Command(f"{number:032x}", kind, NOW + timedelta(minutes=number), "gate", None, 20)


def done(of: Command, output: str = "") -> CommandResult:
    return CommandResult(of.id, CommandState.DONE, "a photo", output=output)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "commands.json"


def test_a_command_is_taken_done_acknowledged_and_forgotten(file: Path) -> None:
    one = command(1)
    journal = Journal(file)
    assert one.id not in journal
    journal.take(one)
    assert one.id in journal
    assert journal.taken() == [one]
    assert [result.state for result in journal.pending()] == [CommandState.TAKEN]
    journal.record(one, done(one))
    assert journal.taken() == []
    assert journal.pending() == [done(one)]
    journal.acknowledge([one.id])
    assert journal.pending() == []
    journal.forget_expired(one.expires_at + EXPIRY_MARGIN, ())
    assert one.id in journal
    journal.forget_expired(one.expires_at + EXPIRY_MARGIN + timedelta(seconds=1), ())
    assert one.id not in journal


def test_a_later_process_knows_everything(file: Path) -> None:
    journal = Journal(file)
    for number in range(3):
        journal.take(command(number))
    journal.record(command(1), done(command(1)))
    journal.record(command(2), done(command(2)))
    journal.acknowledge([command(2).id])
    later = Journal(file)
    assert not later.is_damaged
    assert later.taken() == [command(0)]
    assert later.pending() == journal.pending()
    assert command(2).id in later


def test_a_result_waits_for_as_long_as_the_backend_keeps_the_command(file: Path) -> None:
    journal = Journal(file)
    journal.take(command(1))
    journal.record(command(1), done(command(1)))
    journal.forget_expired(NOW + MAX_AGE, ())
    assert journal.pending() == [done(command(1))]
    journal.forget_expired(NOW + MAX_AGE + timedelta(minutes=2), ())
    assert journal.pending() == []


def test_a_command_that_is_being_executed_cannot_be_acknowledged(file: Path) -> None:
    journal = Journal(file)
    journal.take(command(1))
    journal.acknowledge([command(1).id, "0" * 32])
    assert journal.taken() == [command(1)]


def test_an_output_is_kept_in_memory_alone(file: Path) -> None:
    one = command(1, "logs")
    journal = Journal(file)
    journal.take(one)
    journal.record(one, done(one, "the log"))
    assert journal.has_output()
    assert "the log" not in file.read_text()
    assert Journal(file).taken() == [one]
    journal.acknowledge([one.id])
    assert not journal.has_output()
    assert Journal(file).taken() == []


@pytest.mark.slow
def test_it_is_bounded(file: Path) -> None:
    journal = Journal(file, UnflushedDisk())
    for number in range(MAX_PENDING):
        assert journal.has_room()
        journal.take(command(number))
    assert not journal.has_room()
    for number in range(MAX_ENTRIES):
        journal.record(command(number), done(command(number)))
    journal.acknowledge([command(number).id for number in range(MAX_ENTRIES)])
    assert journal.pending() == []
    assert not journal.has_room()
    journal.forget_expired(NOW + timedelta(days=1), ())
    assert journal.has_room()
    largest = len(json.dumps([command(1).to_properties(), done(command(1)).to_properties()])) + 100
    assert file.stat().st_size < largest * MAX_ENTRIES < 2 * 1024 * 1024


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '[{"command": {}}]',
        "[[",
        '[{"command": 1, "result": 2, "acknowledged": 3}]',
    ],
)
def test_a_damaged_journal_is_known_to_be_so(
    content: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(content)
    journal = Journal(file)
    assert journal.is_damaged
    assert "cannot be read" in caplog.text
    journal.take(command(1))
    assert not Journal(file).is_damaged


def test_what_the_disk_does_not_record_is_not_taken(file: Path) -> None:
    """Whichever operation fails: the command must not be executed, and the journal stays whole."""
    Journal(file).take(command(0))
    writes = FailingDisk(kinds=frozenset(Kind) - READS)
    Journal(file, writes).take(command(1))
    for at in range(writes.operations):
        disk = FailingDisk(at, kinds=frozenset(Kind) - READS)
        journal = Journal(file, disk)
        try:
            journal.take(command(2))
        except OSError:
            assert command(2).id not in journal
        else:
            assert disk.failed == []
        assert not Journal(file).is_damaged
        assert command(0).id in Journal(file)


@pytest.mark.parametrize("model", Model)
def test_a_power_cut_at_any_time_forgets_nothing_that_was_taken(
    model: Model, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    start, disk = read_tree(folder), RecordingDisk()
    journal = Journal(folder / "commands.json", disk)
    for number in range(3):
        disk.mark("begun", command(number).id)
        journal.take(command(number))
        disk.mark("taken", command(number).id)
        journal.record(command(number), done(command(number)))
        disk.mark("done", command(number).id)
        journal.acknowledge([command(number).id])
    states = 0
    for state in crash_states(folder, start, disk.record, model):
        states += 1
        left = tmp_path / f"{states}"
        state.write_to(left)
        after = Journal(left / "commands.json")
        assert not after.is_damaged, state
        for id_ in state.marked("taken"):
            assert id_ in after, state
        taken = {one.id for one in after.taken()}
        assert not taken & set(state.marked("done")), state
        assert taken <= set(state.marked("begun"))
    assert states > 20
