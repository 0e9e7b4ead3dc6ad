"""What else the machine does while it measures."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")  # of /proc/stat, in a second
_IDLE = (3, 4)  # the columns idle and iowait of /proc/stat (proc_stat(5))
_GUEST = (8, 9)  # which user and nice contain, too


@dataclass(frozen=True)
class Load:
    """The load average of the last minute, the number of cores, and the share of all cores that
    other processes had (0 to 1)."""

    average: float
    cores: int
    others: float

    def __str__(self) -> str:
        return (
            f"load average {self.average:.1f} on {self.cores} cores, "
            f"other processes {self.others:.0%} of the CPU"
        )


class LoadMeter:
    """Measures from its construction on. Child processes count as this one's own once they have
    ended and were waited for."""

    def __init__(self) -> None:
        self._wall, self._busy, self._own = time.monotonic(), _busy(), _own()

    def read(self) -> Load:
        """Return the load since the construction."""
        cores = os.cpu_count() or 1
        available = (time.monotonic() - self._wall) * cores
        others = (_busy() - self._busy) - (_own() - self._own)
        share = min(max(others / available, 0.0), 1.0) if available else 0.0
        return Load(os.getloadavg()[0], cores, share)


def current_load(interval: float = 0.5) -> Load:
    """Return the load now, measured for `interval` seconds in which this process waits."""
    meter = LoadMeter()
    time.sleep(interval)
    return meter.read()


def _busy() -> float:
    """Return for how many seconds all cores together have worked since the machine started."""
    line = Path("/proc/stat").read_text().partition("\n")[0]
    ticks = [int(number) for number in line.split()[1:]]
    return sum(n for at, n in enumerate(ticks) if at not in (*_IDLE, *_GUEST)) / TICK


def _own() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
