"""Records of losses in one place: empty files named as the photos, in folders of reasons.

lost/no-room/...        the cloud does not know of it yet
reported/no-room/...    the same, once it does
"""

import errno
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.durable_fs import make_durable_folder, move
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.quota import photos_by_reason

SHARED_RECORD = "loss-record"  # the one empty file whose further names may be records
NEW_NAME = ".new"


@dataclass(frozen=True, slots=True)
class Loss:
    """A photo that was given up, and why."""

    photo: SpooledPhoto
    reason: str


class Records:
    """The folders `lost` and `reported` in `place`."""

    def __init__(self, place: Path, disk: Disk) -> None:
        self.lost = place / "lost"
        self.reported = place / "reported"
        self._shared = place / SHARED_RECORD
        self._disk = disk

    def all_in(self, folder: Path) -> Iterator[Loss]:
        """The records in one of the two folders."""
        for reason, photo in photos_by_reason(folder, self._disk):
            yield Loss(photo, reason)

    def has(self, folder: Path, loss: Loss) -> bool:
        return loss.photo.file_name in shards.names(folder / loss.reason, self._disk)

    def can_list(self, folder: Path, loss: Loss) -> bool:
        """Whether a record that is put there is found again."""
        try:
            self._disk.names(folder)
            self._disk.names(folder / loss.reason)
        except OSError:
            return False
        return True

    def add(self, folder: Path, loss: Loss) -> None:
        """Put a loss on record."""
        record = path_of(folder, loss)
        make_durable_folder(record.parent, self._disk)
        with suppress(FileExistsError):
            try:
                self._disk.close(self._disk.create(record))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                self._disk.link(self._shared, record)  # this takes no inode
        self._disk.flush_folder(record.parent)

    def report(self, loss: Loss) -> None:
        """Move a record from `lost` to `reported`. FileNotFoundError if it is not in `lost`."""
        move(path_of(self.lost, loss), path_of(self.reported, loss), self._disk)

    def remove(self, folder: Path, loss: Loss) -> None:
        """Remove a record, if it is there."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self._disk.remove(path_of(folder, loss))

    def takes_inode(self, record: Path) -> bool:
        """Whether a record is a file of its own."""
        try:
            return not record.samefile(self._shared)
        except OSError:
            return True

    def share(self, record: Path) -> bool:
        """Make a record one more name of the shared empty file. Returns whether an inode is free
        by that. Raises OSError where the file system has no such names, or no room for one."""
        if not self._shared.exists():
            self._disk.link(record, self._shared)
            return False
        new = record.with_name(record.name + NEW_NAME)
        with suppress(FileExistsError):
            self._disk.link(self._shared, new)
        self._disk.rename(new, record)
        return True


def path_of(folder: Path, loss: Loss) -> Path:
    """The record of a loss."""
    return folder / loss.reason / loss.photo.file_name
