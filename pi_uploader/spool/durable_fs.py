"""Changes of the spool's folders that survive a power cut."""

from contextlib import suppress
from pathlib import Path

from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import parse_batch


def make_durable_folder(folder: Path, disk: Disk) -> None:
    """Make a folder, and those that it lies in, if they are not there."""
    if not folder.parent.exists():
        make_durable_folder(folder.parent, disk)
    with suppress(FileExistsError):
        disk.make_folder(folder)
    disk.flush_folder(folder.parent)  # whoever made it may have died before this


def move(path: Path, target: Path, disk: Disk) -> None:
    """Rename a file into a folder that need not be there, and tidy away the one it leaves."""
    make_durable_folder(target.parent, disk)
    disk.rename(path, target)
    disk.flush_folder(target.parent)
    disk.flush_folder(path.parent)
    remove_if_empty(path.parent, disk)


def remove_if_empty(batch: Path, disk: Disk) -> None:
    """Tidy away a folder of photos that is done with; the newest stays, for the next photo. Where
    that fails, because a photo was just put there or the disk refuses, nothing is lost but
    tidiness."""
    with suppress(OSError):
        if parse_batch(batch.name) is None or disk.names(batch):
            return
        newest = next(iter(shards.batches(batch.parent, disk, newest_first=True)), batch.name)
        if batch.name != newest:
            disk.remove_folder(batch)
