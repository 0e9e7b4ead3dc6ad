"""What is in a spool, counted without touching it."""

from dataclasses import dataclass
from pathlib import Path

from photo_wire.name import PhotoName
from pi_uploader.spool import batches
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.room import photos_by_reason


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of photos, and of bytes those that wait take. `waiting` includes those that wait
    for the clock. `unreported` are the losses of which the cloud does not know yet; `losses` are
    these and the last thousand of which it does. `kept` stay on the device, out of the spool."""

    waiting: int
    waiting_bytes: int
    oldest: PhotoName | None
    quarantined: int
    losses: int
    unreported: int
    kept: int


def tally(folder: Path) -> Tally:
    """Count what is in the spool in `folder`; nothing, if there is no such folder. This reads the
    names of the whole spool, one folder of photos at a time."""
    disk = Disk()
    count, size, oldest = 0, 0, None
    for shelf in ("waiting", "undated"):
        for photo in batches.photos(folder / shelf, disk):
            count, size, oldest = count + 1, size + photo.size, oldest or photo.name
    quarantined, unreported, reported = (
        sum(1 for _ in photos_by_reason(folder / part, disk))
        for part in ("quarantine", "lost", "reported")
    )
    kept = sum(
        len(disk.names(folder / "kept" / camera / day))
        for camera in disk.names(folder / "kept")
        for day in disk.names(folder / "kept" / camera)
    )
    return Tally(count, size, oldest, quarantined, unreported + reported, unreported, kept)
