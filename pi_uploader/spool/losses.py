"""Photos that were given up, on record until the cloud knows of them, and a while longer.

Where the disk takes no record (it is read-only, or has no inode left), the record goes to a second
place: a folder in memory that outlives the process. It moves to the disk when the disk takes it.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.durable_fs import make_durable_folder, move
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.records import Loss, Records, path_of

__all__ = ["DISK_ERROR", "NO_ROOM", "TORN", "Loss", "Losses", "second_place"]

NO_ROOM, DISK_ERROR, TORN = "no-room", "disk-error", "torn"  # why photos are lost
REPORTS_KEPT = 1000  # of losses that the cloud has on record


def second_place(runtime: Path, spool: Path) -> Path:
    """The folder, in memory, for records of the losses of this spool, one of several on the
    device."""
    return runtime / f"spool-{hashlib.sha256(bytes(spool.absolute())).hexdigest()[:16]}"


class _SecondPlace(Records):
    """Records in memory. The folder they lie in may be one that everybody can make."""

    def add(self, folder: Path, loss: Loss) -> None:
        runtime = self.lost.parent.parent
        make_durable_folder(runtime, Disk())
        if os.geteuid() not in (0, runtime.stat().st_uid):
            raise PermissionError(errno.EPERM, "belongs to somebody else", f"{runtime}")
        super().add(folder, loss)


class Losses:
    """The records in the folders `lost` and `reported` of a spool, and in those of its second
    place, if it has one."""

    def __init__(self, spool: Path, disk: Disk, second: Path | None = None) -> None:
        self._disk = disk
        self._first = Records(spool, disk)
        self._second = _SecondPlace(second, Disk()) if second else None
        self.lost = self._first.lost
        self.reported = self._first.reported
        self._is_searched = False  # for records that take an inode; new ones are few

    def evict(self, path: Path, loss: Loss) -> None:
        """Turn a photo into the record of its loss, in one rename that needs no room; its bytes
        go only after that is durable.

        Raises OSError if the photo stays where it is.
        """
        record = path_of(self.lost, loss)
        make_durable_folder(record.parent, self._disk)
        try:
            move(path, record, self._disk)
        except OSError:
            if path.exists() or not record.exists():
                raise
            # It is renamed, but a folder cannot be flushed. Should a power cut take the rename
            # back, the photo is found damaged: that it is gone is seen all the same.
        self._record_where_it_is_found(loss)
        self._disk.empty(record)

    def record(self, loss: Loss) -> None:
        """Put on record a photo that has no file. Raises OSError if no place takes the record."""
        try:
            self._first.add(self.lost, loss)
        except OSError:
            if self._second is None:
                raise
            self._second.add(self._second.lost, loss)
        else:
            self._record_where_it_is_found(loss)

    def _record_where_it_is_found(self, loss: Loss) -> None:
        """A folder that takes files may not list them: the second place has such a record, too."""
        if self._second and not self._first.can_list(self.lost, loss):
            with suppress(OSError):
                self._second.add(self._second.lost, loss)

    def unreported(self) -> Iterator[Loss]:
        """The losses of which the cloud does not know yet."""
        told = {loss.photo.file_name for loss in self._second_told()}
        for loss in self._first.all_in(self.lost):
            if loss.photo.file_name not in told:
                yield loss
        if self._second:
            yield from self._second.all_in(self._second.lost)

    def told(self) -> Iterator[Loss]:
        """The last losses of which it knows."""
        yield from self._first.all_in(self.reported)
        yield from self._second_told()

    def _second_told(self) -> Iterator[Loss]:
        if self._second:
            yield from self._second.all_in(self._second.reported)

    def report(self, loss: Loss) -> None:
        """Note that the cloud has the loss on record. Of such notes only the newest are kept here:
        each takes an inode of the disk."""
        try:
            self._first.report(loss)
        except OSError as error:
            if self._second is None:
                raise
            if self._second.has(self._second.lost, loss):
                self._second.report(loss)
            elif not isinstance(error, FileNotFoundError):  # the disk takes no change
                self._second.add(self._second.reported, loss)
            return
        folder = self.reported / loss.reason
        for file_name in sorted(shards.names(folder, self._disk))[:-REPORTS_KEPT]:
            with suppress(OSError):
                self._disk.remove(folder / file_name)

    def forget(self, photo: SpooledPhoto) -> None:
        """Take back a loss, if it is one: the cloud has the photo after all."""
        for reason in shards.names(self.lost, self._disk):
            loss = Loss(photo, reason)
            try:
                self._first.remove(self.lost, loss)
            except OSError:
                if self._second is None or not self._first.has(self.lost, loss):
                    raise
                self._second.add(self._second.reported, loss)
        if self._second:
            for reason in shards.names(self._second.lost, Disk()):
                self._second.remove(self._second.lost, Loss(photo, reason))

    def settle(self) -> None:
        """Move the records of the second place to the disk, as far as it takes them."""
        if self._second is None:
            return
        with suppress(OSError):
            for loss in self._second.all_in(self._second.lost):
                self._first.add(self.lost, loss)
                if self._first.can_list(self.lost, loss):
                    self._second.remove(self._second.lost, loss)
            for loss in self._second_told():
                try:
                    self._first.report(loss)
                except FileNotFoundError:
                    self._first.add(self.reported, loss)
                self._second.remove(self._second.reported, loss)

    def free_inodes(self, count: int) -> int:
        """Give up to `count` inodes of records back to the disk; return how many. No record is
        lost by that: it becomes a name of one shared file, or moves to the second place."""
        freed = 0
        if self._is_searched:
            return 0
        for folder in (self.reported, self.lost):
            for loss in self._first.all_in(folder):
                if freed >= count:
                    return freed
                freed += self.free_inode_of(loss, folder)
        self._is_searched = True
        return freed

    def free_inode_of(self, loss: Loss, folder: Path | None = None) -> bool:
        """Give the inode of one record back, if it has one of its own; whether it did."""
        folder = folder or self.lost
        record = path_of(folder, loss)
        if not self._first.takes_inode(record):
            return False
        try:
            return self._first.share(record)
        except OSError:
            pass
        if self._second is None:
            return False
        second = self._second.lost if folder == self.lost else self._second.reported
        try:
            self._second.add(second, loss)
            self._first.remove(folder, loss)
        except OSError:
            return False
        return True
