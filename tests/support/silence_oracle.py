"""What the backend should have said of simulated devices (device_days.py), worked out from what
happened, and not from any row. In seconds of the simulation."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.support.device_days import MINUTE, Device, World

PAUSE = 5 * MINUTE  # of the timer, after which the backend counts as having been down
RETRY = 60.0  # a heartbeat is repeated after this many seconds at most


@dataclass(frozen=True)
class Gap:
    """The time between two stored heartbeats of a device, or after the last (then `end` is None),
    if it was longer than the bound. It is silence if the backend could tell, else nobody knows;
    `found_at` is the run of the timer that finds it, if one does."""

    start: float
    end: float | None
    is_silence: bool
    found_at: float | None


class Oracle:
    """The truth about a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs = world.runs
        self.pauses = [(one, other) for one, other in pairwise(world.runs) if other - one > PAUSE]

    def bound(self, device: Device) -> float:
        return 2 * device.interval + 5 * MINUTE

    def gaps(self, device: Device) -> list[Gap]:
        """Return the gaps of a device, except those after it was shut down."""
        found = []
        ends = [*(one.second for one in device.stored[1:]), None]
        for stored, end in zip(device.stored, ends, strict=True):
            bound = self.bound(device)
            if stored.heartbeat.goodbye == "shutdown":
                continue
            if stored.heartbeat.goodbye == "restart":
                bound = max(bound, 10 * MINUTE)
            last = end if end is not None else self.runs[-1]
            if last - stored.second <= bound:
                continue
            first = bisect_left(self.runs, stored.second + bound)
            until = bisect_left(self.runs, last) if end is not None else len(self.runs)
            seen = (
                run for run in self.runs[first:until] if self._is_overdue(stored.second, bound, run)
            )
            found_at = next(seen, None)
            is_silence = found_at is not None or (
                end is not None and self._is_overdue(stored.second, bound, end)
            )
            if is_silence or end is not None:
                found.append(Gap(stored.second, end, is_silence, found_at))
        return found

    def _is_overdue(self, since: float, bound: float, now: float) -> bool:
        """Return whether a device is overdue, counted from when the backend was back."""
        at = bisect_right(self.runs, now) - 1
        previous = self.runs[at] if at >= 0 else None
        if previous == now:
            previous = self.runs[at - 1] if at > 0 else None
        if previous is None or now - previous > PAUSE:
            return False
        back = max((end for _, end in self.pauses if end <= previous), default=self.runs[0])
        return now > max(since, back) + bound

    def conditions(self, device: Device, camera: str, gaps: list[Gap]) -> list[str]:
        """Return the state and the reason of each minute, in one text."""
        photos = {int(second // MINUTE) for second in device.photos[camera]}
        seconds = [one.second for one in device.stored]
        by_start = {gap.start: gap for gap in gaps}
        conditions = []
        for minute in range(int(self.world.days * 1440)):
            at = bisect_right(seconds, minute * MINUTE) - 1
            condition = (
                self._reported_between(device, camera, at, by_start) if at >= 0 else "unknown"
            )
            is_last = bool(seconds) and minute >= seconds[-1] // MINUTE
            if minute in photos:
                condition = "recorded"
            elif is_last and not condition.startswith(("silent", "unknown")):
                condition = "unknown no-heartbeat-yet"
            conditions.append(condition)
        return conditions

    def _reported_between(
        self, device: Device, camera: str, at: int, by_start: Mapping[float, Gap]
    ) -> str:
        """Return what is said of the time between the heartbeat of this index and the next one."""
        this = device.stored[at]
        if gap := by_start.get(this.second):
            goodbye = this.heartbeat.goodbye
            silent = f"silent {goodbye}" if goodbye else "silent"
            return silent if gap.is_silence else "unknown backend-down"
        following = device.stored[at + 1] if at + 1 < len(device.stored) else None
        end = following.second if following else this.second
        if end - this.second > device.interval + RETRY and not this.heartbeat.goodbye:
            return "unknown heartbeat-missed"
        return self._reported(device, camera, at)

    def _reported(self, device: Device, camera: str, at: int) -> str:
        """Return what the heartbeat of this index says of a camera."""
        heartbeat = device.stored[at].heartbeat
        state = heartbeat.cameras[camera]
        if heartbeat.goodbye == "shutdown":
            return "silent shutdown"
        if state.failing:
            return "failing no frames"
        if not state.armed:
            return "disarmed"
        if heartbeat.sent_this_month == heartbeat.monthly_limit:
            return "quiet data-budget-spent"
        return "quiet paused" if heartbeat.paused_until else "quiet"

    def is_late(self, device: Device, gap: Gap) -> bool:
        """Return whether an alert came later than a minute after the bound, though the timer ran
        then, and the backend had been awake for so long."""
        assert gap.found_at is not None
        since = gap.start + self.bound(device)
        in_time = [run for run in self.runs if since < run <= since + MINUTE]
        was_down = any(start < since + MINUTE and end > gap.start for start, end in self.pauses)
        is_restart = any(one == gap.start for one, _ in device.restarts)
        return bool(in_time) and not was_down and not is_restart and gap.found_at > since + MINUTE

    def could_speak(self, device: Device, alert_at: float) -> bool:
        """Return whether the device could have been heard before an alert of it: it ran, and had
        Wi-Fi and a backend, for three minutes of the time in which a heartbeat was due."""
        due = alert_at - (self.bound(device) - device.interval - RETRY)
        seconds = 0
        second = due
        while second < alert_at - RETRY and seconds < 3 * MINUTE:
            is_heard = device.is_alive(second) and not device.lost.has(second)
            seconds = seconds + 5 if is_heard and not self.world.down.has(second) else 0
            second += 5
        return seconds >= 3 * MINUTE
