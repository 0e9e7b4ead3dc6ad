"""What a camera did: counted for the log, and its last state for whoever asks."""

from dataclasses import dataclass
from datetime import datetime

from photo_wire.name import PhotoName
from pi_uploader.messages import counted


@dataclass
class CaptureStats:
    """What became of the triggers.

    Photos: `stored` in the spool, `lost` because the spool failed to, `failed` because the
    camera took none. Triggers without a photo of their own: `coalesced` while the camera was busy,
    `cooled_down` within the cooldown, `disarmed` outside of the armed hours.
    """

    stored: int = 0
    lost: int = 0
    failed: int = 0
    coalesced: int = 0
    cooled_down: int = 0
    disarmed: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.stored, 'photo')} stored, {self.lost} lost, {self.failed} failed; "
            f"{counted(self.coalesced, 'trigger')} coalesced, {self.cooled_down} cooled down, "
            f"{self.disarmed} disarmed"
        )


@dataclass(frozen=True, slots=True)
class LastPhoto:
    """A photo in the spool, and its preview: a JPEG of less than 64 KB, empty if it has none."""

    name: PhotoName
    preview: bytes


@dataclass
class Activity:
    """What a camera did last. Times are None if there was none yet, or the clock was not set;
    `photo` is None before the first one.

    `failures`: how many times in a row it took no photo, or the spool lost it; `problem`: why the
    last time, empty after a photo.
    """

    last_trigger: datetime | None = None
    last_photo: datetime | None = None
    photo: LastPhoto | None = None
    failures: int = 0
    problem: str = ""
