"""Photos that were given up, on record until the cloud knows of them, and a while longer.

A record is an empty file with the photo's name, in the folder of its reason.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.moves import make_durable_folder, move
from pi_uploader.spool.room import photos_by_reason

NO_ROOM, DISK_ERROR, TORN = "no-room", "disk-error", "torn"  # why photos are lost
REPORTS_KEPT = 1000  # of losses that the cloud has on record


@dataclass(frozen=True, slots=True)
class Loss:
    """A photo that was given up, and why."""

    photo: SpooledPhoto
    reason: str


class Losses:
    """The records in the folders `lost` and `reported` of a spool."""

    def __init__(self, spool: Path, disk: Disk) -> None:
        self.lost = spool / "lost"
        self.reported = spool / "reported"
        self._disk = disk

    def give_up(self, path: Path, loss: Loss) -> None:
        """Turn a photo into the record of its loss, in one rename that needs no room; its bytes
        go only after that is durable."""
        record = self._path(loss)
        move(path, record, self._disk)
        self._disk.empty(record)

    def record(self, loss: Loss) -> None:
        """Put on record a photo that has no file."""
        record = self._path(loss)
        make_durable_folder(record.parent, self._disk)
        with suppress(FileExistsError):
            self._disk.close(self._disk.create(record))
        self._disk.flush_folder(record.parent)

    def unreported(self) -> Iterator[Loss]:
        """The losses of which the cloud does not know yet."""
        for reason, photo in photos_by_reason(self.lost, self._disk):
            yield Loss(photo, reason)

    def report(self, loss: Loss) -> None:
        """Note that the cloud has the loss on record. Of such notes only the newest are kept here:
        each takes an inode of the disk."""
        folder = self.reported / loss.reason
        move(self._path(loss), folder / loss.photo.file_name, self._disk)
        for file_name in sorted(self._disk.names(folder))[:-REPORTS_KEPT]:
            self._disk.remove(folder / file_name)

    def forget(self, photo: SpooledPhoto) -> None:
        """Take back a loss, if it is one: the cloud has the photo after all."""
        for reason in self._disk.names(self.lost):
            with suppress(FileNotFoundError):
                self._disk.remove(self.lost / reason / photo.file_name)

    def _path(self, loss: Loss) -> Path:
        return self.lost / loss.reason / loss.photo.file_name
