"""Commands as heartbeats and the cleanup see them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from function_app.devices import commands
from function_app.devices.states import list_devices
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.command_rows import CommandRecord
from function_app.storage.commands import COMMAND_TTL
from function_app.storage.errors import StorageUnavailableError
from photo_wire.command import Command, CommandResult, CommandState, Kind
from photo_wire.heartbeat_reply import HeartbeatReply, parse_reply
from tests.support.devices import add_device
from tests.support.memory_store import MemoryDeviceBlobs, memory_services

NOW = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)
KEY = "A" * 43


@pytest.fixture
def services() -> Services:
    backend = memory_services(Settings(""))
    add_device(backend, "gate", ["gate"])
    return backend


def ask(services: Services, kind: Kind = Kind.PHOTO, now: datetime = NOW) -> Command:
    command = Command("0" * 32, kind, now + timedelta(minutes=10), None)
    return services.commands.ask("gate", CommandRecord(command, "owner", now), now).command


def test_the_reply_has_the_open_commands_and_a_link_for_a_day(services: Services) -> None:
    asked = ask(services)
    reply = commands.reply_for(services, "gate", KEY, NOW)
    assert reply.open == (asked,)
    assert reply.link
    assert re.search(r"/commands/gate/[0-9a-f]{16}\.json\?", reply.link.url)
    assert reply.link.expires_at == NOW + timedelta(days=1)
    assert parse_reply(reply.to_json()) == reply


def test_a_link_is_replaced_long_before_its_end(services: Services) -> None:
    """A device that reports once an hour at least always has a link that is valid for hours."""
    link = commands.reply_for(services, "gate", KEY, NOW).link
    later = commands.reply_for(services, "gate", KEY, NOW + timedelta(hours=1)).link
    assert link
    assert later
    assert later.expires_at - link.expires_at == timedelta(hours=1)


class _WithoutLinks(MemoryDeviceBlobs):
    """`error` is raised, if there is one."""

    error: Exception | None = None

    def link(self, path: str, until: datetime, may_write: bool = False) -> str | None:
        if self.error:
            raise self.error
        return None


@pytest.mark.parametrize("error", [None, StorageUnavailableError("no key is delegated")])
def test_without_a_link_commands_come_with_the_reply(
    services: Services, error: Exception | None
) -> None:
    """The account's credentials cannot sign one, or Azure delegates no key just now."""
    blobs = _WithoutLinks()
    blobs.error = error
    backend = replace(services, device_blobs=blobs)
    asked = ask(backend)
    assert commands.reply_for(backend, "gate", KEY, NOW) == HeartbeatReply(None, (asked,))


def test_every_result_is_acknowledged_and_recorded_once(services: Services) -> None:
    """Also one of a command that is not known any more, or a device would repeat it for ever."""
    asked = ask(services)
    results = [
        CommandResult(asked.id, CommandState.TAKEN),
        CommandResult("f" * 32, CommandState.DONE),
        CommandResult(asked.id, CommandState.DONE, "It is there."),
    ]
    for _ in range(2):
        ids = commands.record_results(services, "gate", results, NOW)
        assert ids == (asked.id, "f" * 32, asked.id)
        found = services.commands.get("gate", asked.id)
        assert found
        assert (found.state, found.detail) == (CommandState.DONE, "It is there.")
    assert services.commands.get("gate", "f" * 32) is None


def test_no_device_reports_of_another_s_command(services: Services) -> None:
    asked = ask(services)
    add_device(services, "attic", ["attic"])
    result = CommandResult(asked.id, CommandState.DONE)
    assert commands.record_results(services, "attic", [result], NOW) == (asked.id,)
    found = services.commands.get("gate", asked.id)
    assert found
    assert found.state is CommandState.ASKED


def test_the_cleanup_purges_old_commands_of_all_devices(services: Services) -> None:
    old = ask(services, Kind.LOGS, NOW - COMMAND_TTL - timedelta(hours=1))
    new = ask(services, Kind.LOGS, NOW)
    result = CommandResult(old.id, CommandState.DONE, output="a log")
    commands.record_results(services, "gate", [result], NOW - COMMAND_TTL)
    assert commands.purge(services, list_devices(services.devices), NOW) == 1
    assert [one.command for one in services.commands.newest("gate", 10, "")] == [new]
    assert services.commands.output("gate", old.id) is None
