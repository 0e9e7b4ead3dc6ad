"""What became of the triggers, counted: none of them goes without a word."""

from dataclasses import dataclass

from pi_uploader.plural import counted


@dataclass
class Count:
    """Photos kept, photos that the spool did not keep, times that the camera gave none, and
    triggers that took no photo of their own: they came while the camera was busy, or within the
    cooldown, or outside the hours in which the camera is armed."""

    kept: int = 0
    lost: int = 0
    failed: int = 0
    coalesced: int = 0
    cooled_down: int = 0
    disarmed: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.kept, 'photo')} kept, {self.lost} lost, {self.failed} failed; "
            f"{counted(self.coalesced, 'trigger')} coalesced, {self.cooled_down} cooled down, "
            f"{self.disarmed} disarmed"
        )
