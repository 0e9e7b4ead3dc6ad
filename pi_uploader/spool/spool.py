"""The spool: every photo that the cloud has not confirmed, one file each.

    waiting/00000168/0000042117~entry-2026...~motion~synced~483112~{sha256}.jpg
    undated/...                    taken before the clock was set: gets its name when it is
    quarantine/rejected-422/...    set aside, with the reason
    lost/no-room/...               given up: an empty file, whose name is the record
    reported/no-room/...           the same, once the cloud knows of the loss
    kept/entry/2026-11-20/...      out of the spool, and kept on the device (kept.py)

The photo's file is its own queue entry: its name says all that is known of it, its folder says
what is to happen to it, and every step from one to the other is one rename. No ledger, cursor or
marker stands beside it that could disagree.
"""

import errno
import fcntl
import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, TextIO

from photo_wire.headers import Clock, Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName
from pi_uploader.spool import batches
from pi_uploader.spool.checked import DamagedPhotoError, SpoolError, open_checked
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import Instant, SpooledPhoto, parse_entry
from pi_uploader.spool.kept import Kept
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM, TORN, Loss, Losses
from pi_uploader.spool.moves import make_durable_folder, move, remove_if_empty
from pi_uploader.spool.room import Fill, Holdings, Room, photos_by_reason, value

PARTIAL = ".partial"
TRIES = 3


