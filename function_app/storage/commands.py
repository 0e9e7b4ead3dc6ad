"""The commands of devices: their rows, and the blob by which a device learns of them.

The rows are the truth. The blob is written after them, only as long as nobody else has written it
since it was read, which is before the rows are; then both are read again. So an older state of the
rows never replaces a newer one: the blob was written in between, by whoever made the newer one, or
they write it later. A crash before that leaves a blob without the command, which then comes with
the reply to the next heartbeat.

The blob's name has a hash of the device's key: a link that another device of this name got before
opens nothing.
"""

import hashlib
import logging
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from function_app.storage.command_rows import (
    AFTER_COMMANDS,
    OPEN,
    CommandRecord,
    OpenCommands,
    first_key_before,
    parse_open,
    parse_record,
)
from function_app.storage.device_keys import commands_of
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.interfaces import DeviceBlobs
from function_app.storage.models import StoredBlob
from function_app.storage.table_store import PAGE_SIZE, ConditionalUpdate, Entity, TableStore
from photo_wire.command import (
    MAX_OPEN,
    MAX_OUTPUT_BYTES,
    Command,
    CommandResult,
    CommandState,
    Kind,
)
from photo_wire.command_blob import MAX_BLOB_BYTES, CommandBlob, parse_blob
from photo_wire.errors import WireError
from photo_wire.name import PhotoName

COMMAND_TTL = timedelta(days=31)
MAX_PURGED = 1000  # commands of a device in a run
_ATTEMPTS = 50  # each means that somebody else's change was made
_BUSY = "a device's commands are changed too often at once"
_JSON = "application/json"
_COMPRESSED = "application/zlib"
_FOR_PHOTOS = (Kind.PHOTO, Kind.CLIP)

log = logging.getLogger(__name__)


class TooManyCommandsError(Exception):
    """The device has as many open commands as it may have."""


class _Read(NamedTuple):
    """The list of open commands, and its row."""

    row: Entity
    open: OpenCommands


class PolledBlob(NamedTuple):
    """The blob that a device polls: what is in it, its etag, "" if there is none, and its path."""

    content: CommandBlob
    etag: str
    path: str


