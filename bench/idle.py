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
from pi_uploader.watchdog import WatchdogListener

HANG_SECONDS = {"upload": 120, "capture": 60}
"""Until an idle process counts as hanging, by its name: WatchdogSec= of its unit."""
SETTLING = 20  # seconds after a start that are not counted, at most as many as are counted
AIM_SECONDS = 300  # of the aim for CPU time
AIM_WAKE_UPS = 0.2  # a second, at most


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Count how often all threads are woken up, and the CPU time. Both programs run beside each
    other on one empty spool, as on a Pi, and report to a watchdog; commands are looked for every
    20 s. Each time the agent waits twice, for the time and for the response: half of the aim."""
    with server("bench.quiet_backend") as url, ExitStack() as running:
        pids = {
            command: running.enter_context(program(command, folder / "spool", url))
            for command in HANG_SECONDS
        }
        time.sleep(min(SETTLING, effort.idle))
        before = {command: (wake_ups(pid), cpu_seconds(pid)) for command, pid in pids.items()}
        start = time.monotonic()
        progress(f"watching idle processes for {effort.idle:g} s")
        time.sleep(effort.idle)
        after = {command: (wake_ups(pid), cpu_seconds(pid)) for command, pid in pids.items()}
        took = time.monotonic() - start
    result = []
    for command in HANG_SECONDS:
        (wakes, cpu), (wakes_before, cpu_before) = after[command], before[command]
        per_second, remark = (wakes - wakes_before) / took, f"over {took:.0f} s"
        used = (cpu - cpu_before) * AIM_SECONDS / took
        result += [
            Figure(f"idle {command}: wake-ups", per_second, "/s", AIM_WAKE_UPS, True, remark),
            Figure(f"idle {command}: CPU in {AIM_SECONDS} s", used, "s", 0.1, True, remark),
        ]
    return result


@contextmanager
def program(command: str, spool: Path, url: str) -> Iterator[int]:
    """Run `pi-uploader COMMAND` until the end of the block, with a simulated camera that takes
    one photo at its start, and others on demand. Yield its process id. Raises RuntimeError if it
    ends by itself."""
    watchdog = WatchdogListener(HANG_SECONDS[command])  # its messages are not read
    env = {
        "PATH": os.environ["PATH"],
        "CAMERA_SPOOL": str(spool),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_CLOCK": "trusted",
        "PIR_PIN": "none",
        "CAMERA_EVERY": "24h",  # one at the start, and no other
        "BASE_URL": url,
        **{name: watchdog.environ[name] for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC")},
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