class Spool:
    """The spool in one folder, which is made if it is not there. Processes share it freely: those
    that capture put, the one that uploads opens, names, removes and sets aside."""

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        room: Room | None = None,
        keep: timedelta | None = None,
        keep_bytes: int | None = None,
    ) -> None:
        self.folder = folder
        self.waiting = folder / "waiting"
        self.undated = folder / "undated"
        self.quarantine = folder / "quarantine"
        self._disk = disk or Disk()
        self.losses = Losses(folder, self._disk)
        self._room = room or Room()
        self._holdings = Holdings((self.waiting, self.undated), self.quarantine, self._disk)
        self.kept = Kept(folder / "kept", self._disk, keep, keep_bytes)
        self._putting = threading.Lock()  # one photo at a time, whichever camera took it
        self._sequence: int | None = None
        self._lock: TextIO | None = None
        self._durable_folder: Path | None = None
        self._unrecorded: list[Loss] = []
        if not folder.parent.exists():
            make_durable_folder(folder.parent, self._disk)
        parts = (
            folder,
            self.waiting,
            self.undated,
            self.quarantine,
            self.losses.lost,
            self.losses.reported,
        )
        reasons = (NO_ROOM, DISK_ERROR, TORN)  # now: a full disk would refuse them later
        for part in (*parts, *(self.losses.lost / reason for reason in reasons)):
            if not part.exists():
                self._disk.make_folder(part)

    # --- what captures

    def put(
        self,
        content: bytes,
        name: PhotoName,
        media: Media,
        trigger: Trigger,
        clock: Clock,
        *,
        first: bool = False,
        taken: Instant | None = None,
    ) -> SpooledPhoto:
        """Keep a photo. When this returns, it survives a power cut: the file is flushed, then
        renamed to its name, then the folder is flushed. `first`: it begins an event. `taken`: the
        clock is not set; the photo gets its final name when it is.

        Raises SpoolError if there is no room or the disk does not take it. The loss is on record
        then, as are those of photos that were given up to make room.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        photo = SpooledPhoto(0, name, media, trigger, clock, len(content), sha256, first, taken)
        with self._putting:
            return self._put(photo, content)

    def _put(self, photo: SpooledPhoto, content: bytes) -> SpooledPhoto:
        problem: OSError | None = None
        for _ in range(TRIES):
            try:
                photo = replace(photo, sequence=photo.sequence or self._next_sequence())
                self._record_what_could_not_be()
                self._make_room(photo)
                self._write(photo, content)
            except FileNotFoundError as error:  # the uploader has just tidied away the folder
                self._durable_folder, problem = None, error
            except OSError as error:
                # After a failed fsync the kernel may have dropped the pages and call them clean:
                # a second fsync of the same file would lie. Everything is written again.
                problem = error
            else:
                return photo
        full = problem is not None and problem.errno == errno.ENOSPC
        self._unrecorded.append(Loss(photo, NO_ROOM if full else DISK_ERROR))
        with suppress(OSError):
            self._record_what_could_not_be()
        answer = problem.strerror if problem else "nothing"
        raise SpoolError(photo.name, f"lost, the disk answers: {answer}") from problem

    def _write(self, photo: SpooledPhoto, content: bytes) -> None:
        path = self._path(photo)
        partial = path.with_name(path.name + PARTIAL)
        if path.parent != self._durable_folder:
            make_durable_folder(path.parent, self._disk)
            self._durable_folder = path.parent
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
        path = self._path(photo)
        for trace in (path.with_name(path.name + PARTIAL), path):
            with suppress(FileNotFoundError):
                self._disk.remove(trace)

    def _path(self, photo: SpooledPhoto) -> Path:
        return (self.undated if photo.taken else self.waiting) / photo.path

    def _next_sequence(self) -> int:
        if self._sequence is None:
            self.recover()
        self._sequence = (self._sequence or 0) + 1
        return self._sequence

    # --- what a killed writer left

    def recover(self) -> None:
        """Make ready to put: see to what an earlier process left half done. The first `put` does
        it, if nobody has before.

        From now on this process holds the writers' lock, shared with others. One that finds nobody
        else holding it knows that every partial file was left by a process that was killed.
        """
        for folder in (self.folder.parent, self.folder, self.losses.lost):
            self._disk.flush_folder(folder)  # whoever made the folders in it may not have
        if self._lock is None:
            self._lock = (self.folder / "writers.lock").open("w")
        with suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in (self.waiting, self.undated):
                self._finish_partials(folder)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        self._sequence = max(
            batches.last_sequence(folder, self._disk) for folder in (self.waiting, self.undated)
        )

    def _finish_partials(self, folder: Path) -> None:
        """Keep the partial files that are whole; count the others as lost."""
        for batch in batches.batches(folder, self._disk):
            names = set(self._disk.names(folder / batch))
            for file_name in sorted(names):
                photo = parse_entry(file_name.removesuffix(PARTIAL))
                if photo is None or not file_name.endswith(PARTIAL):
                    continue
                partial = folder / batch / file_name
                if photo.file_name in names:  # of an earlier try; a later one succeeded
                    self._disk.remove(partial)
                    continue
                try:
                    with open_checked(partial, photo, self._disk) as file:
                        self._disk.flush(file.fileno())  # the killed process may not have
                except DamagedPhotoError:
                    self.losses.give_up(partial, Loss(photo, TORN))
                else:
                    self._disk.rename(partial, self._path(photo))
                    self._disk.flush_folder(partial.parent)

    # --- room, and losses

    def fill(self) -> Fill:
        """How much of its room is taken. The photos that are kept beside it would make way."""
        free = self._disk.free(self.folder) + self.kept.bytes_held()
        return self._room.fill(self._holdings.bytes_used(), free)

    def _make_room(self, photo: SpooledPhoto) -> None:
        """Give up photos worth no more than this one until it fits; ENOSPC if it cannot."""
        used = self._holdings.bytes_used() if self._room.budget is not None else 0
        short = self._room.short_of_disk(photo.size, self._disk.free(self.folder))
        if short > 0:
            short -= self.kept.give_back(short)
        missing = max(short, self._room.over_budget(photo.size, used))
        if missing <= 0:
            return
        for path, other in self._holdings.least_valuable(value(photo)):
            with suppress(FileNotFoundError):  # delivered just now, which made the same room
                self.losses.give_up(path, Loss(other, NO_ROOM))
            missing -= other.size
            if missing <= 0:
                return
        raise OSError(errno.ENOSPC, "no room for it within the spool's budget and reserve")

    def _record_what_could_not_be(self) -> None:
        """Put on record the losses of photos that never came to the disk, which may have refused
        even an empty file then."""
        while self._unrecorded:
            self._clear(self._unrecorded[0].photo)
            self.losses.record(self._unrecorded[0])
            del self._unrecorded[0]

    # --- what uploads

    def newest(self, passing_over: batches.PassOver | None = None) -> SpooledPhoto | None:
        """The photo put last, leaving out those for which `passing_over` holds."""
        return self._first(passing_over, newest_first=True)

    def oldest(self, passing_over: batches.PassOver | None = None) -> SpooledPhoto | None:
        """The photo put first, leaving out those for which `passing_over` holds."""
        return self._first(passing_over, newest_first=False)

    def _first(
        self, passing_over: batches.PassOver | None, newest_first: bool
    ) -> SpooledPhoto | None:
        for photo in batches.photos(self.waiting, self._disk, newest_first):
            if passing_over is None or not passing_over(photo):
                return photo
        return None

    def open(self, photo: SpooledPhoto) -> BinaryIO:
        """The photo's bytes as an open file at its beginning, compared with the SHA-256 that was
        taken when the camera gave them. The caller closes it.

        Raises DamagedPhotoError if they differ or cannot be read, FileNotFoundError if another
        process has taken the photo away.
        """
        return open_checked(self._path(photo), photo, self._disk)

    def remove(self, photo: SpooledPhoto, keep: bool = False) -> None:
        """Let a photo go that the cloud has confirmed; with `keep` to those that stay on the
        device. If the power fails before the disk knows, the photo is sent once more, and the cloud
        answers that it has it."""
        path = self._path(photo)
        try:
            if keep:
                move(path, self.kept.path(photo), self._disk)
            else:
                self._disk.remove(path)
        except FileNotFoundError:  # it was given up while it was on its way, and arrived after all
            self.losses.forget(photo)
        else:
            remove_if_empty(path.parent, self._disk)

    def set_aside(self, photo: SpooledPhoto, reason: str) -> None:
        """Move a photo to quarantine, into the folder of its reason (lower-case words and -)."""
        move(self._path(photo), self.quarantine / reason / photo.file_name, self._disk)

    def take_up(self, photo: SpooledPhoto, reason: str) -> None:
        """Let a photo wait again that was set aside for `reason`."""
        move(self.quarantine / reason / photo.file_name, self._path(photo), self._disk)

    def name(self, photo: SpooledPhoto, name: PhotoName, clock: Clock) -> SpooledPhoto:
        """Give a photo that was taken before the clock was set its final name."""
        named = photo.named(name, clock)
        move(self._path(photo), self._path(named), self._disk)
        return named

    def photos_set_aside(self) -> Iterator[tuple[str, SpooledPhoto]]:
        """The photos in quarantine, each after its reason."""
        return photos_by_reason(self.quarantine, self._disk)

    def photos_waiting(self) -> Iterator[SpooledPhoto]:
        """The photos that wait to be sent, oldest first."""
        return batches.photos(self.waiting, self._disk)

    def photos_undated(self) -> Iterator[SpooledPhoto]:
        """The photos that wait for the clock to be set, oldest first."""
        return batches.photos(self.undated, self._disk)
