"""The journal of commands: what was taken, what became of it, and what the backend knows of that.

A command is on the disk as taken before anything is done for it, so that it is never executed
twice, whenever the power fails. Its result stays until the backend has acknowledged it, and its id
until the command expires: the backend may show it as open for a while longer.

The outputs of commands (logs, the doctor's report) are kept in memory alone. After a crash such a
command is reported as expired.
"""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.command import (
    Command,
    CommandResult,
    CommandState,
    parse_command,
    parse_result,
)
from photo_wire.errors import WireError
from pi_uploader.spool.disk import Disk, replace_durably
from pi_uploader.state_files import read_json

MAX_PENDING = 50  # commands whose results the backend has not acknowledged
MAX_ENTRIES = 500  # with those that it has acknowledged, which are forgotten when they expire
EXPIRY_MARGIN = timedelta(minutes=10)  # between the clocks of the backend and of its storage
MAX_AGE = timedelta(days=31)  # for which the backend keeps commands

log = logging.getLogger("agent")


@dataclass(frozen=True, slots=True)
class _Entry:
    command: Command
    result: CommandResult
    is_acknowledged: bool = False

    def to_properties(self) -> dict[str, Any]:
        return {
            "command": self.command.to_properties(),
            "result": _without_output(self.result).to_properties(),
            "acknowledged": self.is_acknowledged,
        }


class Journal:
    """The journal in `file`. Not thread-safe.

    `is_damaged`: the file could not be read, so that it is not known what was executed before.
    """

    def __init__(self, file: Path, disk: Disk | None = None) -> None:
        self._file = file
        self._disk = disk or Disk()
        self._entries: dict[str, _Entry] = {}  # by the command's id, the first taken first
        self._problem = ""  # of the last write; logged once
        self.is_damaged = False
        try:
            self._entries = _parse(read_json(file))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.is_damaged = True
            log.error("the journal of commands %s cannot be read: %s", file, error)

    def __contains__(self, command_id: str) -> bool:
        """Return whether a command with this id was taken or refused before."""
        return command_id in self._entries

    def has_room(self) -> bool:
        """Return whether one more command can be taken."""
        return len(self.pending()) < MAX_PENDING and len(self._entries) < MAX_ENTRIES

    def has_output(self) -> bool:
        """Return whether a result with an output is still to be acknowledged."""
        return any(one.output for one in self.pending())

    def taken(self) -> list[Command]:
        """Return the commands that were taken and have no result yet, the first taken first."""
        return [
            one.command
            for one in self._entries.values()
            if one.result.state is CommandState.TAKEN and not one.is_acknowledged
        ]

    def pending(self) -> list[CommandResult]:
        """Return the results that the backend has not acknowledged, the first taken first."""
        entries = list(self._entries.values())  # a copy: the goodbye is said in another thread
        return [one.result for one in entries if not one.is_acknowledged]

    def take(self, command: Command) -> None:
        """Record durably that this command is taken, before anything is done for it. Raises
        OSError if the disk does not record it; then it must not be executed."""
        result = CommandResult(command.id, CommandState.TAKEN)
        self._entries[command.id] = _Entry(command, result)
        try:
            self._write()
        except OSError:
            del self._entries[command.id]
            raise

    def record(self, command: Command, result: CommandResult) -> None:
        """Record what became of a command. A disk error is logged: in memory the result counts."""
        self._entries[command.id] = _Entry(command, result)
        self._write_or_log()

    def acknowledge(self, ids: Collection[str]) -> None:
        """Record that the backend has the results of these commands. Those that are still being
        executed have none yet."""
        has_changed = False
        for one in ids:
            entry = self._entries.get(one)
            if entry and not entry.is_acknowledged and entry.result.state is not CommandState.TAKEN:
                result = CommandResult(one, entry.result.state)  # the rest is of no use any more
                self._entries[one] = replace(entry, result=result, is_acknowledged=True)
                has_changed = True
        if has_changed:  # each heartbeat comes here: most are not worth a write to the card
            self._write_or_log()

    def forget_expired(self, now: datetime, open_ids: Collection[str]) -> None:
        """Forget what is acknowledged and expired by the backend's clock; and what the backend has
        forgotten itself. What is still open is not forgotten: it would be refused again and
        again."""
        self._entries = {
            id_: one
            for id_, one in self._entries.items()
            if id_ in open_ids
            or one.command.expires_at >= now - (EXPIRY_MARGIN if one.is_acknowledged else MAX_AGE)
        }

    def _write_or_log(self) -> None:
        try:
            self._write()
        except OSError as error:
            problem = error.strerror or str(error)
            if self._problem != problem:
                log.error("the journal of commands cannot be written: %s", problem)
            self._problem = problem
        else:
            self._problem = ""

    def _write(self) -> None:
        """Replace the file durably: after a power cut it is the old one or the new one. Raises
        OSError."""
        content = json.dumps([one.to_properties() for one in self._entries.values()])
        replace_durably(self._file, content.encode(), self._disk)


def _without_output(result: CommandResult) -> CommandResult:
    """Return the result without its output. Without that it is not done, but taken."""
    return replace(result, output="", state=CommandState.TAKEN) if result.output else result


def _parse(content: Any) -> dict[str, _Entry]:
    """Return the entries of a journal. Raises ValueError, KeyError or TypeError if it is none."""
    if not isinstance(content, list):
        raise WireError("journal", "is not a list")
    entries = [
        _Entry(
            parse_command(one["command"]), parse_result(one["result"]), bool(one["acknowledged"])
        )
        for one in content
    ]
    return {one.command.id: one for one in entries}
