"""What a camera did: counted for the log, and its last state for whoever asks."""

import logging
from dataclasses import dataclass
from datetime import datetime

from photo_wire.name import PhotoName
from pi_uploader.messages import counted

log = logging.getLogger("capture")


@dataclass
class CaptureStats:
    """What became of the triggers.

    Photos, of which a burst has several: `stored` in the spool, `lost` because the spool failed to,
    `failed` because the camera took none, `removed` from the spool since the stub of their trigger
    stands for them. Triggers, each of which counts once: `photographed` with
    a photo that is stored, `stubs` with one of which a stub is left, since the picture showed no
    motion, `missed` without one. Those without a photo of their own: `coalesced` while the camera
    was busy, `cooled_down` within the cooldown, `disarmed` outside of the armed hours.
    """

    stored: int = 0
    lost: int = 0
    failed: int = 0
    coalesced: int = 0
    cooled_down: int = 0
    disarmed: int = 0
    photographed: int = 0
    stubs: int = 0
    missed: int = 0
    removed: int = 0

    @property
    def triggers(self) -> int:
        """The number of triggers that were handled, whatever became of them."""
        with_a_photo = self.photographed + self.stubs + self.missed
        return with_a_photo + self.coalesced + self.cooled_down + self.disarmed

    def __str__(self) -> str:
        stubs = f", {self.stubs} without motion" if self.stubs else ""
        if self.removed:
            stubs += f", whose {counted(self.removed, 'further photo')} were removed"
        return (
            f"{counted(self.stored, 'photo')} stored, {self.lost} lost, {self.failed} failed; "
            f"{counted(self.coalesced, 'trigger')} coalesced, {self.cooled_down} cooled down, "
            f"{self.disarmed} disarmed{stubs}"
        )


@dataclass
class IgnoredTriggers:
    """The triggers of a camera that took no photo since the log had their number."""

    camera: str
    cooldown: float
    cooled_down: int = 0
    outside_hours: int = 0
    disarmed: int = 0

    def log(self) -> None:
        """Log how many there were, and count from 0 again."""
        if self.cooled_down:
            log.info(
                "%s: %s came within %g s after a photo and took none",
                self.camera,
                counted(self.cooled_down, "motion trigger"),
                self.cooldown,
            )
        for count, text in (
            (self.outside_hours, "%s: %s came outside of CAMERA_ARMED and took no photo"),
            (self.disarmed, "%s: %s came while it was disarmed and took no photo"),
        ):
            if count:
                log.info(text, self.camera, counted(count, "trigger"))
        self.cooled_down = self.outside_hours = self.disarmed = 0


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
