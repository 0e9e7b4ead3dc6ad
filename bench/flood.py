"""What a flood of requests to the device's own page costs the photos that it takes meanwhile.

Capture and page run as processes, the page with the priority of its unit; the clients of the flood
have the lowest one, for they would be on other machines. Photos with the flood and without it take
turns: the flood is stopped and continued by signals. The spool is in memory: on a disk that others
use, one flush in a hundred takes longer than the whole aim, with the flood and without it.
"""

import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from bench.effort import Effort
from bench.flooder import PASSWORD
from bench.repeat import percentile, progress
from bench.report import Figure
from local.ports import free_ports

SERVE_NICE, FLOODER_NICE = 10, 19  # the first is of systemd/pi-uploader-serve.service
TRIGGERS = 10  # in each turn
PAUSE = 0.15  # seconds between them
SETTLING = 0.5  # seconds after the flood was stopped or continued
TIMEOUT = 60  # seconds until a trigger without a photo is an error
MAX_ADDED = 100  # ms
MAX_ASKED = 12  # photos a minute that the page takes for its clients
MEMORY = "/dev/shm"  # noqa: S108  a file system in memory; its folders are named at random
MB = 1_000_000


def measure(_: Path, effort: Effort) -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        return _measure(Path(folder), effort.pick(40, 8, 1))


def _measure(folder: Path, pairs: int) -> list[Figure]:
    """Return the figures of `pairs` turns without the flood, and as many with it."""
    with _flooded_device(folder) as (device, flooder):
        device.delay()  # the first photo of a process takes longer
        used_before, start = _bytes_of_others(folder), time.monotonic()
        quiet, flooded = [], []
        for number in range(pairs):
            progress(f"flood: pair {number + 1} of {pairs}")
            quiet += _turn(device)
            flooder.send_signal(signal.SIGCONT)
            flooded += _turn(device)
            flooder.send_signal(signal.SIGSTOP)
        minutes = (time.monotonic() - start) / 60
        used = _bytes_of_others(folder) - used_before
        asked = len(_photos(folder, "demand"))
    remark = f"{pairs} turns of {TRIGGERS} photos each"
    return [
        *_figures("without", quiet, remark),
        *_figures("with", flooded, remark),
        _added("95th percentile", percentile(flooded, 95) - percentile(quiet, 95)),
        _added("longest", max(flooded) - max(quiet)),
        Figure("  photos that the flood got", asked, "", math.ceil(minutes) * MAX_ASKED, True),
        Figure("  disk that it used besides", used / MB, "MB", 1, True, f"in {minutes:.1f} min"),
    ]


def _figures(what: str, delays: list[float], remark: str) -> list[Figure]:
    return [
        Figure(f"a movement to its photo, {what} the flood: p50", percentile(delays, 50), "ms"),
        Figure("  p95", percentile(delays, 95), "ms", remark=remark),
        Figure("  the longest", max(delays), "ms"),
    ]


def _added(what: str, milliseconds: float) -> Figure:
    return Figure(f"the flood adds to the {what}", milliseconds, "ms", MAX_ADDED, True)


def _turn(device: "_Device") -> list[float]:
    """Return the delays of the photos of one turn, in ms."""
    time.sleep(SETTLING)
    delays = []
    for _ in range(TRIGGERS):
        time.sleep(PAUSE)
        delays.append(device.delay())
    return delays


class _Device:
    """The capture process of a device whose sensor is a mock pin."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._photos: SimpleQueue[float] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def delay(self) -> float:
        """Return the milliseconds from a movement until its photo is in the spool."""
        assert self._process.stdin
        start = time.monotonic()
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return (self._photos.get(timeout=TIMEOUT) - start) * 1000

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            if "photo taken" in line and " motion " in line:
                self._photos.put(time.monotonic())


@contextmanager
def _flooded_device(folder: Path) -> Iterator[tuple[_Device, "subprocess.Popen[str]"]]:
    """Run capture, the page and the flood, which is stopped at first."""
    (port,) = free_ports(1)
    env = _environment(folder, port)

    def start(nice: int, *command: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            ["nice", "-n", str(nice), sys.executable, "-m", *command],
            env=env,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.callback(process.wait)
        running.callback(process.kill)
        return process

    with ExitStack() as running:
        capture = start(0, "bench.flooded_device")
        _until(capture, "capturing")
        serve = start(SERVE_NICE, "pi_uploader", "serve")
        _until(serve, "the page is at")
        flooder = start(FLOODER_NICE, "bench.flooder", f"http://127.0.0.1:{port}")
        flooder.send_signal(signal.SIGSTOP)
        yield _Device(capture), flooder


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Return the environment of each process, and write the password of the page."""
    password = os.urandom(16).hex()
    (folder / "password").write_text(password)
    return {
        "PATH": os.environ["PATH"],
        "MALLOC_ARENA_MAX": "1",
        "CAMERA_SPOOL": str(folder / "spool"),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_CLOCK": "trusted",
        "CAMERA_NAME": "gate",
        "CAMERA_COOLDOWN": "0s",
        "CAMERA_SERVE": f"127.0.0.1:{port}",
        "CAMERA_SERVE_PASSWORD_FILE": str(folder / "password"),
        "PIR_PIN": "17",
        "TMPDIR": str(folder),
        PASSWORD: password,
    }


def _until(process: "subprocess.Popen[str]", text: str) -> None:
    """Wait for a line of the process. Raises RuntimeError if it ends before."""
    assert process.stderr
    for line in process.stderr:
        if text in line:
            return
    raise RuntimeError(f"{process.args!r} has ended")


def _photos(folder: Path, trigger: str) -> list[Path]:
    return list((folder / "spool").rglob(f"*~{trigger}*"))


def _bytes_of_others(folder: Path) -> int:
    """Return the bytes of all files but the photos."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if not re.search("~(motion|demand)", name):
                with suppress(FileNotFoundError):  # it was there for a moment
                    size += os.lstat(f"{parent}/{name}").st_size
    return size
