"""The spool's quota, and which photos are evicted when it is full.

The archive is emptied first, because the backend has its photos. Then the photos in quarantine are
evicted, then those that wait, the least valuable first and the oldest first among equals.
"""

import errno
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from photo_wire.headers import Trigger
from pi_uploader.errors import NightjarError
from pi_uploader.spool.archive import Archive
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import (
    WaitingFolders,
    iter_photos,
    iter_photos_by_reason,
    list_names,
    list_shards,
)
from pi_uploader.spool.losses import NO_ROOM, Loss, Losses
from pi_uploader.spool.photo import SpooledPhoto
from pi_uploader.spool.totals import CachedTotals

MAX_FAILED_EVICTIONS = 10  # failed evictions after which to stop

log = logging.getLogger("spool")


class EvictionPriority(IntEnum):
    """The order in which waiting photos are evicted: the lowest first."""

    WITHOUT_MOTION = 1
    SCHEDULED = 2
    IN_EVENT = 3
    FIRST_OF_EVENT = 4


def eviction_priority(photo: SpooledPhoto) -> EvictionPriority:
    """Return a waiting photo's priority. One without motion shows that a trigger was wrong; a
    scheduled photo is taken again tomorrow; of an event the first photo shows most."""
    if photo.motion and not photo.motion.box:
        return EvictionPriority.WITHOUT_MOTION
    if photo.trigger is Trigger.SCHEDULE:
        return EvictionPriority.SCHEDULED
    return EvictionPriority.FIRST_OF_EVENT if photo.is_first else EvictionPriority.IN_EVENT


@dataclass(frozen=True, slots=True)
class Usage:
    """The bytes that photos use, and those that they may use on the disk as it is."""

    used: int
    allowed: int

    @property
    def share(self) -> float:
        return self.used / max(1, self.allowed)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The photos that wait, undated ones included, with their bytes; and those in quarantine."""

    photos: int
    bytes: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Quota:
    """`max_bytes`: what photos may take on the disk, None for no limit. `reserve`: the bytes of the
    disk that are left to the system; `reserve_inodes` the same for inodes, of which every photo
    takes one."""

    max_bytes: int | None = None
    reserve: int = 64 * 1024 * 1024
    reserve_inodes: int = 16

    def usage(self, used: int, free: int) -> Usage:
        """Return the usage when photos take `used` bytes and the disk has `free` more."""
        of_disk = used + max(0, free - self.reserve)
        return Usage(used, of_disk if self.max_bytes is None else min(self.max_bytes, of_disk))

    def excess_bytes(self, size: int, used: int) -> int:
        """Return how many bytes to free before a photo of `size` fits into `max_bytes` beside
        `used` bytes; 0 or less if it fits."""
        return used + size - self.max_bytes if self.max_bytes is not None else 0

    def missing_bytes(self, size: int, free: int) -> int:
        """Return how many bytes to free before a photo of `size` fits on the disk; 0 or less if it
        fits.

        If others have filled the disk into the reserve, the spool only stops growing: it frees a
        byte for each new one, and does not evict photos to make up for a runaway log.
        """
        return min(size, self.reserve + size - free)

    def missing_inodes(self, free: int | None) -> int:
        """Return how many files to remove before one more fits on the disk, 0 if it fits. `free` is
        None if the disk has no such limit."""
        return 1 if free is not None and free <= self.reserve_inodes else 0


class Inventory:
    """The photos whose bytes the spool holds: those that wait, and those in quarantine.

    The totals of unchanged folders are cached, and so is where the last search for a photo to evict
    ended. A spool that stays full does not read 100,000 names for each new photo.
    """

    def __init__(self, waiting: WaitingFolders, quarantine: Path, disk: Disk) -> None:
        self._waiting = waiting
        self._quarantine = quarantine
        self._disk = disk
        self._waiting_totals = CachedTotals(lambda: self._shards(waiting.waiting), disk)
        self._undated_totals = CachedTotals(lambda: self._shards(waiting.undated), disk)
        self._quarantine_totals = CachedTotals(self._reasons, disk)
        self._evicted_up_to: dict[tuple[Path, EvictionPriority], int] = {}

    def bytes_used(self) -> int:
        """Return the bytes of all photos, read from their names."""
        parts = (self._quarantine_totals, self._waiting_totals, self._undated_totals)
        return sum(totals.bytes for part in parts for totals in part.read())

    def backlog(self) -> Backlog:
        """Return how many photos the spool holds, read from their names."""
        waiting = [*self._waiting_totals.read(), *self._undated_totals.read()]
        return Backlog(
            photos=sum(one.photos for one in waiting),
            bytes=sum(one.bytes for one in waiting),
            quarantined=sum(one.photos for one in self._quarantine_totals.read()),
        )

    def waiting_by_camera(self) -> Counter[str]:
        """Return how many photos of each camera wait to be uploaded, without undated ones."""
        cameras: Counter[str] = Counter()
        for totals in self._waiting_totals.read():
            cameras.update(totals.cameras)
        return cameras

    def _shards(self, folder: Path) -> Iterator[Path]:
        return (folder / shard for shard in list_shards(folder, self._disk))

    def _reasons(self) -> Iterator[Path]:
        folder = self._quarantine
        return (folder / reason for reason in list_names(folder, self._disk))

    def to_evict(self, highest: EvictionPriority) -> Iterator[tuple[Path, SpooledPhoto]]:
        """Yield the photos to evict for one of priority `highest`, each with its file, in the order
        of eviction. The caller evicts every photo that it receives."""
        for reason, photo in iter_photos_by_reason(self._quarantine, self._disk):
            yield self._quarantine / reason / photo.file_name, photo
        for priority in EvictionPriority:
            if priority <= highest:
                for folder in self._waiting:
                    yield from self._of_priority(priority, folder)

    def _of_priority(
        self, priority: EvictionPriority, folder: Path
    ) -> Iterator[tuple[Path, SpooledPhoto]]:
        # Sequence numbers only grow: no photo of this priority can come in before the last one.
        since = self._evicted_up_to.get((folder, priority), 0)
        for photo in iter_photos(folder, self._disk, since=since):
            self._evicted_up_to[folder, priority] = photo.sequence
            if eviction_priority(photo) is priority:
                yield folder / photo.path, photo


class NoRoomError(NightjarError, OSError):
    """The photo does not fit within the spool's quota."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "the spool is full (quota and reserve)")


