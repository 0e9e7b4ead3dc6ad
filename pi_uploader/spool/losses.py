"""Records of lost photos: all unreported ones, and the last 1000 reported ones for each reason.

    lost/no-room/{file name}        not reported to the backend yet
    reported/no-room/{file name}    reported

A record is an empty file with the photo's name, in the folder of the reason. If the disk
cannot store it (it is read-only, or has no inode left), the record goes to a fallback: a folder in
memory that outlives the process. It moves to the disk as soon as the disk can store it.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import (
    iter_photos_by_reason,
    list_names,
    make_durable_folder,
    move,
)
from pi_uploader.spool.photo import SpooledPhoto, cameras_and_sizes

NO_ROOM, DISK_ERROR, TORN = "no-room", "disk-error", "torn"  # the reasons
MAX_REPORTED = 1000  # records for each reason
SHARED_RECORD = (
    "loss-record"  # an empty file; a hard link to it serves as a record without a new inode
)
_NEW_NAME = ".new"


@dataclass(frozen=True, slots=True)
class Loss:
    """A photo that was lost, and why."""

    photo: SpooledPhoto
    reason: str

    def record_in(self, folder: Path) -> Path:
        """Return the path of this loss's record in `lost` or `reported`."""
        return folder / self.reason / self.photo.file_name


def fallback_folder(runtime: Path, spool: Path) -> Path:
    """Return the folder in memory (below `runtime`) for the records of this spool, which is one of
    several on the device."""
    return runtime / f"spool-{hashlib.sha256(bytes(spool.absolute())).hexdigest()[:16]}"


class _Records:
    """The folders `lost` and `reported` in one folder."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.lost = folder / "lost"
        self.reported = folder / "reported"
        self._shared = folder / SHARED_RECORD
        self._disk = disk

    def list(self, folder: Path) -> Iterator[Loss]:
        """Yield the losses in one of the two folders."""
        for reason, photo in iter_photos_by_reason(folder, self._disk):
            yield Loss(photo, reason)

    def has(self, folder: Path, loss: Loss) -> bool:
        return loss.photo.file_name in list_names(folder / loss.reason, self._disk)

    def can_list(self, folder: Path, loss: Loss) -> bool:
        """Return whether a record that is written there can be listed."""
        try:
            self._disk.names(folder)
            self._disk.names(folder / loss.reason)
        except OSError:
            return False
        return True

    def add(self, folder: Path, loss: Loss) -> None:
        """Write a record. Raises OSError."""
        record = loss.record_in(folder)
        make_durable_folder(record.parent, self._disk)
        with suppress(FileExistsError):
            try:
                self._disk.close(self._disk.create(record))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                self._disk.link(self._shared, record)  # this takes no inode
        self._disk.flush_folder(record.parent)

    def record_reported(self, loss: Loss) -> None:
        """Move a record from `lost` to `reported`. Raises FileNotFoundError if it is not in
        `lost`."""
        move(loss.record_in(self.lost), loss.record_in(self.reported), self._disk)

    def remove(self, folder: Path, loss: Loss) -> None:
        """Remove a record, if it is there."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self._disk.remove(loss.record_in(folder))

    def has_own_inode(self, record: Path) -> bool:
        try:
            return not record.samefile(self._shared)
        except OSError:
            return True

    def share_inode(self, record: Path) -> bool:
        """Replace a record by a hard link to the shared empty file. Return whether this freed an
        inode. Raises OSError if the file system has no hard links, or no space for one."""
        if not self._shared.exists():
            self._disk.link(record, self._shared)
            return False
        new = record.with_name(record.name + _NEW_NAME)
        with suppress(FileExistsError):
            self._disk.link(self._shared, new)
        self._disk.rename(new, record)
        return True


class _FallbackRecords(_Records):
    """Records in memory."""

    def add(self, folder: Path, loss: Loss) -> None:
        runtime = self.lost.parent.parent
        make_durable_folder(runtime, Disk())
        # Check the owner: any user may be able to create the parent folder.
        if os.geteuid() not in (0, runtime.stat().st_uid):
            raise PermissionError(errno.EPERM, "belongs to another user", f"{runtime}")
        super().add(folder, loss)


