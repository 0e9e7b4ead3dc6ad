"""The photos that wait, in the order in which they were put.

They lie in folders of 250, numbered upwards. Whoever chooses a photo lists the folder of folders
and one of these, never the whole spool: that stays under a millisecond with 100,000 waiting.
Sequence numbers give the order, so that no step of the clock can change it.
"""

from collections.abc import Container, Iterator
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto, parse_entry


def newest(folder: Path, disk: Disk, passing_over: Container[str] = ()) -> SpooledPhoto | None:
    """The photo put last whose id is not in `passing_over`; None if there is none."""
    return next(_photos(folder, disk, passing_over, newest_first=True), None)


def oldest(folder: Path, disk: Disk, passing_over: Container[str] = ()) -> SpooledPhoto | None:
    """The photo put first whose id is not in `passing_over`; None if there is none."""
    return next(_photos(folder, disk, passing_over, newest_first=False), None)


def photos(folder: Path, disk: Disk) -> Iterator[SpooledPhoto]:
    """All of them, oldest first, one folder of 250 in memory at a time."""
    return _photos(folder, disk, (), newest_first=False)


def batches(folder: Path, disk: Disk) -> list[str]:
    """The names of the folders of photos, oldest first."""
    return sorted(name for name in disk.names(folder) if name.isdigit())


def _photos(
    folder: Path, disk: Disk, passing_over: Container[str], newest_first: bool
) -> Iterator[SpooledPhoto]:
    for batch in sorted(batches(folder, disk), reverse=newest_first):
        for file_name in sorted(disk.names(folder / batch), reverse=newest_first):
            photo = parse_entry(file_name)
            if photo and str(photo.name) not in passing_over:
                yield photo
