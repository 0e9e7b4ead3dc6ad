"""The processes on the Pi: memory, start-up, and a backlog of 100,000 photos."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bench.clients import filled, server
from bench.report import Figure, interleaved, seconds
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from tests.support.disks import FailingDisk, Kind

MB = 1_000_000
BARE = "pass"
UPLOAD = "import pi_uploader.cli, pi_uploader.upload.process"
CAPTURE = "import pi_uploader.cli, pi_uploader.capture"


def measure(folder: Path, quick: bool) -> list[Figure]:
    many = 2_000 if quick else 100_000
    few = 100
    with server("bench.null_server") as url:
        filled(folder / "large", 5 if quick else 30, 8 * MB)
        large = _Upload(folder / "large", url).until_empty()
        waiting = {}
        for count in (few, many):
            _fill_quickly(folder / str(count), count)
            waiting[count] = _Upload(folder / str(count), url).until(min(count, 200))
    return [
        Figure("RSS of the upload process, photos of 8 MB", large.peak, "MB", 32, at_most=True),
        Figure(f"start to first upload, {few:,} waiting", waiting[few].first, "s"),
        Figure(f"start to first upload, {many:,} waiting", waiting[many].first, "s"),
        Figure(f"RSS with {few:,} waiting", waiting[few].peak, "MB"),
        Figure(f"RSS with {many:,} waiting", waiting[many].peak, "MB"),
        *_capture(folder, 5 if quick else 20),
        *_choosing(folder / str(many), many),
        *_imports(3 if quick else 9),
    ]


class _Upload:
    """`pi-uploader upload` as a process. `first`: seconds until its first receipt; `peak`: its peak
    memory in MB."""

    def __init__(self, spool: Path, url: str) -> None:
        self._spool = spool
        env = {"PATH": os.environ["PATH"], "CAMERA_SPOOL": str(spool), "BASE_URL": url}
        self._start = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pi_uploader", "upload"],
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.first = self.peak = 0.0

    def until_empty(self) -> "_Upload":
        return self.until(sum(1 for _ in Spool(self._spool).waiting_photos()))

    def until(self, photos: int) -> "_Upload":
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
        self.peak = _peak_memory(status)
        self._process.kill()
        self._process.communicate()
        return self


def _peak_memory(status: str) -> float:
    """Return the peak memory in MB, from a process's status in /proc (proc_pid_status(5))."""
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024 / MB


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
        peak = _peak_memory(Path(f"/proc/{process.pid}/status").read_text())
        process.kill()
    return peak


def _fill_quickly(folder: Path, count: int) -> None:
    """Put `count` photos into a spool, without flushing each."""
    Spool(folder)
    start = datetime.now(UTC) - timedelta(days=2)
    for number in range(1, count + 1):
        content = b"\xff\xd8\xff%d\xff\xd9" % number
        photo = SpooledPhoto(
            number,
            PhotoInfo(
                new_name("bench", start + timedelta(seconds=number)),
                Media.JPEG,
                Trigger.MOTION,
                ClockStatus.SYNCED,
            ),
            len(content),
            sha256(content).hexdigest(),
        )
        path = folder / "waiting" / photo.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _choosing(folder: Path, count: int) -> list[Figure]:
    spool = Spool(folder)
    everything = seconds(lambda: sorted(file.name for file in folder.rglob("*.jpg")))
    newest, oldest = interleaved(50, lambda: seconds(spool.newest), lambda: seconds(spool.oldest))
    disk = FailingDisk(kinds={Kind.NAMES})  # never fails, but counts
    Spool(folder, disk).newest()
    return [
        Figure(f"choosing the newest of {count:,}", newest * 1000, "ms", 1, at_most=True),
        Figure(f"choosing the oldest of {count:,}", oldest * 1000, "ms", 1, at_most=True),
        Figure("  folders that are listed for it", disk.operations),
        Figure("  a sorted list of all files, for comparison", everything * 1000, "ms"),
    ]


def _imports(rounds: int) -> list[Figure]:
    def start(code: str) -> float:
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    bare, upload, capture = interleaved(
        rounds,
        *(lambda code=code: start(code) for code in (BARE, UPLOAD, CAPTURE)),
    )
    return [
        Figure("import of the upload process, beyond Python's start", (upload - bare) * 1000, "ms"),
        Figure("import of the capture process", (capture - bare) * 1000, "ms"),
        Figure("  Python's own start", bare * 1000, "ms"),
    ]
