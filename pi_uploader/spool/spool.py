"""The spool: every photo that the cloud has not confirmed, one file each.

    waiting/00000168/0000042117~entry-2026...~motion~synced~483112~{sha256}.jpg
    quarantine/rejected-422/...    set aside, with the reason
    lost/disk-full/...             given up: an empty file whose name is the record

The photo's file is its own queue entry: its name says all that is known of it, its folder says
what is to happen to it, and every step from one to the other is one rename. No ledger, cursor or
marker stands beside it that could disagree.
"""

import errno
import hashlib
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from photo_wire.headers import Clock, Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName
from pi_uploader.spool import waiting
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import BATCH, Instant, SpooledPhoto, parse_entry

PARTIAL = ".partial"
BLOCK = 256 * 1024


class SpoolError(Exception):
    """The spool could not keep a photo; the text names the photo and the disk's answer."""

    def __init__(self, name: PhotoName, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class DamagedPhotoError(SpoolError):
    """The file does not hold the bytes that the camera gave."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is in the spool: numbers of photos, and of bytes those that wait take."""

    waiting: int
    waiting_bytes: int
    oldest: PhotoName | None
    quarantined: int
    losses: int


class Spool:
    """The spool in one folder, which is made if it is not there. Processes share it freely: those
    that capture put, the one that uploads opens, removes and sets aside."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.waiting = folder / "waiting"
        self.quarantine = folder / "quarantine"
        self.lost = folder / "lost"
        self._disk = disk or Disk()
        self._sequence = -1
        for part in (folder, self.waiting, self.quarantine, self.lost):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)

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
        renamed to its name, then the folder is flushed.

        Raises SpoolError if the disk does not take it; no trace of it is left then.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            photo = SpooledPhoto(
                self._next_sequence(),
                name,
                media,
                trigger,
                clock,
                len(content),
                sha256,
                first,
                taken,
            )
            try:
                self._write(photo, content)
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise
                # After a failed fsync the kernel may have dropped the pages and call them clean:
                # a second fsync of the same file would lie. Everything is written again.
                self._write(photo, content)
        except OSError as error:
            raise SpoolError(name, f"not kept, the disk answers: {error.strerror}") from error
        return photo

    def _write(self, photo: SpooledPhoto, content: bytes) -> None:
        path = self.waiting / photo.path
        partial = path.with_name(path.name + PARTIAL)
        self._make_durable_folder(path.parent)
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
            for trace in (partial, path):
                with suppress(OSError):
                    self._disk.remove(trace)
            raise

    def _next_sequence(self) -> int:
        if self._sequence < 0:
            batches = waiting.batches(self.waiting, self._disk)
            last = waiting.newest(self.waiting, self._disk)
            newest_batch = int(batches[-1]) * BATCH if batches else 0
            self._sequence = max(newest_batch - 1, last.sequence if last else -1)
        self._sequence += 1
        return self._sequence

    def _make_durable_folder(self, folder: Path) -> None:
        with suppress(FileExistsError):
            self._disk.make_folder(folder)
            self._disk.flush_folder(folder.parent)

    # --- what uploads

    def newest(self, passing_over: Container[str] = ()) -> SpooledPhoto | None:
        """The photo put last, leaving out the ids in `passing_over`."""
        return waiting.newest(self.waiting, self._disk, passing_over)

    def oldest(self, passing_over: Container[str] = ()) -> SpooledPhoto | None:
        """The photo put first, leaving out the ids in `passing_over`."""
        return waiting.oldest(self.waiting, self._disk, passing_over)

    def open(self, photo: SpooledPhoto) -> BinaryIO:
        """The photo's bytes as an open file at its beginning, compared with the SHA-256 that was
        taken when the camera gave them. The caller closes it.

        Raises DamagedPhotoError if they differ or cannot be read, FileNotFoundError if another
        process has taken the photo away.
        """
        file = self._disk.open(self.waiting / photo.path)
        try:
            digest = hashlib.sha256()
            while block := file.read(BLOCK):
                digest.update(block)
            file.seek(0)
        except OSError as error:
            file.close()
            raise DamagedPhotoError(photo.name, f"cannot be read: {error.strerror}") from error
        if digest.hexdigest() != photo.sha256:
            file.close()
            raise DamagedPhotoError(photo.name, "its bytes are not those the camera gave")
        return file

    def remove(self, photo: SpooledPhoto) -> None:
        """Let a photo go that the cloud has confirmed. If the power fails before the disk knows,
        the photo is sent once more, and the cloud answers that it has it."""
        path = self.waiting / photo.path
        self._disk.remove(path)
        self._remove_if_empty(path.parent)

    def set_aside(self, photo: SpooledPhoto, reason: str) -> None:
        """Move a photo to quarantine, into the folder of its reason (lower-case words and -)."""
        self._move(photo, self.quarantine / reason / photo.file_name)

    def _move(self, photo: SpooledPhoto, target: Path) -> None:
        self._make_durable_folder(target.parent)
        path = self.waiting / photo.path
        self._disk.rename(path, target)
        self._disk.flush_folder(target.parent)
        self._remove_if_empty(path.parent)

    def _remove_if_empty(self, batch: Path) -> None:
        """Tidy away a folder of photos that is done with; the newest stays, for the next photo."""
        if (
            not self._disk.names(batch)
            and batch.name != waiting.batches(self.waiting, self._disk)[-1]
        ):
            with suppress(OSError):  # a photo was just put there
                self._disk.remove_folder(batch)

    # --- what looks

    def tally(self) -> Tally:
        """Count everything; this lists the whole spool."""
        count, size, oldest = 0, 0, None
        for photo in waiting.photos(self.waiting, self._disk):
            count, size, oldest = count + 1, size + photo.size, oldest or photo.name
        return Tally(
            count,
            size,
            oldest,
            sum(1 for _ in _photos_in(self.quarantine, self._disk)),
            sum(1 for _ in _photos_in(self.lost, self._disk)),
        )


def _photos_in(folder: Path, disk: Disk) -> Iterator[tuple[str, SpooledPhoto]]:
    """The photos in the folders of one folder, each with its folder's name: the reason."""
    for reason in sorted(disk.names(folder)):
        for file_name in sorted(disk.names(folder / reason)):
            if photo := parse_entry(file_name):
                yield reason, photo
