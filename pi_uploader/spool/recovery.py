"""Recovery before the first photo is put: finish the partial files of a process that was killed,
and find the highest sequence number in use."""

import fcntl
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import WaitingFolders, last_sequence, list_names, list_shards
from pi_uploader.spool.losses import TORN, Loss, Losses
from pi_uploader.spool.photo import (
    DamagedPhotoError,
    SpooledPhoto,
    open_verified,
    parse_file_name,
)

PARTIAL = ".partial"
MAX_ATTEMPTS = 3
LOCK_FLAGS = os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK  # opening a pipe of that name would block

log = logging.getLogger("spool")


class Recovery:
    """Makes a spool's folder ready for a process that puts photos."""

    def __init__(self, folder: Path, waiting: WaitingFolders, losses: Losses, disk: Disk) -> None:
        self._folder = folder
        self._waiting = waiting
        self._losses = losses
        self._disk = disk
        self._lock: TextIO | None = None

    def run(self) -> int:
        """Recover, and return the highest sequence number in use. Disk errors are logged: none of
        them stops a photo from being put.

        From now on this process holds the writers' lock, shared with other writers. A process that
        gets it exclusively knows that every partial file was left by a process that was killed.
        """
        for folder in (self._folder.parent, self._folder, self._losses.lost_folder):
            # The process that created this folder may have been killed before it flushed.
            self._flush(folder)
        try:
            self._lock = self._lock or self._open_lock()
        except OSError as error:
            log.error(
                "%s: %s; incomplete photos cannot be recovered now",
                error.filename,
                error.strerror,
            )
        else:
            with suppress(BlockingIOError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for folder in self._waiting:
                    self._finish_partials(folder)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return max(last_sequence(folder, self._disk) for folder in self._waiting)

    def _open_lock(self) -> TextIO:
        """Open the lock for reading: the disk can be made read-only while it is held."""
        return open(
            self._folder / "writers.lock",
            opener=lambda path, flags: os.open(path, flags | LOCK_FLAGS, 0o600),
        )

    def _flush(self, folder: Path) -> None:
        for _ in range(MAX_ATTEMPTS):
            try:
                self._disk.flush_folder(folder)
            except OSError as error:
                problem = error
            else:
                return
        log.error("%s cannot be flushed: %s", folder, problem.strerror)

    def _finish_partials(self, folder: Path) -> None:
        """Store the partial files that are complete, and record the others as lost."""
        for shard in list_shards(folder, self._disk):
            names = list_names(folder / shard, self._disk)
            # In this order a photo comes before the one that was to replace it: `~` is after `+`.
            for file_name in sorted((one for one in names if one.endswith(PARTIAL)), reverse=True):
                photo = parse_file_name(file_name.removesuffix(PARTIAL))
                if photo is None:
                    continue
                partial = folder / shard / file_name
                try:
                    names += self._finish(partial, photo, _is_stored(photo, names))
                except OSError as error:
                    log.error("%s stays incomplete: %s", partial, error.strerror)

    def _finish(self, partial: Path, photo: SpooledPhoto, is_stored: bool) -> list[str]:
        """Store a partial file, if it is complete. Return the names of the files that were
        stored."""
        if is_stored:  # left by an earlier attempt; a later one succeeded
            self._disk.remove(partial)
            return []
        try:
            open_verified(partial, photo, self._disk).close()
            with self._disk.open(partial) as file:
                self._disk.flush(file.fileno())  # the killed process may not have flushed it
        except DamagedPhotoError:
            self._losses.forget(photo)  # there may be a record with another reason
            self._losses.evict(partial, Loss(photo, TORN))
            return []
        self._losses.forget(photo)
        self._disk.rename(partial, self._waiting.path_of(photo))
        self._disk.flush_folder(partial.parent)
        return [photo.file_name]


def _is_stored(photo: SpooledPhoto, names: Iterable[str]) -> bool:
    """Return whether the photo is there, or what replaced it: one with its number and its id."""
    start = f"{photo.sequence:010d}~{photo.name}~"
    return any(name.startswith(start) and not name.endswith(PARTIAL) for name in names)
