"""How much the spool may hold, and what goes first when it is full."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from photo_wire.headers import Trigger
from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto, parse_entry


class Value(IntEnum):
    """What a photo that waits is worth when not all can be kept, the least first. What was set
    aside goes before all of these."""

    SCHEDULED = 1
    IN_AN_EVENT = 2
    FIRST_OF_AN_EVENT = 3


def value(photo: SpooledPhoto) -> Value:
    """The worth of a photo that waits: one taken by the clock is taken again tomorrow; of an event
    the first photo tells most."""
    if photo.trigger is Trigger.SCHEDULE:
        return Value.SCHEDULED
    return Value.FIRST_OF_AN_EVENT if photo.first else Value.IN_AN_EVENT


@dataclass(frozen=True, slots=True)
class Fill:
    """The bytes that photos take, and those that they may take with the disk as it is."""

    used: int
    allowed: int

    @property
    def share(self) -> float:
        return self.used / max(1, self.allowed)


@dataclass(frozen=True, slots=True)
class Room:
    """`budget`: the most bytes that photos may take on the disk, None for no such limit.
    `reserve`: the bytes of the disk that are left to the system, `reserve_inodes` the same of
    inodes: each photo is a file and takes one, however small it is."""

    budget: int | None = None
    reserve: int = 64 * 1024 * 1024
    reserve_inodes: int = 16

    def fill(self, used: int, free: int) -> Fill:
        """How far `used` bytes fill it while the disk has `free` more."""
        of_disk = used + max(0, free - self.reserve)
        return Fill(used, of_disk if self.budget is None else min(self.budget, of_disk))

    def over_budget(self, size: int, used: int) -> int:
        """The bytes to give up before a photo of `size` is within the budget, 0 or less if it is
        with `used` bytes beside it."""
        return used + size - self.budget if self.budget is not None else 0

    def short_of_disk(self, size: int, free: int) -> int:
        """The bytes to give up before it fits on the disk, 0 or less if it does.

        Where others have filled the disk into the reserve, the spool only stops growing: for each
        byte that comes one goes, and the photos do not make up for a runaway log.
        """
        return min(size, self.reserve + size - free)

    def short_of_inodes(self, free: int | None) -> int:
        """The files to give up before one more fits on the disk, 0 if it does. `free` None: the
        disk has no such limit."""
        return 1 if free is not None and free <= self.reserve_inodes else 0


class Holdings:
    """The photos whose bytes the spool holds: in folders of 250 (`shelves`), and in folders named
    by reasons (`quarantine`). What a look has told is kept in memory, so that a spool that stays
    full does not read 100,000 names for each photo that comes."""

    def __init__(self, shelves: tuple[Path, ...], quarantine: Path, disk: Disk) -> None:
        self._shelves = shelves
        self._quarantine = quarantine
        self._disk = disk
        self._sizes: dict[Path, tuple[int, int]] = {}  # folder: when it changed, bytes in it then
        self._given_up_to: dict[tuple[Path, Value], int] = {}

    def bytes_used(self) -> int:
        """The bytes of all photos, read from their names; unchanged folders are not read again."""
        sizes: dict[Path, tuple[int, int]] = {}
        for folder in self._folders():
            known = self._sizes.get(folder)
            try:
                changed_at = self._disk.changed_at(folder)
                if not known or known[0] != changed_at:
                    known = changed_at, self._size(folder)
            except FileNotFoundError:  # the uploader has just tidied it away
                continue
            except OSError:  # a folder that cannot be read counts as it was
                known = known or (0, 0)
            sizes[folder] = known
        self._sizes = sizes
        return sum(size for _, size in sizes.values())

    def _folders(self) -> Iterator[Path]:
        for reason in shards.names(self._quarantine, self._disk):
            yield self._quarantine / reason
        for shelf in self._shelves:
            for batch in shards.batches(shelf, self._disk):
                yield shelf / batch

    def _size(self, folder: Path) -> int:
        return sum(photo.size for photo in map(parse_entry, self._disk.names(folder)) if photo)

    def least_valuable(self, most: Value) -> Iterator[tuple[Path, SpooledPhoto]]:
        """The photos to give up for one that is worth `most`, each with its file: the least
        valuable first, the oldest first among equals. The caller gives up what it is handed."""
        for reason, photo in photos_by_reason(self._quarantine, self._disk):
            yield self._quarantine / reason / photo.file_name, photo
        for worth in Value:
            if worth <= most:
                for shelf in self._shelves:
                    yield from self._of(worth, shelf)

    def _of(self, worth: Value, shelf: Path) -> Iterator[tuple[Path, SpooledPhoto]]:
        # Sequence numbers only grow: of this worth, nothing can come in before what went last.
        since = self._given_up_to.get((shelf, worth), 0)
        for photo in shards.photos(shelf, self._disk, since=since):
            self._given_up_to[shelf, worth] = photo.sequence
            if value(photo) is worth:
                yield shelf / photo.path, photo


def photos_by_reason(folder: Path, disk: Disk) -> Iterator[tuple[str, SpooledPhoto]]:
    """The photos in the folders of one folder, each after its folder's name: the reason."""
    for reason in sorted(shards.names(folder, disk)):
        for file_name in sorted(shards.names(folder / reason, disk)):
            if photo := parse_entry(file_name):
                yield reason, photo
