"""Photos in folders of 250, in the order in which they were put.

The folders are numbered upwards. Whoever chooses a photo lists the folder of folders and one of
these, never the whole spool: that stays under a millisecond with 100,000 waiting. Sequence numbers
give the order, so that no step of the clock can change it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import BATCH, SpooledPhoto, parse_entry

PassOver = Callable[[SpooledPhoto], bool]


def photos(
    folder: Path, disk: Disk, newest_first: bool = False, since: int = 0
) -> Iterator[SpooledPhoto]:
    """The photos below `folder`, one folder of 250 in memory at a time. `since` leaves out the
    folders that only hold photos before that sequence number."""
    for batch in batches(folder, disk, newest_first):
        if int(batch) < since // BATCH:
            continue
        for file_name in sorted(disk.names(folder / batch), reverse=newest_first):
            if photo := parse_entry(file_name):
                yield photo


def batches(folder: Path, disk: Disk, newest_first: bool = False) -> list[str]:
    """The names of the folders of photos."""
    return sorted(filter(str.isdigit, disk.names(folder)), reverse=newest_first)


def last_sequence(folder: Path, disk: Disk) -> int:
    """A sequence number that no photo below `folder` exceeds."""
    last = next(photos(folder, disk, newest_first=True), None)
    newest_batch = next(iter(batches(folder, disk, newest_first=True)), "0")
    return max(int(newest_batch) * BATCH, last.sequence if last else 0)
