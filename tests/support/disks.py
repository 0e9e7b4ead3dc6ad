"""Disks for a Spool: one records its operations, others fail as a test wants.

All work on the real file system. `RecordingFailingDisk` records and fails.
"""

import errno
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from pi_uploader.spool.disk import Disk

Result = TypeVar("Result")


class Kind(StrEnum):
    """The operations of a Disk, by their names."""

    CREATE = "create"
    WRITE = "write"
    FLUSH = "flush"
    CLOSE = "close"
    RENAME = "rename"
    REMOVE = "remove"
    LINK = "link"
    EMPTY = "empty"
    MAKE_FOLDER = "make_folder"
    REMOVE_FOLDER = "remove_folder"
    FLUSH_FOLDER = "flush_folder"
    OPEN = "open"
    NAMES = "names"
    CHANGED_AT = "changed_at"
    FREE = "free"
    FREE_INODES = "free_inodes"


READS = frozenset({Kind.OPEN, Kind.NAMES, Kind.CHANGED_AT, Kind.FREE, Kind.FREE_INODES})
NEEDS_SPACE = frozenset(
    {Kind.CREATE, Kind.WRITE, Kind.FLUSH, Kind.RENAME, Kind.MAKE_FOLDER, Kind.FLUSH_FOLDER}
)
"""What a full disk may refuse."""
ON_A_DESCRIPTOR = frozenset({Kind.WRITE, Kind.FLUSH, Kind.CLOSE})


class UnflushedDisk(Disk):
    """Flushes nothing, for tests with hundreds of files in which no power is cut."""

    def flush(self, file: int) -> None:
        pass

    def flush_folder(self, folder: Path) -> None:
        pass


class WatchedDisk(Disk):
    """Passes every operation through `perform`, which subclasses override."""

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        return operation(*arguments)

    def create(self, path: Path) -> int:
        return self.perform(Kind.CREATE, super().create, path)

    def write(self, file: int, content: bytes) -> None:
        self.perform(Kind.WRITE, super().write, file, content)

    def flush(self, file: int) -> None:
        self.perform(Kind.FLUSH, super().flush, file)

    def close(self, file: int) -> None:
        self.perform(Kind.CLOSE, super().close, file)

    def rename(self, old: Path, new: Path) -> None:
        self.perform(Kind.RENAME, super().rename, old, new)

    def remove(self, path: Path) -> None:
        self.perform(Kind.REMOVE, super().remove, path)

    def link(self, path: Path, new: Path) -> None:
        self.perform(Kind.LINK, super().link, path, new)

    def empty(self, path: Path) -> None:
        self.perform(Kind.EMPTY, super().empty, path)

    def make_folder(self, folder: Path) -> None:
        self.perform(Kind.MAKE_FOLDER, super().make_folder, folder)

    def remove_folder(self, folder: Path) -> None:
        self.perform(Kind.REMOVE_FOLDER, super().remove_folder, folder)

    def flush_folder(self, folder: Path) -> None:
        self.perform(Kind.FLUSH_FOLDER, super().flush_folder, folder)

    def open(self, path: Path) -> BinaryIO:
        return self.perform(Kind.OPEN, super().open, path)

    def names(self, folder: Path) -> list[str]:
        return self.perform(Kind.NAMES, super().names, folder)

    def changed_at(self, folder: Path) -> int | None:
        return self.perform(Kind.CHANGED_AT, super().changed_at, folder)

    def free(self, folder: Path) -> int:
        return self.perform(Kind.FREE, super().free, folder)

    def free_inodes(self, folder: Path) -> int | None:
        return self.perform(Kind.FREE_INODES, super().free_inodes, folder)


@dataclass(frozen=True)
class Operation:
    """One operation that changes the disk, and whether it failed. `arguments` has numbers instead
    of file descriptors: files are numbered as they are created, and keep their number when they are
    renamed. Those of `create` end with the number of the new file. A descriptor that comes from
    `open` is replaced by its path."""

    kind: Kind
    arguments: tuple[Any, ...]
    failed: bool = False


@dataclass(frozen=True)
class Mark:
    """A test's note of what happened at this point, such as ("acknowledged", photo)."""

    label: str
    value: Any


