"""The spool: every photo that the backend has not confirmed, one file each.

    waiting/00000168/0000042117~entry-2026...~motion~synced~483112~{sha256}.jpg
    undated/...                    taken before the clock was set; renamed once it is
    quarantine/rejected-422/...    not sent again by itself; the folder is the reason
    lost/no-room/...               lost: an empty file, whose name is the record
    reported/no-room/...           the same, once the backend knows of the loss
    kept/entry/2026-11-20/...      out of the spool, but kept on the device (archive.py)
    replay/candidates/...          frames of triggers without motion, and
    replay/missed/...              those that a person wants to keep (replay.py)
    labels/{photo id}              what a model found in a photo (labels.py)

A photo's file is its own queue entry: its name holds what is known of it, its folder tells what
happens to it next, and each step is one rename. There is no ledger, cursor or marker that could
disagree with the files.

In the order of a photo's way: photo.py (the file name), writer.py and recovery.py (put), quota.py
(evict), totals.py (count), losses.py (the record of a loss), archive.py (kept photos). All of them
use folders.py and disk.py. admin.py and export.py are for a person: count, list, verify, requeue,
export.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from photo_wire.headers import ClockStatus
from photo_wire.media import Media
from photo_wire.motion import Motion
from photo_wire.name import PhotoName
from pi_uploader.spool.archive import Archive
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import (
    EmptyShards,
    PhotoFilter,
    WaitingFolders,
    iter_photos,
    iter_photos_by_reason,
    make_durable_folder,
    move,
    unreadable_folders,
)
from pi_uploader.spool.labels import LabelStore
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM, TORN, Losses, fallback_folder
from pi_uploader.spool.notification import notify
from pi_uploader.spool.photo import (
    DamagedPhotoError,
    PhotoInfo,
    SpooledPhoto,
    SpoolError,
    open_verified,
)
from pi_uploader.spool.quota import Backlog, Evictor, Inventory, Quota, Usage
from pi_uploader.spool.recovery import Recovery
from pi_uploader.spool.writer import Writer


class Spool:
    """The spool in one folder, which is made if it is missing. Several processes may use it: those
    that capture put photos, the one that uploads opens, renames, removes and quarantines them.

    `keep` and `keep_bytes` limit the archive's age and size, None for no limit. `runtime` is a
    folder in memory for records of losses that cannot be written to the disk.
    """

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        quota: Quota | None = None,
        keep: timedelta | None = None,
        keep_bytes: int | None = None,
        runtime: Path | None = None,
    ) -> None:
        self.folder = folder
        self.waiting_folder = folder / "waiting"
        self.undated_folder = folder / "undated"
        self.quarantine_folder = folder / "quarantine"
        self.labels = LabelStore(folder)
        self._disk = disk or Disk()
        self._waiting = WaitingFolders(self.waiting_folder, self.undated_folder)
        self._empty_shards = EmptyShards(self._disk)
        fallback = fallback_folder(runtime, folder) if runtime else None
        self.losses = Losses(folder, self._disk, fallback)
        self.archive = Archive(folder / "kept", self._disk, keep, keep_bytes)
        self._inventory = Inventory(self._waiting, self.quarantine_folder, self._disk)
        self._evictor = Evictor(
            folder, quota or Quota(), self._inventory, self.archive, self.losses, self._disk
        )
        recovery = Recovery(folder, self._waiting, self.losses, self._disk)
        self._writer = Writer(self._waiting, recovery, self._evictor, self.losses, self._disk)
        self._make_folders()

    def _make_folders(self) -> None:
        if not self.folder.parent.exists():
            make_durable_folder(self.folder.parent, self._disk)
        for part in (self.folder, *self._waiting):
            if not part.exists():
                with suppress(FileExistsError):  # another process makes it at the same moment
                    self._disk.make_folder(part)
        lost, reasons = self.losses.lost_folder, (NO_ROOM, DISK_ERROR, TORN)
        parts = (self.quarantine_folder, lost, self.losses.reported_folder)
        for part in (*parts, *(lost / reason for reason in reasons)):
            with suppress(OSError):  # made now, because a full disk would not take them later
                if not part.exists():
                    self._disk.make_folder(part)

    # --- capture

    def put(self, content: bytes, info: PhotoInfo) -> SpooledPhoto:
        """Store a photo. When this returns, it survives a power cut: the file is flushed, then
        renamed to its name, then the folder is flushed.

        Raises SpoolError if it does not fit or the disk fails, and records its loss. The losses of
        photos that were evicted for it are recorded, too.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            return self._writer.put(SpooledPhoto(0, info, len(content), sha256), content)
        finally:  # of a loss, too: it is to be reported
            notify(self.folder)

    def hold(self, content: bytes, info: PhotoInfo) -> SpooledPhoto:
        """Store a photo as `put` does, but hidden from the upload until `release` or
        `replace_by_stub`. After a power cut in between it is stored whole. Raises as `put` does."""
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            return self._writer.hold(SpooledPhoto(0, info, len(content), sha256), content)
        except SpoolError:
            notify(self.folder)  # the loss is to be reported
            raise

    def release(self, held: SpooledPhoto, motion: Motion | None) -> SpooledPhoto:
        """Let a photo that was held be uploaded, with what is known of its motion now. Raises
        OSError if it stays held; the next start releases it."""
        photo = replace(held, info=replace(held.info, motion=motion))
        self._writer.release(held, photo)
        notify(self.folder)
        return photo

    def replace_by_stub(self, held: SpooledPhoto, stub: bytes) -> SpooledPhoto:
        """Let this small JPEG be uploaded in the place of a photo without motion that was held.
        Raises OSError if one of the two stays held; the next start releases it."""
        info = replace(held.info, media=Media.JPEG, motion=Motion())
        sha256 = hashlib.sha256(stub).hexdigest()
        photo = SpooledPhoto(held.sequence, info, len(stub), sha256)
        self._writer.replace(held, photo, stub)
        notify(self.folder)
        return photo

    def remove_held(self, held: SpooledPhoto) -> None:
        """Remove a photo that was held. After a power cut it may be stored whole. Raises OSError if
        it stays held; the next start releases it."""
        self._writer.remove_held(held)

    def recover(self) -> None:
        """Prepare to put photos: finish what an earlier process left incomplete. Without a call,
        the first `put` does it."""
        self._writer.recover()
        notify(self.folder)

    def usage(self) -> Usage:
        """Return how much of the quota is used. Archived photos count as free space, because they
        are deleted first. Raises OSError if the free space of the disk is unknown."""
        return self._evictor.usage()

    # --- upload

    def newest(self, exclude: PhotoFilter | None = None) -> SpooledPhoto | None:
        """Return the waiting photo that was put last and is not excluded by `exclude`."""
        return self._first(exclude, newest_first=True)

    def oldest(self, exclude: PhotoFilter | None = None) -> SpooledPhoto | None:
        """Return the waiting photo that was put first and is not excluded by `exclude`."""
        return self._first(exclude, newest_first=False)

    def _first(self, exclude: PhotoFilter | None, newest_first: bool) -> SpooledPhoto | None:
        for photo in iter_photos(self.waiting_folder, self._disk, newest_first):
            if exclude is None or not exclude(photo):
                return photo
        return None

    def open(self, photo: SpooledPhoto) -> BinaryIO:
        """Open a waiting photo at its beginning, after comparing its SHA-256. The caller closes it.

        Raises DamagedPhotoError if its bytes differ or cannot be read, FileNotFoundError if another
        process has moved the photo.
        """
        return open_verified(self._waiting.path_of(photo), photo, self._disk)

    def remove(self, photo: SpooledPhoto, keep: bool = False) -> None:
        """Remove a photo that the backend has confirmed; with `keep` move it to the archive. If the
        power fails before this is durable, the photo is sent once more, and the backend responds
        that it already has it."""
        path = self._waiting.path_of(photo)
        try:
            if keep:
                move(path, self.archive.path_of(photo), self._disk)
            else:
                self._disk.remove(path)
                self._empty_shards.remove(path.parent)
        except FileNotFoundError:  # it was evicted during its upload, and arrived after all
            self.losses.forget(photo)

    def quarantine(self, photo: SpooledPhoto, reason: str) -> None:
        """Move a waiting photo to the folder of this reason (lower-case words and -)."""
        target = self.quarantine_folder / reason / photo.file_name
        move(self._waiting.path_of(photo), target, self._disk)

    def requeue(self, photo: SpooledPhoto, reason: str) -> None:
        """Move a photo that was quarantined for `reason` back to those that wait."""
        source = self.quarantine_folder / reason / photo.file_name
        move(source, self._waiting.path_of(photo), self._disk)
        notify(self.folder)

    def requeue_kept(self, photo: SpooledPhoto) -> bool:
        """Move an uploaded photo from the archive back to those that wait. Return False if the
        archive has no intact copy of it."""
        path = self.archive.path_of(photo)
        try:
            open_verified(path, photo, self._disk).close()
            move(path, self._waiting.path_of(photo), self._disk)
        except (DamagedPhotoError, OSError):
            return False
        notify(self.folder)
        return True

    def rename(self, photo: SpooledPhoto, name: PhotoName, clock: ClockStatus) -> SpooledPhoto:
        """Give an undated photo its final name, under which it can be uploaded."""
        renamed = photo.renamed(name, clock)
        move(self._waiting.path_of(photo), self._waiting.path_of(renamed), self._disk)
        return renamed

    # --- lists

    def waiting_photos(self, newest_first: bool = False) -> Iterator[SpooledPhoto]:
        """Yield the photos that wait to be uploaded, by default the oldest first."""
        return iter_photos(self.waiting_folder, self._disk, newest_first)

    def waiting_by_camera(self) -> Counter[str]:
        """Return how many photos of each camera wait to be uploaded. Folders that have not changed
        since the last call, or since the last `usage`, are not read again."""
        return self._inventory.waiting_by_camera()

    def backlog(self) -> Backlog:
        """Return how many photos the spool holds. Unchanged folders are not read again."""
        return self._inventory.backlog()

    def undated_photos(self, newest_first: bool = False) -> Iterator[SpooledPhoto]:
        """Yield the photos that wait for the clock to be set, by default the oldest first."""
        return iter_photos(self.undated_folder, self._disk, newest_first)

    def waits_since(self, photo: SpooledPhoto) -> float:
        """Return since when a photo waits under its name (seconds since 1970). Raises OSError."""
        return self._waiting.path_of(photo).stat().st_ctime

    def quarantined_photos(self) -> Iterator[tuple[str, SpooledPhoto]]:
        """Yield the photos in quarantine, each with its reason."""
        return iter_photos_by_reason(self.quarantine_folder, self._disk)

    def photos(self) -> Iterator[SpooledPhoto]:
        """Yield all photos: those that wait, the oldest first, those that wait for the clock, and
        those in quarantine."""
        yield from self.waiting_photos()
        yield from self.undated_photos()
        yield from (photo for _, photo in self.quarantined_photos())

    def unreadable_folders(self) -> Iterator[tuple[Path, str]]:
        """Yield the folders that cannot be listed, each with the disk's error."""
        return unreadable_folders(self.folder, self._disk)
