"""The hours in which a camera takes photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

from pi_uploader.triggers.daily_schedule import read_time


@dataclass(frozen=True, slots=True)
class Window:
    """From one time of day to another, past midnight where the second is the earlier one. The
    first is in it, the second is not."""

    start: time
    end: time

    def has(self, shown: time) -> bool:
        """Whether a wall clock that shows this is in the window."""
        if self.start < self.end:
            return self.start <= shown < self.end
        return shown >= self.start or shown < self.end


def read_windows(text: str) -> tuple[Window, ...]:
    """Windows from `22:00-06:00, 12:00-13:00`; none for `always`, which has no end."""
    if text == "always":
        return ()
    return tuple(_read_window(one.strip()) for one in text.split(","))


def _read_window(text: str) -> Window:
    start, dash, end = text.partition("-")
    try:
        window = Window(read_time(start.strip()), read_time(end.strip()))
    except ValueError:
        raise ValueError("is not a list of hours") from None
    if not dash or window.start == window.end:
        raise ValueError("is not a list of hours")
    return window


def is_armed(now: datetime, windows: Sequence[Window], zone: tzinfo) -> bool:
    """Whether a wall clock in `zone` is in one of the windows at `now` (aware); always without
    windows. What the wall clock shows is what counts, so that an hour that is shown twice is armed
    twice, and one that is left out never."""
    shown = now.astimezone(zone).time()
    return not windows or any(window.has(shown) for window in windows)
