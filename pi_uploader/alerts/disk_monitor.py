"""A disk that takes no photo, or hides some: told once, until it is over."""

import logging
import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from photo_wire.alert import DISK, Alert
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool
from pi_uploader.upload.turn import Turn

FIRST_LOOK = 60.0  # seconds after the start: every folder is listed, and no photo waits for that
BETWEEN_LOOKS = 300.0  # seconds

log = logging.getLogger("upload")


def is_read_only(folder: Path) -> bool:
    """Whether the file system of this folder takes no change. Raises OSError if it does not say."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


class DiskMonitor:
    """Looks at the spool's disk now and then."""

    def __init__(
        self,
        spool: Spool,
        noticed: AlertOutbox,
        clock: Clock,
        read_only: Callable[[Path], bool] = is_read_only,
    ) -> None:
        self._spool = spool
        self._noticed = noticed
        self._clock = clock
        self._is_read_only = read_only
        self._turn = Turn(clock, FIRST_LOOK)

    def look(self) -> None:
        """Notice that the disk fails, or that this is over, if it is time to look."""
        if self._turn.try_claim():
            try:
                self._look()
            finally:
                self._turn.release(BETWEEN_LOOKS)

    def _look(self) -> None:
        problem = self._problem()
        if problem is None:
            if self._noticed.last(DISK) and self._noticed.is_sent(DISK):
                self._noticed.forget(DISK)
            return
        log.error("%s; sudo pi-uploader doctor", problem)
        camera = self._camera()
        if camera and not self._noticed.last(DISK):
            self._noticed.add(Alert(new_name(camera, self._clock.now()), DISK, problem))

    def _problem(self) -> str | None:
        try:
            if self._is_read_only(self._spool.folder):
                return "the device's disk is read-only, and every new photo is lost"
        except OSError as error:
            return f"the device's disk does not answer ({error.strerror})"
        folders = list(self._spool.unreadable_folders())
        if not folders:
            return None
        folder, answer = folders[0]
        where = folder.relative_to(self._spool.folder)
        return (
            f"{len(folders)} folders of the device's spool cannot be read, such as {where} "
            f"({answer}); what is in them is neither sent nor counted"
        )

    def _camera(self) -> str | None:
        """One of the device's cameras, whose photo the spool has; an alert's name needs one."""
        waiting = chain(self._spool.waiting_photos(), self._spool.undated_photos())
        aside = (photo for _, photo in self._spool.quarantined_photos())
        losses = chain(self._spool.losses.unreported(), self._spool.losses.reported())
        photo = next(chain(waiting, aside, (loss.photo for loss in losses)), None)
        return photo.name.camera if photo else None
