"""Room for one more photo: what is not owed to anybody goes first, then the least valuable."""

import errno
import logging
from pathlib import Path

from pi_uploader.spool.archive import Kept
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto
from pi_uploader.spool.losses import NO_ROOM, Losses
from pi_uploader.spool.quota import Fill, Holdings, Room, value
from pi_uploader.spool.records import Loss

MAX_REFUSALS = 10  # photos that the disk would not give up, before it is left alone

log = logging.getLogger("spool")


class NoRoomError(OSError):
    """The photo does not fit within the spool's budget and reserve."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "no room for it within the spool's budget and reserve")


class RoomMaker:
    """Gives up photos of one spool. What cannot be measured counts as enough: the disk itself
    says then whether a photo fits."""

    def __init__(
        self, folder: Path, room: Room, holdings: Holdings, kept: Kept, losses: Losses, disk: Disk
    ) -> None:
        self._folder = folder
        self._room = room
        self._holdings = holdings
        self._kept = kept
        self._losses = losses
        self._disk = disk

    def fill(self) -> Fill:
        """How much of its room is taken. The photos that are kept beside it would make way.
        Raises OSError where the disk does not say how much is free."""
        free = self._disk.free(self._folder) + self._kept.bytes_held()
        return self._room.fill(self._holdings.bytes_used(), free)

    def has_inodes(self) -> bool:
        """Whether files may be made that are no photos."""
        return self._room.short_of_inodes(self._free_inodes()) == 0

    def make_room(self, photo: SpooledPhoto) -> None:
        """Give up photos worth no more than this one until it fits; NoRoomError if it cannot."""
        over = 0
        if self._room.budget is not None:
            over = self._room.over_budget(photo.size, self._holdings.bytes_used())
        self._give_back(photo, self._short_of_disk(photo), over, self._short_of_inodes())

    def make_more(self, photo: SpooledPhoto) -> None:
        """Give up as much as this photo takes, whatever the disk says is free: it has refused the
        photo, as full quotas do."""
        self._give_back(photo, photo.size, 0, 1)

    def _give_back(self, photo: SpooledPhoto, short: int, over: int, inodes: int) -> None:
        if short > 0 or inodes > 0:
            given, files = self._kept.free_space(short, inodes)
            short, inodes = short - given, inodes - files
        if inodes > 0:
            inodes -= self._losses.free_inodes(inodes)
        missing = max(short, over)
        if missing <= 0 and inodes <= 0:
            return
        refusals = 0
        for path, other in self._holdings.least_valuable(value(photo)):
            try:
                inodes -= self._give_up(path, other, needs_inode=inodes > 0)
            except OSError as error:
                refusals += 1
                log.error("%s cannot be given up: %s", other.name, error.strerror)
                if refusals == MAX_REFUSALS:
                    break
                continue
            missing -= other.size
            if missing <= 0 and inodes <= 0:
                return
        raise NoRoomError

    def _give_up(self, path: Path, photo: SpooledPhoto, needs_inode: bool) -> int:
        """Returns how many inodes are free by this."""
        loss = Loss(photo, NO_ROOM)
        try:
            self._losses.evict(path, loss)
        except FileNotFoundError:
            if path.exists():
                raise
            return 1  # delivered just now, which made the same room
        return int(needs_inode and self._losses.free_inode_of(loss))

    def _short_of_disk(self, photo: SpooledPhoto) -> int:
        try:
            return self._room.short_of_disk(photo.size, self._disk.free(self._folder))
        except OSError:
            return 0

    def _short_of_inodes(self) -> int:
        return self._room.short_of_inodes(self._free_inodes())

    def _free_inodes(self) -> int | None:
        try:
            return self._disk.free_inodes(self._folder)
        except OSError:
            return None
