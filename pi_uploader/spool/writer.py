"""How a photo comes into the spool: whole and durable, or as the record of its loss.

What is only bookkeeping (counting, locking, recording another loss, tidying up) never costs a
photo that fits on the disk: where it fails, it is done again with the next photo.
"""

import errno
import logging
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pi_uploader.spool.disk import Disk
from pi_uploader.spool.durable_fs import make_durable_folder
from pi_uploader.spool.entry import MAX_SEQUENCE, SpooledPhoto, next_batch
from pi_uploader.spool.integrity import SpoolError
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM, Losses
from pi_uploader.spool.making_room import NoRoomError, RoomMaker
from pi_uploader.spool.records import Loss
from pi_uploader.spool.recovery import PARTIAL, Recovery
from pi_uploader.spool.shelves import Shelves

log = logging.getLogger("spool")

TRIES = 4  # as it is, the same again, and:
ELSEWHERE, WITH_MORE_ROOM = 2, 3  # the latter only where the disk says that it is full
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Writer:
    """Puts photos into a spool, one at a time, whichever thread has one."""

    def __init__(
        self,
        shelves: Shelves,
        recovery: Recovery,
        room: RoomMaker,
        losses: Losses,
        disk: Disk,
    ) -> None:
        self._shelves = shelves
        self._recovery = recovery
        self._room = room
        self._losses = losses
        self._disk = disk
        self._lock = threading.Lock()
        self._sequence: int | None = None
        self._durable_folder: Path | None = None
        self._unrecorded: list[Loss] = []

    def recover(self) -> None:
        """Make ready to put: see to what an earlier process left half done."""
        self._sequence = max(self._recovery.run(), self._sequence or 0)

    def put(self, photo: SpooledPhoto, content: bytes) -> SpooledPhoto:
        """Keep a photo, under the next sequence number. Raises SpoolError if it is lost."""
        with self._lock:
            return self._put(photo, content)

    def _put(self, photo: SpooledPhoto, content: bytes) -> SpooledPhoto:
        self._record_what_could_not_be()
        problem: OSError | None = None
        first = photo = replace(photo, sequence=self._next_sequence())
        for turn in range(TRIES):
            if turn == ELSEWHERE:
                photo = self._for_next_folder(photo, problem)
            elif turn == WITH_MORE_ROOM:
                if problem is None or problem.errno not in FULL or self._has_left(photo):
                    break
                photo = self._back_with_more_room(first)
            try:
                self._room.make_room(photo)
                self._open_folder(photo, needs_proof=turn < ELSEWHERE)
                self._write(photo, content)
            except NoRoomError as error:
                problem = error
                break
            except FileNotFoundError as error:  # the uploader has just tidied away the folder
                self._durable_folder, problem = None, error
            except OSError as error:
                # After a failed fsync the kernel may have dropped the pages and call them clean:
                # a second fsync of the same file would lie. Everything is written again.
                problem = error
            else:
                return photo
        full = problem is not None and problem.errno in FULL
        self._unrecorded.append(Loss(photo, NO_ROOM if full else DISK_ERROR))
        self._record_what_could_not_be()
        answer = problem.strerror if problem else "nothing"
        raise SpoolError(photo.name, f"lost, the disk answers: {answer}") from problem

    def _for_next_folder(self, photo: SpooledPhoto, problem: OSError | None) -> SpooledPhoto:
        """The photo with a number of the next folder: its own may be bad, full, or not ours."""
        elsewhere = next_batch(photo.sequence)
        is_read_only = problem is not None and problem.errno == errno.EROFS
        if elsewhere > MAX_SEQUENCE or is_read_only or self._has_left(photo):
            return photo
        self._sequence = elsewhere
        return replace(photo, sequence=elsewhere)

    def _back_with_more_room(self, photo: SpooledPhoto) -> SpooledPhoto:
        """The photo with its first number, after others were given up for it."""
        with suppress(OSError):
            self._room.make_more(photo)
        self._sequence = photo.sequence
        return photo

    def _open_folder(self, photo: SpooledPhoto, needs_proof: bool) -> None:
        """Make the photo's folder, durably. Where the folder is made and its name cannot be
        flushed for good, the photo is better kept without that proof than lost."""
        folder = self._shelves.path(photo).parent
        if folder == self._durable_folder:
            return
        try:
            make_durable_folder(folder, self._disk)
        except OSError as error:
            if needs_proof or not _exists(folder):
                raise
            log.error(
                "%s cannot be flushed, which a power cut may undo: %s", folder, error.strerror
            )
        else:
            self._durable_folder = folder

    def _write(self, photo: SpooledPhoto, content: bytes) -> None:
        path = self._shelves.path(photo)
        partial = path.with_name(path.name + PARTIAL)
        file = self._disk.create(partial)
        try:
            try:
                self._disk.write(file, content)
                self._disk.flush(file)
            finally:
                self._disk.close(file)
            self._disk.rename(partial, path)
            self._disk.flush_folder(path.parent)
        except OSError:
            with suppress(OSError):
                self._clear(photo)
            raise

    def _clear(self, photo: SpooledPhoto) -> None:
        """Remove what a try to put this photo has left."""
        for trace in self._traces(photo):
            with suppress(FileNotFoundError, NotADirectoryError):
                self._disk.remove(trace)

    def _traces(self, photo: SpooledPhoto) -> tuple[Path, Path]:
        path = self._shelves.path(photo)
        return path.with_name(path.name + PARTIAL), path

    def _has_left(self, photo: SpooledPhoto) -> bool:
        """Whether a try has left something that cannot be removed."""
        return any(_exists(trace) for trace in self._traces(photo))

    def _next_sequence(self) -> int:
        if self._sequence is None:
            self.recover()
        self._sequence = (self._sequence or 0) + 1
        return self._sequence

    def _record_what_could_not_be(self) -> None:
        """Put on record the losses of photos that never came to the disk, which may have refused
        even an empty file then."""
        self._unrecorded = [loss for loss in self._unrecorded if not self._is_recorded(loss)]
        if self._room.has_inodes():
            self._losses.settle()

    def _is_recorded(self, loss: Loss) -> bool:
        try:
            self._clear(loss.photo)
        except OSError:
            if _exists(self._shelves.path(loss.photo)):
                return False  # whole, and only not known to be durable: it may be sent yet
        try:
            self._losses.record(loss)
        except OSError:
            return False
        return True


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
