"""Put a photo into the spool: complete and durable, or as the record of its loss.

A photo of which it is not known yet what it is worth is held: its partial file is complete and
durable, but the upload process does not see it. If the power fails then, recovery stores it.

A photo that fits on the disk is stored even if the bookkeeping fails (counting, locking, recording
another loss, removing empty folders). The bookkeeping is tried again with the next photo.
"""

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pi_uploader.spool.disk import Disk, create_durably
from pi_uploader.spool.folders import WaitingFolders, make_durable_folder
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM, Loss, Losses
from pi_uploader.spool.photo import (
    MAX_SEQUENCE,
    SpooledPhoto,
    SpoolError,
    first_sequence,
    shard_of,
)
from pi_uploader.spool.quota import Evictor, NoRoomError
from pi_uploader.spool.recovery import PARTIAL, Recovery

log = logging.getLogger("spool")

# Attempts 0 and 1 use the same folder; 2 uses the next folder; 3, if the disk is full, follows an
# eviction.
MAX_ATTEMPTS = 4
IN_NEXT_FOLDER, AFTER_EVICTION = 2, 3
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CANNOT_BE_FLUSHED = "%s cannot be flushed, which a power cut may undo: %s"


class Writer:
    """Puts photos into a spool, one at a time, from any thread."""

    def __init__(
        self,
        waiting: WaitingFolders,
        recovery: Recovery,
        evictor: Evictor,
        losses: Losses,
        disk: Disk,
    ) -> None:
        self._waiting = waiting
        self._recovery = recovery
        self._evictor = evictor
        self._losses = losses
        self._disk = disk
        self._lock = threading.Lock()
        self._sequence: int | None = None
        self._durable_folder: Path | None = None
        self._pending_losses: list[Loss] = []

    def recover(self) -> None:
        """Prepare to put photos: finish what an earlier process left incomplete."""
        self._sequence = max(self._recovery.run(), self._sequence or 0)

    def put(self, photo: SpooledPhoto, content: bytes) -> SpooledPhoto:
        """Store a photo under the next sequence number. Raises SpoolError if it is lost."""
        with self._lock:
            return self._put(photo, content, self._write)

    def hold(self, photo: SpooledPhoto, content: bytes) -> SpooledPhoto:
        """Store a photo under the next sequence number, hidden from the upload until `release` or
        `replace`. Raises SpoolError if it is lost."""
        with self._lock:
            return self._put(photo, content, self._write_partial)

    def release(self, held: SpooledPhoto, photo: SpooledPhoto) -> None:
        """Give a photo that is held its final name, that of `photo`. Raises OSError if it stays
        held, until recovery stores it under its first name."""
        path = self._waiting.path_of(photo)
        self._disk.rename(_partial(self._waiting.path_of(held)), path)
        self._flush_or_log(path.parent)

    def remove_held(self, held: SpooledPhoto) -> None:
        """Remove a photo that is held. Raises OSError if it stays held."""
        self._disk.remove(_partial(self._waiting.path_of(held)))

    def replace(self, held: SpooledPhoto, photo: SpooledPhoto, content: bytes) -> None:
        """Store this content in the place of a photo that is held. Raises OSError if one of the two
        stays held, until recovery stores it.

        The photo is gone before the other one can be sent: else a power cut could bring it back
        when the backend has the other one under its id.
        """
        path, former = self._waiting.path_of(photo), _partial(self._waiting.path_of(held))
        try:
            self._write_partial(photo, content)
            self._disk.remove(former)
        except OSError:
            with suppress(OSError):
                self._clear(photo)
            raise
        self._flush_or_log(path.parent)
        self._disk.rename(_partial(path), path)
        self._flush_or_log(path.parent)

    def _flush_or_log(self, folder: Path) -> None:
        try:
            self._disk.flush_folder(folder)
        except OSError as error:
            log.error(_CANNOT_BE_FLUSHED, folder, error.strerror)

    def _put(
        self,
        photo: SpooledPhoto,
        content: bytes,
        write: Callable[[SpooledPhoto, bytes], None],
    ) -> SpooledPhoto:
        self._record_pending_losses()
        problem: OSError | None = None
        first = photo = replace(photo, sequence=self._next_sequence())
        for attempt in range(MAX_ATTEMPTS):
            if attempt == IN_NEXT_FOLDER:
                photo = self._move_to_next_folder(photo, problem)
            elif attempt == AFTER_EVICTION:
                if problem is None or problem.errno not in DISK_FULL or self._has_traces(photo):
                    break
                photo = self._evict_for(first)
            try:
                self._evictor.free_space_for(photo)
                self._make_folder(photo, must_be_durable=attempt < IN_NEXT_FOLDER)
                write(photo, content)
            except NoRoomError as error:
                problem = error
                break
            except FileNotFoundError as error:  # the uploader has just removed the empty folder
                self._durable_folder, problem = None, error
            except OSError as error:
                # After a failed fsync the kernel may drop the pages and mark them clean: a second
                # fsync of the same file would wrongly succeed. So everything is written again.
                problem = error
            else:
                return photo
        full = problem is not None and problem.errno in DISK_FULL
        self._pending_losses.append(Loss(photo, NO_ROOM if full else DISK_ERROR))
        self._record_pending_losses()
        reason = problem.strerror if problem else "no error"
        raise SpoolError(photo.name, f"lost: disk error: {reason}") from problem

    def _move_to_next_folder(self, photo: SpooledPhoto, problem: OSError | None) -> SpooledPhoto:
        """Return the photo with the first number of the next folder, because its own folder may be
        damaged, full, or another user's."""
        sequence = first_sequence(shard_of(photo.sequence) + 1)
        is_read_only = problem is not None and problem.errno == errno.EROFS
        if sequence > MAX_SEQUENCE or is_read_only or self._has_traces(photo):
            return photo
        self._sequence = sequence
        return replace(photo, sequence=sequence)

    def _evict_for(self, photo: SpooledPhoto) -> SpooledPhoto:
        """Evict other photos for this one, and return it with its first number."""
        with suppress(OSError):
            self._evictor.free_size_of(photo)
        self._sequence = photo.sequence
        return photo

    def _make_folder(self, photo: SpooledPhoto, must_be_durable: bool) -> None:
        """Make the photo's folder, durably. A folder that is there but cannot be flushed is used
        unless it `must_be_durable`: a photo in it may survive, and without it the photo is lost."""
        folder = self._waiting.path_of(photo).parent
        if folder == self._durable_folder:
            return
        try:
            make_durable_folder(folder, self._disk)
        except OSError as error:
            if must_be_durable or not _exists(folder):
                raise
            log.error(_CANNOT_BE_FLUSHED, folder, error.strerror)
        else:
            self._durable_folder = folder

    def _write(self, photo: SpooledPhoto, content: bytes) -> None:
        path = self._waiting.path_of(photo)
        with self._cleared_after_error(photo):
            create_durably(_partial(path), content, self._disk)
            self._disk.rename(_partial(path), path)
            self._disk.flush_folder(path.parent)

    def _write_partial(self, photo: SpooledPhoto, content: bytes) -> None:
        partial = _partial(self._waiting.path_of(photo))
        with self._cleared_after_error(photo):
            create_durably(partial, content, self._disk)
            self._disk.flush_folder(partial.parent)

    @contextmanager
    def _cleared_after_error(self, photo: SpooledPhoto) -> Iterator[None]:
        try:
            yield
        except OSError:
            with suppress(OSError):
                self._clear(photo)
            raise

    def _clear(self, photo: SpooledPhoto) -> None:
        """Remove the files that a failed attempt to put this photo has left."""
        for trace in self._traces(photo):
            with suppress(FileNotFoundError, NotADirectoryError):
                self._disk.remove(trace)

    def _traces(self, photo: SpooledPhoto) -> tuple[Path, Path]:
        path = self._waiting.path_of(photo)
        return _partial(path), path

    def _has_traces(self, photo: SpooledPhoto) -> bool:
        """Return whether a failed attempt has left a file that cannot be removed."""
        return any(_exists(trace) for trace in self._traces(photo))

    def _next_sequence(self) -> int:
        if self._sequence is None:
            self.recover()
        self._sequence = (self._sequence or 0) + 1
        return self._sequence

    def _record_pending_losses(self) -> None:
        """Record the losses of photos that never came to the disk. At that time the disk may have
        rejected even an empty file."""
        self._pending_losses = [loss for loss in self._pending_losses if not self._record(loss)]
        if self._evictor.has_inodes():
            self._losses.move_fallback_to_disk()

    def _record(self, loss: Loss) -> bool:
        """Record a loss and return whether that is done."""
        try:
            self._clear(loss.photo)
        except OSError:
            if _exists(self._waiting.path_of(loss.photo)):
                return False  # it is complete, only perhaps not durable: it may still be sent
        try:
            self._losses.record(loss)
        except OSError:
            return False
        return True


def _partial(path: Path) -> Path:
    return path.with_name(path.name + PARTIAL)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
