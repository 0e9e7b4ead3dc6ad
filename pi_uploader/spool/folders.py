"""The spool's folders: listing their photos in order, and changes that survive a power cut.

    waiting/00000168/{file name}          250 photos to a folder, in the order of their numbers
    undated/00000168/{file name}
    quarantine/{reason}/{file name}       and lost/ and reported/ likewise

Choosing a photo lists the parent folder and one shard, never the whole spool: that takes under a
millisecond with 100,000 waiting. Sequence numbers give the order, so that no step of
the clock can change it. Other files in these folders are ignored.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.photo import (
    SpooledPhoto,
    first_sequence,
    parse_file_name,
    parse_shard,
    shard_of,
)

PhotoFilter = Callable[[SpooledPhoto], bool]
WAITING_PARTS = ("waiting", "undated")  # folders of 250 photos, named by their numbers
PARTS = (*WAITING_PARTS, "quarantine", "lost", "reported")  # folders named by reasons
LOST_AND_FOUND = "lost+found"  # of ext4; only root may read it


@dataclass(frozen=True, slots=True)
class WaitingFolders:
    """`waiting`: photos that wait to be uploaded. `undated`: photos that wait for the clock."""

    waiting: Path
    undated: Path

    def __iter__(self) -> Iterator[Path]:
        return iter((self.waiting, self.undated))

    def path_of(self, photo: SpooledPhoto) -> Path:
        """Return the path of a photo that waits."""
        folder = self.undated if photo.boot_time else self.waiting
        return folder.joinpath(f"{shard_of(photo.sequence):08d}", photo.file_name)


def list_names(folder: Path, disk: Disk) -> list[str]:
    """Return the names in a folder, in no order; none if it is missing or cannot be read.

    One bad folder must not hide the photos in the others. `unreadable_folders` reports it.
    """
    try:
        return disk.names(folder)
    except OSError:
        return []


def list_shards(folder: Path, disk: Disk, newest_first: bool = False) -> list[str]:
    """Return the names of the folders of photos below `folder`, in their order."""
    shards = (name for name in list_names(folder, disk) if parse_shard(name) is not None)
    return sorted(shards, reverse=newest_first)


def newest_shard(folder: Path, disk: Disk) -> str | None:
    """Return the name of the newest folder of photos below `folder`; None if there is none."""
    shards = (name for name in list_names(folder, disk) if parse_shard(name) is not None)
    return max(shards, default=None)


def iter_photos(
    folder: Path, disk: Disk, newest_first: bool = False, since: int = 0
) -> Iterator[SpooledPhoto]:
    """Yield the photos below `folder`, holding the names of one folder of 250 in memory. `since`
    skips the folders whose sequence numbers are all below it."""
    for shard in list_shards(folder, disk, newest_first):
        if int(shard) < shard_of(since):
            continue
        for file_name in sorted(list_names(folder / shard, disk), reverse=newest_first):
            if photo := parse_file_name(file_name):
                yield photo


def iter_photos_by_reason(folder: Path, disk: Disk) -> Iterator[tuple[str, SpooledPhoto]]:
    """Yield each photo of quarantine/, lost/ or reported/ with the reason it is there for."""
    for reason in sorted(list_names(folder, disk)):
        for file_name in sorted(list_names(folder / reason, disk)):
            if photo := parse_file_name(file_name):
                yield reason, photo


def last_sequence(folder: Path, disk: Disk) -> int:
    """Return a sequence number that no photo below `folder` exceeds."""
    newest = newest_shard(folder, disk)
    if newest is None:
        return 0
    first = first_sequence(int(newest))
    try:
        disk.names(folder / newest)
    except OSError:  # whatever it holds comes before the next folder
        return first_sequence(int(newest) + 1) - 1
    last = next(iter_photos(folder, disk, newest_first=True), None)
    return max(first, last.sequence if last else 0)


def make_durable_folder(folder: Path, disk: Disk) -> None:
    """Make a folder and its missing parents, so that they survive a power cut."""
    if not folder.parent.exists():
        make_durable_folder(folder.parent, disk)
    with suppress(FileExistsError):
        disk.make_folder(folder)
    # Even if the folder exists: the process that created it may have been killed before it flushed.
    disk.flush_folder(folder.parent)


def move(path: Path, target: Path, disk: Disk) -> None:
    """Rename a file durably. Make the folder of `target`, and remove the old folder if it is empty
    now."""
    make_durable_folder(target.parent, disk)
    disk.rename(path, target)
    disk.flush_folder(target.parent)
    disk.flush_folder(path.parent)
    EmptyShards(disk).remove(path.parent)


class EmptyShards:
    """Removes folders of photos that are empty, except the newest, which is for the next photo.

    The folder itself is not listed: that takes longer than all else that deletes a photo, and the
    system refuses to remove a folder that is not empty. Nor are the folders beside it, of which
    100,000 photos have 400, once a newer one was seen: numbers only grow, and the newest stays.
    A failure is ignored: a photo was just put there, or the disk fails, and an empty folder does no
    harm. Threads share it.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._newest: dict[Path, str] = {}  # that was seen, by the folder that it is in

    def remove(self, shard: Path) -> None:
        """Remove this folder if it is one of photos, empty, and not the newest."""
        folder, name = shard.parent, shard.name
        newest = self._newest.get(folder, "")
        if name >= newest:
            newest = self._newest[folder] = newest_shard(folder, self._disk) or ""
        if name < newest and parse_shard(name) is not None:
            with suppress(OSError):
                self._disk.remove_folder(shard)


class Listing(NamedTuple):
    """The names in one of the spool's folders, in no order. `problem` is the disk's error if it
    cannot be listed."""

    folder: Path
    names: list[str]
    problem: str | None = None


def iter_listings(spool: Path, part: str, disk: Disk) -> Iterator[Listing]:
    """List each folder of photos in a part of the spool (waiting, undated, quarantine, lost or
    reported), in their order, and the part itself if it cannot be listed. Folders that the spool
    did not make are skipped if they cannot be listed."""
    parent = _list(spool / part, disk)
    if parent.problem:
        yield parent
    for name in sorted(parent.names):
        if part in WAITING_PARTS and parse_shard(name) is None:
            continue
        listing = _list(spool / part / name, disk)
        if not (listing.problem and name == LOST_AND_FOUND):
            yield listing


def _list(folder: Path, disk: Disk) -> Listing:
    try:
        return Listing(folder, disk.names(folder))
    except OSError as error:
        return Listing(folder, [], error.strerror or str(error))


def unreadable_folders(spool: Path, disk: Disk) -> Iterator[tuple[Path, str]]:
    """Yield each folder of a spool that cannot be listed, with the disk's error. Photos in it are
    neither counted nor sent."""
    for part in PARTS:
        for listing in iter_listings(spool, part, disk):
            if listing.problem:
                yield listing.folder, listing.problem