class Evictor:
    """Frees space for new photos. Space that cannot be measured counts as enough: then writing the
    photo shows whether it fits."""

    def __init__(
        self,
        folder: Path,
        quota: Quota,
        inventory: Inventory,
        archive: Archive,
        losses: Losses,
        disk: Disk,
    ) -> None:
        self._folder = folder
        self._quota = quota
        self._inventory = inventory
        self._archive = archive
        self._losses = losses
        self._disk = disk

    def usage(self) -> Usage:
        """Return how much of the quota is used. Archived photos count as free space, because they
        are deleted first. Raises OSError if the free space of the disk is unknown."""
        free = self._disk.free(self._folder) + self._archive.bytes_used()
        return self._quota.usage(self._inventory.bytes_used(), free)

    def has_inodes(self) -> bool:
        """Return whether there are inodes for files other than photos."""
        return self._missing_inodes() == 0

    def free_space_for(self, photo: SpooledPhoto) -> None:
        """Evict photos of no higher priority until this one fits. Raises NoRoomError if it does
        not."""
        excess = 0
        if self._quota.max_bytes is not None:
            excess = self._quota.excess_bytes(photo.size, self._inventory.bytes_used())
        self._free_space(photo, self._missing_bytes(photo), excess, self._missing_inodes())

    def free_size_of(self, photo: SpooledPhoto) -> None:
        """Free the size of this photo, whatever the disk reports as free: writing the photo failed,
        as with a used-up quota of the user. Raises NoRoomError."""
        self._free_space(photo, photo.size, 0, 1)

    def _free_space(self, photo: SpooledPhoto, on_disk: int, excess: int, inodes: int) -> None:
        if on_disk > 0 or inodes > 0:
            freed_bytes, freed_files = self._archive.free_space(on_disk, inodes)
            on_disk, inodes = on_disk - freed_bytes, inodes - freed_files
        if inodes > 0:
            inodes -= self._losses.free_inodes(inodes)
        missing = max(on_disk, excess)
        if missing <= 0 and inodes <= 0:
            return
        failures = 0
        for path, other in self._inventory.to_evict(eviction_priority(photo)):
            try:
                inodes -= self._evict(path, other, needs_inode=inodes > 0)
            except OSError as error:
                failures += 1
                log.error("%s cannot be evicted: %s", other.name, error.strerror)
                if failures == MAX_FAILED_EVICTIONS:
                    break
                continue
            missing -= other.size
            if missing <= 0 and inodes <= 0:
                return
        raise NoRoomError

    def _evict(self, path: Path, photo: SpooledPhoto, needs_inode: bool) -> int:
        """Evict a photo and return how many inodes that frees."""
        loss = Loss(photo, NO_ROOM)
        try:
            self._losses.evict(path, loss)
        except FileNotFoundError:
            if path.exists():
                raise
            return 1  # delivered a moment ago, which freed the same space
        return int(needs_inode and self._losses.free_inode_of(loss))

    def _missing_bytes(self, photo: SpooledPhoto) -> int:
        try:
            return self._quota.missing_bytes(photo.size, self._disk.free(self._folder))
        except OSError:
            return 0

    def _missing_inodes(self) -> int:
        try:
            return self._quota.missing_inodes(self._disk.free_inodes(self._folder))
        except OSError:
            return 0
