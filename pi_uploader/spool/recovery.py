"""What is done before the first photo is put: what an earlier process left half done is finished,
and the sequence numbers that are taken are found."""

import fcntl
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto, parse_entry
from pi_uploader.spool.integrity import DamagedPhotoError, open_checked
from pi_uploader.spool.losses import TORN, Losses
from pi_uploader.spool.records import Loss
from pi_uploader.spool.shelves import Shelves

PARTIAL = ".partial"
TRIES = 3
LOCK_FLAGS = os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe of that name would wait

log = logging.getLogger("spool")


class Recovery:
    """Makes a spool's folder ready for a process that puts photos."""

    def __init__(self, folder: Path, shelves: Shelves, losses: Losses, disk: Disk) -> None:
        self._folder = folder
        self._shelves = shelves
        self._losses = losses
        self._disk = disk
        self._lock: TextIO | None = None

    def run(self) -> int:
        """Recover, and return the highest sequence number that is taken. Nothing of this keeps a
        photo from being put: what the disk refuses is logged and left as it is.

        From now on this process holds the writers' lock, shared with others. One that finds nobody
        else holding it knows that every partial file was left by a process that was killed.
        """
        for folder in (self._folder.parent, self._folder, self._losses.lost):
            self._flush(folder)  # whoever made the folders in it may not have
        try:
            self._lock = self._lock or self._open_lock()
        except OSError as error:
            log.error("%s: %s; photos left half written stay so", error.filename, error.strerror)
        else:
            with suppress(BlockingIOError):
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for folder in self._shelves:
                    self._finish_partials(folder)
            fcntl.flock(self._lock, fcntl.LOCK_SH)
        return max(shards.last_sequence(folder, self._disk) for folder in self._shelves)

    def _open_lock(self) -> TextIO:
        """For reading, so that the disk can be made read-only while it is held."""
        return open(
            self._folder / "writers.lock",
            opener=lambda path, flags: os.open(path, flags | LOCK_FLAGS, 0o600),
        )

    def _flush(self, folder: Path) -> None:
        for _ in range(TRIES):
            try:
                self._disk.flush_folder(folder)
            except OSError as error:
                problem = error
            else:
                return
        log.error("%s cannot be flushed: %s", folder, problem.strerror)

    def _finish_partials(self, folder: Path) -> None:
        """Keep the partial files that are whole; count the others as lost."""
        for batch in shards.batches(folder, self._disk):
            names = set(shards.names(folder / batch, self._disk))
            for file_name in sorted(names):
                photo = parse_entry(file_name.removesuffix(PARTIAL))
                if photo is None or not file_name.endswith(PARTIAL):
                    continue
                partial = folder / batch / file_name
                try:
                    self._finish(partial, photo, is_done=photo.file_name in names)
                except OSError as error:
                    log.error("%s stays half written: %s", partial, error.strerror)

    def _finish(self, partial: Path, photo: SpooledPhoto, is_done: bool) -> None:
        if is_done:  # of an earlier try; a later one succeeded
            self._disk.remove(partial)
            return
        try:
            with open_checked(partial, photo, self._disk) as file:
                self._disk.flush(file.fileno())  # the killed process may not have
        except DamagedPhotoError:
            self._losses.forget(photo)  # on record for another reason, perhaps
            self._losses.evict(partial, Loss(photo, TORN))
        else:
            self._losses.forget(photo)
            self._disk.rename(partial, self._shelves.path(photo))
            self._disk.flush_folder(partial.parent)
