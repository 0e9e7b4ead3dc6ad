"""Raise an alert when the disk is read-only or hides photos: once, until that is over."""

import logging
import os
from itertools import chain
from pathlib import Path

from photo_wire.alert import DISK, Alert
from photo_wire.name import new_name
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.periodic import PeriodicTask
from pi_uploader.clock import Clock
from pi_uploader.messages import counted
from pi_uploader.spool import Spool

FIRST_POLL_SECONDS = 60.0  # after the start: every folder is listed, and no photo waits for that
POLL_SECONDS = 300.0

log = logging.getLogger("upload")


def is_read_only(folder: Path) -> bool:
    """Return whether the file system of this folder is read-only. Raises OSError if it does not
    say."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


class DiskMonitor:
    """Checks the spool's disk periodically."""

    def __init__(
        self,
        spool: Spool,
        outbox: AlertOutbox,
        clock: Clock,
    ) -> None:
        self._spool = spool
        self._outbox = outbox
        self._clock = clock
        self._task = PeriodicTask(clock, FIRST_POLL_SECONDS)

    def due_in(self) -> float:
        """Return the seconds until the next check."""
        return self._task.due_in()

    def poll(self) -> None:
        """If a check is due, raise the alert or clear it."""
        if self._task.try_claim():
            try:
                self._check()
            finally:
                self._task.release(POLL_SECONDS)

    def _check(self) -> None:
        problem = self._problem()
        if problem is None:
            if self._outbox.last(DISK) and self._outbox.is_sent(DISK):
                self._outbox.forget(DISK)
            return
        log.error("%s; sudo pi-uploader doctor", problem)
        camera = self._any_camera()
        if camera and not self._outbox.last(DISK):
            self._outbox.add(Alert(new_name(camera, self._clock.now()), DISK, problem))

    def _problem(self) -> str | None:
        try:
            if is_read_only(self._spool.folder):
                return "the device's disk is read-only, and every new photo is lost"
        except OSError as error:
            return f"the device's disk does not answer ({error.strerror})"
        folders = list(self._spool.unreadable_folders())
        if not folders:
            return None
        folder, error_text = folders[0]
        path = folder.relative_to(self._spool.folder)
        return (
            f"{counted(len(folders), 'folder')} of the device's spool cannot be read, such as "
            f"{path} ({error_text}); what is in them is neither sent nor counted"
        )

    def _any_camera(self) -> str | None:
        """Return the camera of a photo in the spool; None if it is empty. An alert's name needs
        one."""
        losses = chain(self._spool.losses.unreported(), self._spool.losses.reported())
        lost = (loss.photo for loss in losses)
        photo = next(chain(self._spool.photos(), lost), None)
        return photo.name.camera if photo else None
