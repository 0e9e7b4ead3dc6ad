"""The spool: every photo that the cloud has not confirmed, one file each.

    waiting/00000168/0000042117~entry-2026...~motion~synced~483112~{sha256}.jpg
    undated/...                    taken before the clock was set: gets its name when it is
    quarantine/rejected-422/...    set aside, with the reason
    lost/no-room/...               given up: an empty file, whose name is the record
    reported/no-room/...           the same, once the cloud knows of the loss
    kept/entry/2026-11-20/...      out of the spool, and kept on the device (archive.py)

The photo's file is its own queue entry: its name says all that is known of it, its folder says
what is to happen to it, and every step from one to the other is one rename. No ledger, cursor or
marker stands beside it that could disagree.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from photo_wire.headers import Clock, Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName
from pi_uploader.spool import shards
from pi_uploader.spool.archive import Kept
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.durable_fs import make_durable_folder, move, remove_if_empty
from pi_uploader.spool.entry import BootTime, SpooledPhoto
from pi_uploader.spool.integrity import DamagedPhotoError, open_checked
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM, TORN, Losses, second_place
from pi_uploader.spool.making_room import RoomMaker
from pi_uploader.spool.quota import Fill, Holdings, Room, photos_by_reason
from pi_uploader.spool.recovery import Recovery
from pi_uploader.spool.shelves import Shelves
from pi_uploader.spool.unreadable import unreadable_folders
from pi_uploader.spool.writer import Writer


class Spool:
    """The spool in one folder, which is made if it is not there. Processes share it freely: those
    that capture put, the one that uploads opens, names, removes and sets aside. `runtime`: a folder
    in memory, for records of losses that the disk does not take."""

    def __init__(
        self,
        folder: Path,
        disk: Disk | None = None,
        room: Room | None = None,
        keep: timedelta | None = None,
        keep_bytes: int | None = None,
        runtime: Path | None = None,
    ) -> None:
        self.folder = folder
        self.waiting = folder / "waiting"
        self.undated = folder / "undated"
        self.quarantine = folder / "quarantine"
        self._disk = disk or Disk()
        self._shelves = Shelves(self.waiting, self.undated)
        second = second_place(runtime, folder) if runtime else None
        self.losses = Losses(folder, self._disk, second)
        self.kept = Kept(folder / "kept", self._disk, keep, keep_bytes)
        holdings = Holdings((self.waiting, self.undated), self.quarantine, self._disk)
        self._room = RoomMaker(folder, room or Room(), holdings, self.kept, self.losses, self._disk)
        recovery = Recovery(folder, self._shelves, self.losses, self._disk)
        self._writer = Writer(self._shelves, recovery, self._room, self.losses, self._disk)
        self._make_folders()

    def _make_folders(self) -> None:
        if not self.folder.parent.exists():
            make_durable_folder(self.folder.parent, self._disk)
        for part in (self.folder, self.waiting, self.undated):
            if not part.exists():
                with suppress(FileExistsError):  # the other process makes it at the same moment
                    self._disk.make_folder(part)
        lost, reasons = self.losses.lost, (NO_ROOM, DISK_ERROR, TORN)
        parts = (self.quarantine, lost, self.losses.reported, *(lost / one for one in reasons))
        for part in parts:  # now: a full disk would refuse them later
            with suppress(OSError):
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
        taken: BootTime | None = None,
    ) -> SpooledPhoto:
        """Keep a photo. When this returns, it survives a power cut: the file is flushed, then
        renamed to its name, then the folder is flushed. `first`: it begins an event. `taken`: the
        clock is not set; the photo gets its final name when it is.

        Raises SpoolError if there is no room or the disk does not take it. The loss is on record
        then, as are those of photos that were given up to make room.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        photo = SpooledPhoto(0, name, media, trigger, clock, len(content), sha256, first, taken)
        return self._writer.put(photo, content)

    def recover(self) -> None:
        """Make ready to put: see to what an earlier process left half done. The first `put` does
        it, if nobody has before."""
        self._writer.recover()

    def fill(self) -> Fill:
        """How much of its room is taken. The photos that are kept beside it would make way.
        Raises OSError where the disk does not say how much is free."""
        return self._room.fill()

    # --- what uploads

    def newest(self, passing_over: shards.PassOver | None = None) -> SpooledPhoto | None:
        """The photo put last, leaving out those for which `passing_over` holds."""
        return self._first(passing_over, newest_first=True)

    def oldest(self, passing_over: shards.PassOver | None = None) -> SpooledPhoto | None:
        """The photo put first, leaving out those for which `passing_over` holds."""
        return self._first(passing_over, newest_first=False)

    def _first(
        self, passing_over: shards.PassOver | None, newest_first: bool
    ) -> SpooledPhoto | None:
        for photo in shards.photos(self.waiting, self._disk, newest_first):
            if passing_over is None or not passing_over(photo):
                return photo
        return None

    def open(self, photo: SpooledPhoto) -> BinaryIO:
        """The photo's bytes as an open file at its beginning, compared with the SHA-256 that was
        taken when the camera gave them. The caller closes it.

        Raises DamagedPhotoError if they differ or cannot be read, FileNotFoundError if another
        process has taken the photo away.
        """
        return open_checked(self._shelves.path(photo), photo, self._disk)

    def remove(self, photo: SpooledPhoto, keep: bool = False) -> None:
        """Let a photo go that the cloud has confirmed; with `keep` to those that stay on the
        device. If the power fails before the disk knows, the photo is sent once more, and the cloud
        answers that it has it."""
        path = self._shelves.path(photo)
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
        move(self._shelves.path(photo), self.quarantine / reason / photo.file_name, self._disk)

    def requeue(self, photo: SpooledPhoto, reason: str) -> None:
        """Let a photo wait again that was set aside for `reason`."""
        move(self.quarantine / reason / photo.file_name, self._shelves.path(photo), self._disk)

    def send_again(self, photo: SpooledPhoto) -> bool:
        """Let a photo wait again that was delivered; False if no whole copy of it was kept here."""
        path = self.kept.path(photo)
        try:
            open_checked(path, photo, self._disk).close()
            move(path, self._shelves.path(photo), self._disk)
        except (DamagedPhotoError, OSError):
            return False
        return True

    def name(self, photo: SpooledPhoto, name: PhotoName, clock: Clock) -> SpooledPhoto:
        """Give a photo that was taken before the clock was set its final name."""
        named = photo.named(name, clock)
        move(self._shelves.path(photo), self._shelves.path(named), self._disk)
        return named

    def photos_set_aside(self) -> Iterator[tuple[str, SpooledPhoto]]:
        """The photos in quarantine, each after its reason."""
        return photos_by_reason(self.quarantine, self._disk)

    def photos_waiting(self) -> Iterator[SpooledPhoto]:
        """The photos that wait to be sent, oldest first."""
        return shards.photos(self.waiting, self._disk)

    def unreadable_folders(self) -> Iterator[tuple[Path, str]]:
        """The folders whose photos nobody can know of, each with the disk's answer."""
        return unreadable_folders(self.folder, self._disk)

    def photos_undated(self) -> Iterator[SpooledPhoto]:
        """The photos that wait for the clock to be set, oldest first."""
        return shards.photos(self.undated, self._disk)
