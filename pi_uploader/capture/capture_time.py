"""When a photo was taken."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pi_uploader.clock import EARLIEST_TIME, BootTime, Clock


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """The time of a photo: by the wall clock in UTC, whether that was set, and since the boot."""

    wall: datetime
    is_set: bool
    boot: BootTime

    @property
    def known(self) -> datetime | None:
        """The wall time, None if the clock was not set."""
        return self.wall if self.is_set else None


def read_time(clock: Clock, moment: float | None = None) -> CaptureTime:
    """Return the time of now, or of a `moment` that has passed (monotonic seconds)."""
    is_set = clock.is_set()
    time = CaptureTime(clock.now(), is_set, clock.since_boot())
    if moment is None:
        return time
    ago = max(0.0, clock.monotonic() - moment)
    boot = replace(time.boot, milliseconds=max(0, time.boot.milliseconds - round(ago * 1000)))
    since_earliest = time.wall - EARLIEST_TIME
    return replace(time, wall=time.wall - min(timedelta(seconds=ago), since_earliest), boot=boot)