class Losses:
    """The losses of a spool, on its disk and in the `fallback` folder, if there is one."""

    def __init__(self, spool: Path, disk: Disk, fallback: Path | None = None) -> None:
        self._disk = disk
        self._records = _Records(spool, disk)
        self._fallback = _FallbackRecords(fallback, Disk()) if fallback else None
        self.lost_folder = self._records.lost
        self.reported_folder = self._records.reported
        self._are_all_searched = False  # whether all records were already searched for own inodes

    def evict(self, path: Path, loss: Loss) -> None:
        """Turn a photo into the record of its loss by one rename, which needs no space. Its bytes
        are deleted once that is durable.

        Raises OSError if the photo stays where it is.
        """
        record = loss.record_in(self.lost_folder)
        make_durable_folder(record.parent, self._disk)
        try:
            move(path, record, self._disk)
        except OSError:
            if path.exists() or not record.exists():
                raise
            # It is renamed, but a folder cannot be flushed. If a power cut undoes the rename, the
            # photo is found damaged, so its loss is recorded all the same.
        self._record_in_fallback_if_hidden(loss)
        self._disk.empty(record)

    def record(self, loss: Loss) -> None:
        """Record the loss of a photo that has no file. Raises OSError if neither the disk nor the
        fallback takes the record."""
        try:
            self._records.add(self.lost_folder, loss)
        except OSError:
            if self._fallback is None:
                raise
            self._fallback.add(self._fallback.lost, loss)
        else:
            self._record_in_fallback_if_hidden(loss)

    def _record_in_fallback_if_hidden(self, loss: Loss) -> None:
        """Repeat a record in the fallback if its folder takes files but cannot be listed."""
        if self._fallback and not self._records.can_list(self.lost_folder, loss):
            with suppress(OSError):
                self._fallback.add(self._fallback.lost, loss)

    def unreported(self) -> Iterator[Loss]:
        """Yield the losses that were not reported yet."""
        reported = {loss.photo.file_name for loss in self._reported_in_fallback()}
        for loss in self._records.list(self.lost_folder):
            if loss.photo.file_name not in reported:
                yield loss
        if self._fallback:
            yield from self._fallback.list(self._fallback.lost)

    def reported(self) -> Iterator[Loss]:
        """Yield the last losses that were reported, up to 1000 of each reason."""
        yield from self._records.list(self.reported_folder)
        yield from self._reported_in_fallback()

    def _reported_in_fallback(self) -> Iterator[Loss]:
        if self._fallback:
            yield from self._fallback.list(self._fallback.reported)

    def in_fallback(self) -> tuple[int, set[str]]:
        """Return how many losses that were not reported are recorded in memory, and the file names
        of the photos whose losses were reported according to it."""
        if self._fallback is None:
            return 0, set()
        unreported = sum(1 for _ in self._fallback.list(self._fallback.lost))
        return unreported, {loss.photo.file_name for loss in self._reported_in_fallback()}

    def count(self) -> int:
        """Return how many losses are recorded, reported or not. No name of the disk is parsed."""
        unreported, reported = self.in_fallback()
        total = unreported + len(reported)
        for folder in (self.lost_folder, self.reported_folder):
            for reason in list_names(folder, self._disk):
                names = list_names(folder / reason, self._disk)
                if reported and folder == self.lost_folder:
                    names = [name for name in names if name not in reported]
                total += len(cameras_and_sizes(names))
        return total

    def record_reported(self, loss: Loss) -> None:
        """Record that a loss was reported. Keep only the newest of these records: each takes an
        inode."""
        try:
            self._records.record_reported(loss)
        except OSError as error:
            if self._fallback is None:
                raise
            if self._fallback.has(self._fallback.lost, loss):
                self._fallback.record_reported(loss)
            elif not isinstance(error, FileNotFoundError):  # the disk cannot be changed
                self._fallback.add(self._fallback.reported, loss)
            return
        folder = self.reported_folder / loss.reason
        for file_name in sorted(list_names(folder, self._disk))[:-MAX_REPORTED]:
            with suppress(OSError):
                self._disk.remove(folder / file_name)

    def forget(self, photo: SpooledPhoto) -> None:
        """Remove the record of a loss, if there is one: the backend has the photo after all."""
        for reason in list_names(self.lost_folder, self._disk):
            loss = Loss(photo, reason)
            try:
                self._records.remove(self.lost_folder, loss)
            except OSError:
                if self._fallback is None or not self._records.has(self.lost_folder, loss):
                    raise
                self._fallback.add(self._fallback.reported, loss)
        if self._fallback:
            for reason in list_names(self._fallback.lost, Disk()):
                self._fallback.remove(self._fallback.lost, Loss(photo, reason))

    def move_fallback_to_disk(self) -> None:
        """Move the records of the fallback to the disk, as far as the disk can store them."""
        if self._fallback is None:
            return
        with suppress(OSError):
            for loss in self._fallback.list(self._fallback.lost):
                self._records.add(self.lost_folder, loss)
                if self._records.can_list(self.lost_folder, loss):
                    self._fallback.remove(self._fallback.lost, loss)
            for loss in self._reported_in_fallback():
                try:
                    self._records.record_reported(loss)
                except FileNotFoundError:
                    self._records.add(self.reported_folder, loss)
                self._fallback.remove(self._fallback.reported, loss)

    def free_inodes(self, count: int) -> int:
        """Free up to `count` inodes of records and return how many were freed. No record is lost:
        it becomes a hard link to one shared file, or moves to the fallback."""
        freed = 0
        if self._are_all_searched:
            return 0
        for folder in (self.reported_folder, self.lost_folder):
            for loss in self._records.list(folder):
                if freed >= count:
                    return freed
                freed += self.free_inode_of(loss, folder)
        self._are_all_searched = True
        return freed

    def free_inode_of(self, loss: Loss, folder: Path | None = None) -> bool:
        """Free the inode of one record, if it has its own. Return whether it was freed."""
        folder = folder or self.lost_folder
        record = loss.record_in(folder)
        if not self._records.has_own_inode(record):
            return False
        try:
            return self._records.share_inode(record)
        except OSError:
            pass
        if self._fallback is None:
            return False
        is_lost = folder == self.lost_folder
        try:
            self._fallback.add(self._fallback.lost if is_lost else self._fallback.reported, loss)
            self._records.remove(folder, loss)
        except OSError:
            return False
        return True
