"""What the process may take that looks at photos: its memory, its time, its photos a minute."""

import logging
import os
import resource
from collections import deque
from contextlib import suppress
from pathlib import Path

MAX_MEMORY = 1_000_000_000  # bytes; a small machine allows half of its own
MODEL_SHARE = 0.5  # of the memory, that a model file may have
NICENESS = 10  # capture and upload come first
_KILLED_FIRST = "700"  # oom_score_adj, from -1000 to 1000
_MINUTE = 60.0

log = logging.getLogger("detect")


def memory_limit() -> int:
    """Return how many bytes the process may take on this machine."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(MAX_MEMORY, machine // 2)


def give_way(memory: int) -> None:
    """Let this process take at most these bytes, and only the time that others leave.

    RLIMIT_DATA counts what the process allocates, and works where no systemd runs. RLIMIT_AS would
    count libraries, too, and address space that the runtimes reserve and never touch; MemoryMax=
    ends the process, where this is an error that says so (docs/decisions/0157).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        if hard == resource.RLIM_INFINITY or memory < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    except (OSError, ValueError) as error:
        log.warning("the memory of this process is not limited: %s", error)
    with suppress(OSError):  # a sandbox forbids it
        os.nice(NICENESS)
    with suppress(OSError):  # not Linux, or forbidden
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)


def thread_count() -> int:
    """Return with how many threads a model runs: one core stays free for the photos."""
    return max(1, min(4, os.cpu_count() or 1) - 1)


class MinuteLimit:
    """Allows `count` in each minute, and of these half at most for what is not urgent."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._times: deque[float] = deque()

    def allows(self, now: float, is_urgent: bool = True) -> bool:
        """Return whether one more is allowed `now` (monotonic seconds), and count it if so."""
        while self._times and now - self._times[0] >= _MINUTE:
            self._times.popleft()
        if len(self._times) >= (self._count if is_urgent else self._count // 2):
            return False
        self._times.append(now)
        return True
