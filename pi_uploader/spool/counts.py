"""What is in a spool, counted without touching it."""

from dataclasses import dataclass
from pathlib import Path

from photo_wire.name import PhotoName
from pi_uploader.spool import shards
from pi_uploader.spool.archive import Kept
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.losses import Losses, second_place
from pi_uploader.spool.quota import photos_by_reason
from pi_uploader.spool.unreadable import unreadable_folders


@dataclass(frozen=True, slots=True)
class SpoolCounts:
    """Numbers of photos, and of bytes those that wait take. `waiting` includes those that wait
    for the clock. `unreported` are the losses of which the cloud does not know yet; `losses` are
    these and the last thousand of which it does. `kept` stay on the device, out of the spool. What
    is in the folders `unreadable`, each with the disk's answer, is in none of these numbers."""

    waiting: int
    waiting_bytes: int
    oldest: PhotoName | None
    quarantined: int
    losses: int
    unreported: int
    kept: int
    unreadable: tuple[str, ...] = ()


def count_spool(folder: Path, runtime: Path | None = None) -> SpoolCounts:
    """Count what is in the spool in `folder`; nothing, if there is no such folder. This reads the
    names of the whole spool, one folder of photos at a time. `runtime`: as for a Spool."""
    disk = Disk()
    count, size, oldest = 0, 0, None
    for shelf in ("waiting", "undated"):
        for photo in shards.photos(folder / shelf, disk):
            count, size, oldest = count + 1, size + photo.size, oldest or photo.name
    quarantined = sum(1 for _ in photos_by_reason(folder / "quarantine", disk))
    losses = Losses(folder, disk, second_place(runtime, folder) if runtime else None)
    unreported = sum(1 for _ in losses.unreported())
    return SpoolCounts(
        waiting=count,
        waiting_bytes=size,
        oldest=oldest,
        quarantined=quarantined,
        losses=unreported + sum(1 for _ in losses.told()),
        unreported=unreported,
        kept=sum(1 for _ in Kept(folder / "kept", disk).photos()),
        unreadable=tuple(f"{one}: {why}" for one, why in unreadable_folders(folder, disk)),
    )