class RecordingDisk(WatchedDisk):
    """Keeps in `record` every operation that changes the disk, in order, and the test's marks."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.record: list[Operation | Mark] = []
        self._numbers = count(1)
        self._number_of: dict[int, int] = {}  # by file descriptor

    def mark(self, label: str, value: Any) -> None:
        self.record.append(Mark(label, value))

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        recorded = arguments
        if kind in ON_A_DESCRIPTOR:
            recorded = (self._file(arguments[0]), *arguments[1:])
        try:
            result = super().perform(kind, operation, *arguments)
        except OSError:
            self._note(Operation(kind, recorded, failed=True))
            raise
        if isinstance(result, int) and kind is Kind.CREATE:
            self._number_of[result] = next(self._numbers)
            recorded = (*arguments, self._number_of[result])
        if kind is Kind.CLOSE:
            del self._number_of[arguments[0]]
        self._note(Operation(kind, recorded))
        return result

    def _file(self, descriptor: int) -> int | Path:
        return self._number_of.get(descriptor) or Path(f"/proc/self/fd/{descriptor}").readlink()

    def _note(self, operation: Operation) -> None:
        if operation.kind not in READS:
            self.record.append(operation)


class FailingDisk(WatchedDisk):
    """Fails with `error` (ENOSPC, EIO, ...) at operation number `at`, counted from 0 over those of
    `kinds`, and with `lasting` at all later ones. With None it does not fail.

    `half`: a write that fails has written half of its bytes, as on a disk that fills up.
    `operations` counts them, so that a first run tells how many there are; `failed` lists those
    that failed.
    """

    def __init__(
        self,
        at: int | None = None,
        error: int = errno.EIO,
        *,
        kinds: Collection[Kind] = frozenset(Kind),
        lasting: bool = False,
        half: bool = False,
    ) -> None:
        super().__init__()
        self.at = at
        self.error = error
        self.kinds = frozenset(kinds)
        self.lasting = lasting
        self.half = half
        self.operations = 0
        self.failed: list[Kind] = []

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        if not self._fails(kind):
            return super().perform(kind, operation, *arguments)
        if kind is Kind.WRITE and self.half:
            file, content = arguments
            operation(file, content[: len(content) // 2])
        if kind is Kind.CLOSE:
            operation(*arguments)  # close(2) may report an error, the file is closed all the same
        self.failed.append(kind)
        raise OSError(self.error, os.strerror(self.error))

    def _fails(self, kind: Kind) -> bool:
        if kind not in self.kinds:
            return False
        turn, self.operations = self.operations, self.operations + 1
        return self.at is not None and (turn == self.at or (self.lasting and turn > self.at))


class RecordingFailingDisk(RecordingDisk, FailingDisk):
    """A FailingDisk whose record says which operations failed."""


@dataclass(frozen=True)
class Fault:
    """A kind of call that fails for good at one path. `READ` is what is done with an open file."""

    kind: Kind | str
    path: Path


READ = "read"


class FailingPathDisk(WatchedDisk):
    """Fails with `error` at every call that matches `fault`, and works otherwise, but flushes
    nothing, which would take most of the time. `met` are all possible faults: every kind of call at
    every path."""

    def __init__(self, fault: Fault | None = None, error: int = errno.EIO) -> None:
        super().__init__()
        self.fault = fault
        self.error = error
        self.met: set[Fault] = set()
        self._paths: dict[int, Path] = {}  # by file descriptor

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        paths = [one for one in arguments if isinstance(one, Path)]
        if kind in ON_A_DESCRIPTOR:
            paths = [self._paths.get(arguments[0]) or _path_of(arguments[0])]
        if kind is Kind.CLOSE:
            self._paths.pop(arguments[0], None)
        for path in paths:
            if self._fails(kind, path):
                if kind is Kind.CLOSE:
                    operation(*arguments)
                raise OSError(self.error, os.strerror(self.error))
        if kind in (Kind.FLUSH, Kind.FLUSH_FOLDER):
            operation = no_op
        result = super().perform(kind, operation, *arguments)
        if kind is Kind.CREATE and isinstance(result, int):
            self._paths[result] = paths[0]
        return result

    def open(self, path: Path) -> BinaryIO:
        file = super().open(path)
        if self._fails(READ, path):
            file.close()
            return cast(BinaryIO, UnreadableFile(self.error))
        return file

    def _fails(self, kind: Kind | str, path: Path) -> bool:
        fault = Fault(kind, path)
        self.met.add(fault)
        return fault == self.fault


def no_op(*_: object) -> Any:
    """No-op."""


class UnreadableFile(BytesIO):
    """A file that can be opened and not read."""

    def __init__(self, error: int) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(self._error, os.strerror(self._error))


def _path_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()
