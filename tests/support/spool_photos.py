"""Photos for the spool's tests, told apart by a number."""

from datetime import UTC, datetime, timedelta

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.motion import Motion
from photo_wire.name import PhotoName, new_name
from pi_uploader.clock import BootTime
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto

START = datetime(2026, 11, 20, 12, 1, 34, 567000, tzinfo=UTC)


def content(number: int, size: int = 96) -> bytes:
    """Bytes that belong to this photo alone, none of them zero."""
    word = b"photo %06d " % number
    return (word * (size // len(word) + 1))[:size]


def name(number: int, camera: str = "entry") -> PhotoName:
    return new_name(camera, START + timedelta(seconds=number), f"{number:08x}")


def put(
    spool: Spool,
    number: int,
    *,
    size: int = 96,
    trigger: Trigger = Trigger.MOTION,
    taken: BootTime | None = None,
    camera: str = "entry",
    motion: Motion | None = None,
) -> SpooledPhoto:
    """Put the photo of this number."""
    clock = ClockStatus.UNSYNCED if taken else ClockStatus.SYNCED
    return spool.put(
        content(number, size),
        PhotoInfo(name(number, camera), Media.JPEG, trigger, clock, boot_time=taken, motion=motion),
    )
