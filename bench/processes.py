"""What a running process has used, from /proc (proc_pid_stat(5), proc_pid_status(5))."""

import re
from pathlib import Path

from bench.load import TICK

_USER, _SYSTEM = 11, 12  # the fields utime and stime, counted after the name


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / TICK


def wake_ups(pid: int) -> int:
    """Return how often the threads of a process have waited for something, and been woken up."""
    count = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            status = (task / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended since
            continue
        count += int(re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[0])
    return count
