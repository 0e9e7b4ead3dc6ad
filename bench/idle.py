"""What the processes on the Pi cost while nothing happens."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.clients import server
from bench.effort import Effort
from bench.processes import cpu_seconds, wake_ups
from bench.repeat import progress
from bench.report import Figure

COMMANDS = ("upload", "capture")
SETTLING = 20  # seconds after a start that are not counted, at most as many as are counted
AIM_SECONDS = 300  # of the aim for CPU time
WAKE_UPS = {"upload": 0.35, "capture": 0.2}  # at most in a second
"""An idle device looks for commands every 20 s. Each time the agent waits for the time and for the
response, and about every third time the thread of deadlines does, too: 0.15 of the 0.35."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Count how often all threads are woken up, and the CPU time. Both programs run beside each
    other on one empty spool, as on a Pi; commands are looked for at the usual interval."""
    with server("bench.quiet_backend") as url, ExitStack() as running:
        pids = {
            command: running.enter_context(program(command, folder / "spool", url))
            for command in COMMANDS
        }
        time.sleep(min(SETTLING, effort.idle))
        before = {command: (wake_ups(pid), cpu_seconds(pid)) for command, pid in pids.items()}
        start = time.monotonic()
        progress(f"watching idle processes for {effort.idle:g} s")
        time.sleep(effort.idle)
        after = {command: (wake_ups(pid), cpu_seconds(pid)) for command, pid in pids.items()}
        took = time.monotonic() - start
    result = []
    for command in COMMANDS:
        (wakes, cpu), (wakes_before, cpu_before) = after[command], before[command]
        per_second, remark = (wakes - wakes_before) / took, f"over {took:.0f} s"
        used = (cpu - cpu_before) * AIM_SECONDS / took
        result += [
            Figure(f"idle {command}: wake-ups", per_second, "/s", WAKE_UPS[command], True, remark),
            Figure(f"idle {command}: CPU in {AIM_SECONDS} s", used, "s", 0.1, True, remark),
        ]
    return result


@contextmanager
def program(command: str, spool: Path, url: str) -> Iterator[int]:
    """Run `pi-uploader COMMAND` until the end of the block, with a simulated camera that takes
    one photo at its start, and others on demand. Yield its process id. Raises RuntimeError if it
    ends by itself."""
    env = {
        "PATH": os.environ["PATH"],
        "CAMERA_SPOOL": str(spool),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_CLOCK": "trusted",
        "PIR_PIN": "none",
        "CAMERA_EVERY": "24h",  # one at the start, and no other
        "BASE_URL": url,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "pi_uploader", command],
        env=env,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process.pid
            if process.poll() is not None:
                raise RuntimeError(f"pi-uploader {command} ended with {process.returncode}")
        finally:
            process.kill()
