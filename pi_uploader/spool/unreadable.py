"""The folders of a spool that cannot be read: nobody knows what is in them."""

from collections.abc import Iterator
from pathlib import Path

from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk

LOST_AND_FOUND = "lost+found"  # of ext4; only root may read it


def unreadable_folders(spool: Path, disk: Disk) -> Iterator[tuple[Path, str]]:
    """Each folder that cannot be listed, with the disk's answer. Photos in it are neither counted
    nor sent. A folder that the spool did not make, such as `lost+found`, is none of these."""
    for shelf in ("waiting", "undated"):
        yield from _unreadable(spool / shelf, disk)
        for batch in shards.batches(spool / shelf, disk):
            yield from _unreadable(spool / shelf / batch, disk)
    for part in ("quarantine", "lost", "reported"):
        yield from _unreadable(spool / part, disk)
        for reason in shards.names(spool / part, disk):
            if reason != LOST_AND_FOUND:
                yield from _unreadable(spool / part / reason, disk)


def _unreadable(folder: Path, disk: Disk) -> Iterator[tuple[Path, str]]:
    try:
        disk.names(folder)
    except OSError as error:
        yield folder, error.strerror or str(error)