def blob_path(device: str, key: str) -> str:
    """Return the name of the blob that the device with this key polls. Versions up to 0.1.0 had no
    key in it."""
    key_hash = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"commands/{device}/{key_hash}.json" if key else f"commands/{device}.json"


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands in the table `devices` and in the blobs. All methods raise
    StorageUnavailableError."""

    table: TableStore
    blobs: DeviceBlobs

    def ask(
        self, device: str, wanted: CommandRecord, now: datetime, max_open: int = MAX_OPEN
    ) -> CommandRecord:
        """Store a command, and write the blob that the device polls. Return it with its id; that of
        `wanted` is of no command. If only the blob cannot be written, the device learns of it by
        its next heartbeat: whoever asked would ask again. Raises TooManyCommandsError if `max_open`
        commands are open.

        Five requests: three reads and two writes.
        """
        record = wanted
        for _ in range(_ATTEMPTS):
            found = self._read(device) or self._create_row(device)
            open_now = found.open.at(now)
            if found.open.find(record.command.id):  # the write before was made, and nobody knew
                self._try_publish(device, found.open.key, now)
                return record
            if len(open_now.commands) >= max_open:
                raise TooManyCommandsError
            record = replace(wanted, command=replace(wanted.command, id=open_now.new_id(now)))
            if self._rewrite(device, found.row, open_now.with_command(record.command), record):
                self._try_publish(device, found.open.key, now)
                return record
        raise StorageUnavailableError(_BUSY)

    def record(self, device: str, result: CommandResult, now: datetime) -> CommandRecord | None:
        """Store what a device reports of a command, and return it; None if it is not known.

        Two reads and a write, and three requests more if the blob listed the command."""
        for _ in range(_ATTEMPTS):
            found = self._read(device)  # before the command: none becomes open again
            row = self.table.get(commands_of(device), result.id)
            if found is None or row is None:
                return None
            before = parse_record(row.key, row.properties)
            record = before.after(result, now)
            if record == before:
                return record
            if record.has_output and not before.has_output:
                self._write_output(device, result)
            command = found.open.find(result.id)
            if command is None:
                if self.table.replace(commands_of(device), row, record.to_properties()):
                    return record
                continue
            open_now = found.open.with_state(command, record.state)
            if self._rewrite(device, found.row, open_now.at(now), record):
                if open_now.to_do != found.open.to_do:
                    self._publish(device, found.open.key, now)
                return record
        raise StorageUnavailableError(_BUSY)

    def record_photo(self, device: str, photo: PhotoName, now: datetime) -> None:
        """Mark the command done for which a device took this photo, if there is one. A command for
        all cameras is done when the device says so. One request if no command is open."""
        found = self._find_by_tag(device, photo.tag)
        if found is None or found.command.kind not in _FOR_PHOTOS:
            return
        if not found.command.may_take(photo):
            return
        state = CommandState.TAKEN if found.command.camera is None else CommandState.DONE
        self.record(device, CommandResult(found.command.id, state, photos=(str(photo),)), now)

    def get(self, device: str, command_id: str) -> CommandRecord | None:
        """Return a command. One request."""
        row = self.table.get(commands_of(device), command_id)
        return parse_record(row.key, row.properties) if row else None

    def newest(self, device: str, count: int, after: str) -> list[CommandRecord]:
        """Return up to `count` commands, the newest first, those after the id `after`."""
        rows = self.table.query(commands_of(device), count, after, AFTER_COMMANDS)
        return [parse_record(row.key, row.properties) for row in rows]

    def output(self, device: str, command_id: str) -> str | None:
        """Return the output of a command; None if it is gone."""
        stored = self.blobs.read(_output_path(device, command_id), 2 * MAX_OUTPUT_BYTES)
        return zlib.decompress(stored.content).decode() if stored else None

    def to_do(self, device: str, key: str, now: datetime) -> tuple[Command, ...]:
        """Return the commands that the device has not taken yet. One request; some more when this
        key is new, to have the device poll the blob of the key."""
        found = self._read(device)
        if found is None or found.open.key != key:
            return self.move(device, key, now)
        return found.open.at(now).to_do

    def move(self, device: str, key: str, now: datetime) -> tuple[Command, ...]:
        """Have the device with this key poll a blob of its own, and remove the one before. Return
        the commands that it has not taken yet."""
        rows = commands_of(device)
        for _ in range(_ATTEMPTS):
            blob = self._read_blob(blob_path(device, key))
            found = self._read(device)
            before = found.open if found else OpenCommands()
            moved = replace(before.at(now), key=key)
            if not self.write_blob(blob, _with_commands(blob.content, moved, now)):
                continue
            # After the blob: the row says that it is there.
            if found is None:
                is_moved = self.table.insert(rows, OPEN, moved.to_properties())
            else:
                is_moved = self.table.replace(rows, found.row, moved.to_properties())
            if is_moved:
                if before.key != key:
                    self.blobs.remove(blob_path(device, before.key))
                return moved.to_do
        raise StorageUnavailableError(_BUSY)

    def purge(self, device: str, now: datetime) -> int:
        """Remove commands older than COMMAND_TTL, with their outputs. Return how many."""
        old = self.table.query(
            commands_of(device),
            min(PAGE_SIZE, MAX_PURGED),
            first_key_before(now - COMMAND_TTL),
            AFTER_COMMANDS,
        )
        for row in old:
            self._remove(device, row)
        return len(old)

    def forget(self, device: str) -> None:
        """Remove all commands of a device, their outputs, and the blob that it polls."""
        key = self._key(device)
        while rows := self.table.query(commands_of(device), PAGE_SIZE, end=AFTER_COMMANDS):
            for row in rows:
                self._remove(device, row)
        self.blobs.remove(blob_path(device, key))
        self.table.remove(commands_of(device), OPEN)  # last: it names the blob

    def read_blob(self, device: str) -> PolledBlob:
        """Return what the device polls. Two requests."""
        for _ in range(_ATTEMPTS):
            key = self._key(device)
            blob = self._read_blob(blob_path(device, key))
            if blob.etag or self._key(device) == key:  # else it was moved in between
                return blob
        raise StorageUnavailableError(_BUSY)

    def write_blob(self, blob: PolledBlob, content: CommandBlob) -> bool:
        """Write what the device polls, unless it changed since it was read."""
        return self.blobs.write(blob.path, content.to_json(), _JSON, blob.etag)

    def _read_blob(self, path: str) -> PolledBlob:
        return PolledBlob(*_parse(self.blobs.read(path, MAX_BLOB_BYTES)), path)

    def _key(self, device: str) -> str:
        found = self._read(device)
        return found.open.key if found else ""

    def _try_publish(self, device: str, key: str, now: datetime) -> None:
        try:
            self._publish(device, key, now)
        except StorageUnavailableError as error:
            log.warning("%s learns of a command by its next heartbeat: %s", device, error)

    def _publish(self, device: str, key: str, now: datetime) -> None:
        """Write the blob that the device polls anew from the rows; `key` is the one in the row, as
        it was read last."""
        for _ in range(_ATTEMPTS):
            blob = self._read_blob(blob_path(device, key))  # before the rows
            found = self._read(device)
            open_now = found.open.at(now) if found else OpenCommands()
            if open_now.key != key:  # it was moved in between
                key = open_now.key
            elif self.write_blob(blob, _with_commands(blob.content, open_now, now)):
                return
        raise StorageUnavailableError(_BUSY)

    def _rewrite(
        self, device: str, row: Entity, open_now: OpenCommands, record: CommandRecord
    ) -> bool:
        """Write the list of open commands and one command at once, unless the list changed."""
        changed = {record.command.id: record.to_properties()}
        update = ConditionalUpdate(row, open_now.to_properties(), changed)
        return self.table.rewrite(commands_of(device), update)

    def _read(self, device: str) -> _Read | None:
        row = self.table.get(commands_of(device), OPEN)
        return _Read(row, parse_open(row.properties)) if row else None

    def _create_row(self, device: str) -> _Read:
        self.table.insert(commands_of(device), OPEN, OpenCommands().to_properties())
        found = self._read(device)
        if found is None:
            raise StorageUnavailableError("the device is just being removed")
        return found

    def _find_by_tag(self, device: str, tag: str) -> CommandRecord | None:
        rows = self.table.query(commands_of(device), 1, tag, f"{tag}{AFTER_COMMANDS}")
        return parse_record(rows[0].key, rows[0].properties) if rows else None

    def _write_output(self, device: str, result: CommandResult) -> None:
        content = zlib.compress(result.output.encode())
        self.blobs.write(_output_path(device, result.id), content, _COMPRESSED)

    def _remove(self, device: str, row: Entity) -> None:
        if "output" in row.properties:  # first, so that none is left alone
            self.blobs.remove(_output_path(device, row.key))
        self.table.remove(commands_of(device), row.key)


def _with_commands(blob: CommandBlob, open_now: OpenCommands, now: datetime) -> CommandBlob:
    """Return the blob with these commands, and only with cameras at which somebody looks."""
    looking = {camera: until for camera, until in blob.looking_until.items() if until > now}
    live = {camera: link for camera, link in blob.live.items() if camera in looking}
    return CommandBlob(open_now.to_do, looking, live)


def _parse(stored: StoredBlob | None) -> tuple[CommandBlob, str]:
    if stored is None:
        return CommandBlob(), ""
    try:
        return parse_blob(stored.content), stored.etag
    except WireError:  # somebody else wrote it: it is written anew
        return CommandBlob(), stored.etag


def _output_path(device: str, command_id: str) -> str:
    return f"outputs/{device}/{command_id}"
