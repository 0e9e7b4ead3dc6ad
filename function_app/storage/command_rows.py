"""The record of a command, and the rows of a device's commands.

A command's key is its id, of which the first eight digits count down from year to year: so the
newest is listed first, and the photo that is taken for a command names its row (photo_wire.command:
`tag`). One more row lists the open commands. Every change of an open command changes it in the same
transaction, so that of two changes at once one has to look again.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from photo_wire.command import (
    MAX_CAMERAS,
    Command,
    CommandResult,
    CommandState,
    parse_command,
    tag_of,
)
from photo_wire.moment import EPOCH, format_time, parse_time
from photo_wire.name import parse_name

OPEN = "open"  # the key of the list; keys of commands come before it
AFTER_COMMANDS = "g"
# A device may take a command just before its end, and the doctor needs two minutes.
REPORT_TIMEOUT = timedelta(minutes=10)
_LAST_SECOND = 0xFFFF_FFFF
_FINAL = (CommandState.DONE, CommandState.REFUSED)
_PENDING = (CommandState.ASKED, CommandState.TAKEN)


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command, who asked for it and when, and what became of it. `state` is as stored: use
    `state_at`, because nobody writes down that a command expired."""

    command: Command
    asked_by: str
    asked_at: datetime
    state: CommandState = CommandState.ASKED
    detail: str = ""
    photos: tuple[str, ...] = ()
    has_output: bool = False
    finished_at: datetime | None = None

    def state_at(self, now: datetime) -> CommandState:
        """Return what has become of the command at this moment."""
        is_over = self.state in _PENDING and _is_over(self.command, self.state, now)
        return CommandState.EXPIRED if is_over else self.state

    def is_final_at(self, now: datetime) -> bool:
        """Return whether there is nothing more to wait for."""
        return self.state_at(now) not in _PENDING

    def after(self, result: CommandResult, now: datetime) -> "CommandRecord":
        """Return the record after a device's report. What is done stays done, and a report that it
        is done counts also for a command that expired. Only photos with its tag, and of its camera,
        are its own."""
        taken = (one for one in result.photos if self.command.may_take(parse_name(one)))
        merged = replace(
            self,
            photos=tuple(dict.fromkeys((*self.photos, *taken)))[:MAX_CAMERAS],
            has_output=self.has_output or bool(result.output),
        )
        is_late = self.state is CommandState.EXPIRED and result.state is CommandState.TAKEN
        if self.state in (*_FINAL, result.state) or is_late:
            return merged
        finished_at = None if result.state is CommandState.TAKEN else now
        return replace(merged, state=result.state, detail=result.detail, finished_at=finished_at)

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the row."""
        command = self.command
        properties = {
            "kind": command.kind,
            "camera": command.camera,
            "until": format_time(command.until) if command.until else None,
            "lines": None if command.lines is None else str(command.lines),
            "photo": None if command.photo is None else str(command.photo),
            "expires_at": format_time(command.expires_at),
            "who": self.asked_by,
            "asked_at": format_time(self.asked_at),
            "state": self.state.value,
            "detail": self.detail or None,
            "photos": " ".join(self.photos) or None,
            "output": "1" if self.has_output else None,
            "finished_at": format_time(self.finished_at) if self.finished_at else None,
        }
        return {name: value for name, value in properties.items() if value is not None}


def parse_record(key: str, properties: Mapping[str, str]) -> CommandRecord:
    """Return the command of a row."""
    until, finished_at = properties.get("until"), properties.get("finished_at")
    command = Command(
        key,
        properties["kind"],
        parse_time(properties["expires_at"]),
        properties.get("camera"),
        parse_time(until) if until else None,
        int(properties["lines"]) if "lines" in properties else None,
        parse_name(properties["photo"]) if "photo" in properties else None,
    )
    return CommandRecord(
        command,
        properties["who"],
        parse_time(properties["asked_at"]),
        CommandState(properties["state"]),
        properties.get("detail", ""),
        tuple(properties.get("photos", "").split()),
        "output" in properties,
        parse_time(finished_at) if finished_at else None,
    )


@dataclass(frozen=True, slots=True)
class OpenCommands:
    """The open commands of a device in the order in which they were asked, each with its state.
    `last_tag` is that of the newest command, also if that is not open any more. `key` is the public
    key of the device that polls them, empty before its first heartbeat."""

    commands: Mapping[Command, CommandState] = field(default_factory=dict)
    last_tag: str = "ffffffff"
    key: str = ""

    def at(self, now: datetime) -> "OpenCommands":
        """Return the list without commands that are over."""
        pending = {
            one: state for one, state in self.commands.items() if not _is_over(one, state, now)
        }
        return replace(self, commands=pending)

    @property
    def to_do(self) -> tuple[Command, ...]:
        """The commands that the device has not taken yet."""
        return tuple(one for one, state in self.commands.items() if state is CommandState.ASKED)

    def find(self, command_id: str) -> Command | None:
        """Return the open command of this id."""
        return next((one for one in self.commands if one.id == command_id), None)

    def new_id(self, now: datetime) -> str:
        """Return an id for the next command: its tag is lower than that of all before it."""
        seconds = int((now - EPOCH).total_seconds())
        tag = min(_LAST_SECOND - seconds, int(self.last_tag, 16) - 1)
        return f"{tag:08x}{secrets.token_hex(12)}"

    def with_command(self, command: Command) -> "OpenCommands":
        """Return the list with one more command, the newest."""
        commands = {**self.commands, command: CommandState.ASKED}
        return replace(self, commands=commands, last_tag=tag_of(command.id))

    def with_state(self, command: Command, state: CommandState) -> "OpenCommands":
        """Return the list after a change of a command, which leaves it if nothing is to wait
        for."""
        commands = {**self.commands, command: state}
        if state not in _PENDING:
            del commands[command]
        return replace(self, commands=commands)

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the row. Twenty commands take 5 KB."""
        listed = [
            {"command": one.to_properties(), "state": state.value}
            for one, state in self.commands.items()
        ]
        return {"commands": json.dumps(listed), "last_tag": self.last_tag, "key": self.key}


def parse_open(properties: Mapping[str, str]) -> OpenCommands:
    """Return the list of a row."""
    commands = {
        parse_command(one["command"]): CommandState(one["state"])
        for one in json.loads(properties["commands"])
    }
    return OpenCommands(commands, properties["last_tag"], properties.get("key", ""))


def first_key_before(moment: datetime) -> str:
    """Return a key that comes after those of commands asked later than this moment, and before
    those of all that were asked a second earlier."""
    return f"{_LAST_SECOND - int((moment - EPOCH).total_seconds()):08x}~"


def _is_over(command: Command, state: CommandState, now: datetime) -> bool:
    end = command.expires_at
    return now > (end + REPORT_TIMEOUT if state is CommandState.TAKEN else end)
