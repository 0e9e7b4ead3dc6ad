"""Runs of a spool on a recorded disk, and the check of every state that a power cut may leave."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from photo_wire.headers import ClockStatus
from pi_uploader.clock import BootTime
from pi_uploader.spool import Quota, Spool, SpooledPhoto
from tests.support.crash_states import CrashState, Model, crash_states, read_tree
from tests.support.disks import RecordingDisk
from tests.support.oracle import problems
from tests.support.spool_photos import name, put


class RecordedRun:
    """A run of the spool on a disk that is recorded, with marks for what was acknowledged."""

    def __init__(self, folder: Path, disk: RecordingDisk, quota: Quota | None = None) -> None:
        Spool(folder)  # the folders themselves are there since the installation
        self.folder = folder
        self.start = read_tree(folder)
        self.disk = disk
        self.spool = Spool(folder, disk, quota)

    def put(self, number: int, taken: BootTime | None = None) -> SpooledPhoto:
        photo = put(self.spool, number, taken=taken)
        self.disk.mark("acknowledged", photo)
        return photo

    def remove(self, photo: SpooledPhoto) -> None:
        self.disk.mark("removed", photo)
        self.spool.remove(photo)

    def play(self) -> None:
        """Puts, removes and quarantines over three folders, one of which is emptied and removed."""
        photos = [self.put(number) for number in range(5)]
        self.remove(photos[1])
        self.spool.quarantine(photos[0], "rejected-422")
        self.put(5)
        self.remove(photos[2])
        self.spool.quarantine(photos[4], "rejected-422")
        self.spool.requeue(photos[4], "rejected-422")
        self.put(6)
        self.spool.quarantine(photos[3], "damaged")
        self.remove(photos[4])

    def play_with_losses(self) -> None:
        """Puts undated photos, names one, evicts photos, and reports their losses."""
        self.put(0)
        undated = [self.put(number, BootTime("5f3a9c2e", number)) for number in (1, 2)]
        self.spool.rename(undated[0], name(900), ClockStatus.CORRECTED)
        for number in range(3, 6):
            self.put(number)
        for loss in list(self.spool.losses.unreported()):
            self.spool.losses.record_reported(loss)
        self.put(6)
        loss = next(self.spool.losses.unreported())
        self.disk.mark("removed", loss.photo)
        self.spool.losses.forget(loss.photo)

    def states(self, model: Model) -> Iterator[CrashState]:
        return crash_states(self.folder, self.start, self.disk.record, model)


def problems_after(state: CrashState, folder: Path, or_lost: bool = False) -> list[str]:
    """Return what is wrong when a spool is started in `folder` on this state."""
    state.write_to(folder)
    try:
        return problems(folder, state.marked("acknowledged"), state.marked("removed"), or_lost)
    finally:
        shutil.rmtree(folder)
