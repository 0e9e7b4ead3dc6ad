"""The processes on the Pi: memory and start-up."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.clients import filled, server
from bench.effort import Effort
from bench.repeat import in_turns, seconds
from bench.report import Figure
from pi_uploader.spool import Spool

MB = 1_000_000
BARE = "pass"
UPLOAD = "import pi_uploader.cli, pi_uploader.upload.process"
CAPTURE = "import pi_uploader.cli, pi_uploader.capture"
# What the upload process holds before its first photo, each line with what the ones before it have.
HELD = {
    "Python alone": BARE,
    "and TLS and HTTP of the standard library": "import http.client, logging, ssl, urllib.request",
    "and requests": "import requests",
    "and Nightjar with its other packages": UPLOAD,
    "and the system's certificates": f"{UPLOAD}, ssl; ssl.create_default_context()",
}


def measure(folder: Path, effort: Effort) -> list[Figure]:
    with server("bench.null_server") as url:
        filled(folder / "large", effort.pick(30, 5, 2), 8 * MB)
        large = Upload(folder / "large", url).until_empty()
    return [
        Figure("RSS of the upload process, photos of 8 MB", large.peak, "MB", 33, at_most=True),
        *_held(),
        *_capture(folder, effort.pick(10, 5, 2)),
        *_imports(effort),
    ]


class Upload:
    """`pi-uploader upload` as a process. `first`: seconds until its first receipt; `peak`: its peak
    memory in MB."""

    def __init__(self, spool: Path, url: str) -> None:
        self._spool = spool
        env = {"PATH": os.environ["PATH"], "CAMERA_SPOOL": str(spool), "BASE_URL": url}
        env["MALLOC_ARENA_MAX"] = "1"  # as in systemd/pi-uploader-upload.service
        self._start = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pi_uploader", "upload"],
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.first = self.peak = 0.0

    def until_empty(self) -> "Upload":
        return self.until(sum(1 for _ in Spool(self._spool).waiting_photos()))

    def until(self, photos: int) -> "Upload":
        """Wait until `photos` are delivered, and end the process."""
        delivered = 0
        assert self._process.stderr
        for line in self._process.stderr:
            if "photo delivered" in line:
                delivered += 1
                self.first = self.first or time.perf_counter() - self._start
            if delivered == photos:
                break
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        self.peak = peak_memory(status)
        self._process.kill()
        self._process.communicate()
        return self


def peak_memory(status: str) -> float:
    """Return the peak memory in MB, from a process's status in /proc (proc_pid_status(5))."""
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024 / MB


def _held() -> list[Figure]:
    """Return the peak memory of new processes that import what the upload process does, step by
    step. What it has beyond the last one are its threads, connections and blocks of photos."""
    show = "; print(open('/proc/self/status').read())"
    env = {"MALLOC_ARENA_MAX": "1"}

    def peak(code: str) -> float:
        command = [sys.executable, "-c", code + show]
        result = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        return peak_memory(result.stdout)

    return [Figure(f"  {name}", peak(code), "MB") for name, code in HELD.items()]


def _capture(folder: Path, photos: int) -> list[Figure]:
    pictures = folder / "pictures"
    pictures.mkdir()
    for number in range(2):
        (pictures / f"{number}.jpg").write_bytes(b"\xff\xd8" + os.urandom(2 * MB))
    drawn = _capture_peak(folder / "drawn", photos, {})
    replayed = _capture_peak(folder / "replayed", photos, {"CAMERA_REPLAY": str(pictures)})
    return [
        Figure("RSS of the capture process, photos of 2 MB", replayed, "MB"),
        Figure("  with photos that Pillow draws", drawn, "MB"),
    ]


def _capture_peak(spool: Path, photos: int, settings: Mapping[str, str]) -> float:
    """Return the peak memory in MB of `pi-uploader capture` while it takes `photos`."""
    env = {
        "PATH": os.environ["PATH"],
        "CAMERA_SPOOL": str(spool),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_EVERY": "1s",
        "PIR_PIN": "none",
        **settings,
    }
    command = [sys.executable, "-m", "pi_uploader", "capture"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        taken = 0
        for line in process.stderr:
            taken += "photo taken" in line
            if taken == photos:
                break
        peak = peak_memory(Path(f"/proc/{process.pid}/status").read_text())
        process.kill()
    return peak


def _imports(effort: Effort) -> list[Figure]:
    def start(code: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    bare, upload, capture = in_turns(
        effort,
        *(lambda code=code: start(code) for code in (BARE, UPLOAD, CAPTURE)),
        what="imports on the device",
    )
    return [
        Figure("import of the upload process, beyond Python's start", (upload - bare) * 1000, "ms"),
        Figure("import of the capture process", (capture - bare) * 1000, "ms"),
        Figure("  Python's own start", bare * 1000, "ms"),
    ]
