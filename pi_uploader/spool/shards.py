"""Photos in folders of 250, in the order in which they were put.

The folders are numbered upwards. Whoever chooses a photo lists the folder of folders and one of
these, never the whole spool: that stays under a millisecond with 100,000 waiting. Sequence numbers
give the order, so that no step of the clock can change it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import BATCH, SpooledPhoto, parse_batch, parse_entry

PassOver = Callable[[SpooledPhoto], bool]


def names(folder: Path, disk: Disk) -> list[str]:
    """The names in a folder, in no order; none if it is missing or cannot be read.

    One bad folder must not hide the photos in the others. `unreadable_folders` finds it.
    """
    try:
        return disk.names(folder)
    except OSError:
        return []


def photos(
    folder: Path, disk: Disk, newest_first: bool = False, since: int = 0
) -> Iterator[SpooledPhoto]:
    """The photos below `folder`, one folder of 250 in memory at a time. `since` leaves out the
    folders that only hold photos before that sequence number."""
    for batch in batches(folder, disk, newest_first):
        if int(batch) < since // BATCH:
            continue
        for file_name in sorted(names(folder / batch, disk), reverse=newest_first):
            if photo := parse_entry(file_name):
                yield photo


def batches(folder: Path, disk: Disk, newest_first: bool = False) -> list[str]:
    """The names of the folders of photos. Whatever else lies there is left alone."""
    found = (name for name in names(folder, disk) if parse_batch(name) is not None)
    return sorted(found, reverse=newest_first)


def last_sequence(folder: Path, disk: Disk) -> int:
    """A sequence number that no photo below `folder` exceeds."""
    newest_batch = next(iter(batches(folder, disk, newest_first=True)), None)
    if newest_batch is None:
        return 0
    first = int(newest_batch) * BATCH
    try:
        disk.names(folder / newest_batch)
    except OSError:  # whatever it holds comes before the next folder
        return first + BATCH - 1
    last = next(photos(folder, disk, newest_first=True), None)
    return max(first, last.sequence if last else 0)
