"""Commands that are asked for, taken and done at once: whatever happens between two requests to the
store, no command is lost, none comes back, and the blob says what the rows say."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.devices.live import RENEW_BEFORE
from function_app.storage.command_rows import CommandRecord
from function_app.storage.commands import Commands, blob_path
from function_app.storage.errors import StorageUnavailableError
from photo_wire.command import Command, CommandResult, CommandState, Kind
from photo_wire.command_blob import MAX_BLOB_BYTES, CommandBlob
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name
from tests.support.memory_store import MemoryDeviceBlobs, MemoryTable

NOW = to_milliseconds(datetime.now(UTC))
KEY = "K" * 43
POINTS = 12  # more than any of these makes requests


@dataclass
class Interrupted:
    """Stores to which something else happens just before the request number `at` of `commands`."""

    at: int
    happens: Callable[[Commands], object]
    rows: MemoryTable = field(default_factory=MemoryTable)
    blobs: MemoryDeviceBlobs = field(default_factory=MemoryDeviceBlobs)
    requests: int = 0

    @property
    def plain(self) -> Commands:
        return Commands(self.rows, self.blobs)

    @property
    def commands(self) -> Commands:
        return Commands(_Calls(self, self.rows), _Calls(self, self.blobs))


@dataclass
class _Calls:
    stores: Interrupted
    inside: object

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inside, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.stores.requests += 1
            if self.stores.requests - 1 == self.stores.at:
                self.stores.happens(self.stores.plain)
            return method(*args, **kwargs)

        return call


def wanted() -> CommandRecord:
    command = Command("0" * 32, Kind.PHOTO, NOW + timedelta(minutes=10), "gate")
    return CommandRecord(command, "owner", NOW)


def ask(commands: Commands) -> CommandRecord:
    return commands.ask("gate", wanted(), NOW)


def report(commands: Commands, record: CommandRecord, state: CommandState) -> None:
    commands.record("gate", CommandResult(record.command.id, state), NOW)


def look(commands: Commands) -> None:
    """As the route does."""
    while True:
        blob = commands.read_blob("gate")
        until = NOW + RENEW_BEFORE
        if commands.write_blob(blob, CommandBlob(blob.content.open, {"gate": until})):
            return


def check(stores: Interrupted, states: list[CommandState], is_looking: bool = False) -> None:
    """The rows have these states, by the order in which they were asked, and the blob agrees."""
    found = stores.plain.newest("gate", 100, "")[::-1]
    assert sorted(one.state for one in found) == sorted(states)
    blob = stores.plain.read_blob("gate").content
    to_do = {one.command for one in found if one.state is CommandState.ASKED}
    assert set(blob.open) == set(stores.plain.to_do("gate", KEY, NOW)) == to_do
    assert len(blob.open) == len(to_do)
    assert bool(blob.looking_until) is is_looking


@pytest.mark.parametrize("at", range(POINTS))
@pytest.mark.parametrize("is_first", [True, False])
def test_two_ask_at_once(at: int, is_first: bool) -> None:
    """For the first time, too."""
    stores = Interrupted(at, ask)
    if not is_first:
        report(stores.plain, ask(stores.plain), CommandState.DONE)
    ask(stores.commands)
    asked = 1 + (stores.requests > at)
    check(stores, [CommandState.ASKED] * asked + [CommandState.DONE] * (not is_first))


@pytest.mark.parametrize("at", range(POINTS))
@pytest.mark.parametrize("state", [CommandState.TAKEN, CommandState.DONE, CommandState.REFUSED])
def test_a_device_reports_while_somebody_asks(at: int, state: CommandState) -> None:
    before: list[CommandRecord] = []
    stores = Interrupted(at, lambda plain: report(plain, before[0], state))
    before.append(ask(stores.plain))
    ask(stores.commands)
    first = state if stores.requests > at else CommandState.ASKED
    check(stores, [first, CommandState.ASKED])


@pytest.mark.parametrize("at", range(POINTS))
@pytest.mark.parametrize("state", [CommandState.TAKEN, CommandState.DONE])
def test_somebody_asks_while_a_device_reports(at: int, state: CommandState) -> None:
    stores = Interrupted(at, ask)
    report(stores.commands, ask(stores.plain), state)
    check(stores, [state] + [CommandState.ASKED] * (stores.requests > at))


@pytest.mark.parametrize("at", range(POINTS))
@pytest.mark.parametrize("reported", [CommandState.TAKEN, CommandState.EXPIRED])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_photo_arrives_while_its_device_reports(
    at: int, reported: CommandState, is_open: bool
) -> None:
    """Done wins, whether the command is still listed as open or not."""
    before: list[CommandRecord] = []

    def arrive(plain: Commands) -> None:
        plain.record_photo("gate", new_name("gate", NOW, before[0].command.tag), NOW)

    stores = Interrupted(at, arrive)
    before.append(ask(stores.plain))
    if not is_open:
        report(stores.plain, before[0], CommandState.EXPIRED)
    report(stores.commands, before[0], reported)
    if stores.requests <= at:
        arrive(stores.plain)
    check(stores, [CommandState.DONE])
    (found,) = stores.plain.newest("gate", 2, "")
    assert len(found.photos) == 1


@pytest.mark.parametrize("at", range(POINTS))
def test_somebody_looks_while_another_asks(at: int) -> None:
    stores = Interrupted(at, look)
    ask(stores.commands)
    check(stores, [CommandState.ASKED], is_looking=stores.requests > at)


@pytest.mark.parametrize("at", range(POINTS))
def test_somebody_asks_while_another_looks(at: int) -> None:
    stores = Interrupted(at, ask)
    look(stores.commands)
    if stores.requests <= at:
        ask(stores.plain)
    check(stores, [CommandState.ASKED], is_looking=True)


@pytest.mark.parametrize("at", range(POINTS))
def test_a_device_asks_for_the_first_time_while_somebody_asks(at: int) -> None:
    stores = Interrupted(at, ask)
    stores.commands.to_do("gate", KEY, NOW)
    if stores.requests <= at:
        ask(stores.plain)
    check(stores, [CommandState.ASKED])


@pytest.mark.parametrize("at", range(POINTS))
@pytest.mark.parametrize("happens", [ask, look])
def test_a_key_is_replaced_while_somebody_asks_or_looks(
    at: int, happens: Callable[[Commands], object]
) -> None:
    """And the other way round. The blob of the key before is gone, and nobody writes it again."""
    stores = Interrupted(at, lambda plain: plain.move("gate", KEY, NOW))
    stores.plain.move("gate", "old key", NOW)
    happens(stores.commands)
    if stores.requests <= at:
        stores.plain.move("gate", KEY, NOW)
    asked = [CommandState.ASKED] if happens is ask else []
    assert stores.blobs.read(blob_path("gate", "old key"), MAX_BLOB_BYTES) is None
    blob = stores.plain.read_blob("gate")
    assert (blob.path, len(blob.content.open)) == (blob_path("gate", KEY), len(asked))

    stores = Interrupted(at, happens)
    stores.plain.move("gate", "old key", NOW)
    stores.commands.move("gate", KEY, NOW)
    if stores.requests <= at:
        happens(stores.plain)
    assert stores.blobs.read(blob_path("gate", "old key"), MAX_BLOB_BYTES) is None
    blob = stores.plain.read_blob("gate")
    assert (blob.path, len(blob.content.open)) == (blob_path("gate", KEY), len(asked))


@pytest.mark.parametrize("at", range(POINTS))
def test_a_crash_while_a_key_is_replaced_is_made_up_for_by_the_next_heartbeat(at: int) -> None:
    def crash(_: Commands) -> None:
        raise InterruptedError

    stores = Interrupted(at, crash)
    stores.plain.move("gate", "old key", NOW)
    ask(stores.plain)
    with suppress(InterruptedError):
        stores.commands.move("gate", KEY, NOW)
    assert len(stores.plain.to_do("gate", KEY, NOW)) == 1
    check(stores, [CommandState.ASKED])
    assert stores.plain.read_blob("gate").path == blob_path("gate", KEY)


@pytest.mark.parametrize("at", range(POINTS))
def test_after_a_crash_the_heartbeat_tells_and_the_next_command_mends_the_blob(at: int) -> None:
    """The process ends just before one of its requests."""

    def crash(_: Commands) -> None:
        raise InterruptedError

    stores = Interrupted(at, crash)
    with suppress(InterruptedError):
        ask(stores.commands)
    asked = stores.plain.newest("gate", 10, "")
    assert list(stores.plain.to_do("gate", KEY, NOW)) == [one.command for one in asked]
    ask(stores.plain)
    check(stores, [CommandState.ASKED] * (len(asked) + 1))


def test_a_command_is_given_once_if_only_the_blob_cannot_be_written() -> None:
    """Whoever gets an error asks again."""

    class _ReadOnly(MemoryDeviceBlobs):
        def write(self, path: str, content: bytes, content_type: str, etag: str = "") -> bool:
            raise StorageUnavailableError("it answered 503 ServerBusy")

    table = MemoryTable()
    Commands(table, MemoryDeviceBlobs()).to_do("gate", KEY, NOW)  # a heartbeat before
    commands = Commands(table, _ReadOnly())
    asked = ask(commands)
    assert commands.to_do("gate", KEY, NOW) == (asked.command,)
