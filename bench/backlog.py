"""A device with 100,000 waiting photos."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bench.clients import server
from bench.effort import Effort
from bench.memory import Upload
from bench.repeat import in_turns, progress, seconds
from bench.report import Figure
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from tests.support.disks import FailingDisk, Kind

FEW = 100


def measure(folder: Path, effort: Effort) -> list[Figure]:
    count = effort.pick(100_000, 2_000, 200)
    spool, few = folder / str(count), folder / "few"
    progress(f"writing {count:,} photos")
    _fill_quickly(spool, count)
    _fill_quickly(few, FEW)
    result = [*_programs(spool, count, effort), *_choosing(spool, count, effort)]
    with server("bench.null_server") as url:
        uploads = {one: Upload(one, url).until(min(FEW, 50)) for one in (few, spool)}
    return [
        *result,
        Figure(f"start to first upload, {FEW} waiting", uploads[few].first, "s"),
        Figure(f"start to first upload, {count:,} waiting", uploads[spool].first, "s"),
        Figure(f"RSS with {FEW} waiting", uploads[few].peak, "MB"),
        Figure(f"RSS with {count:,} waiting", uploads[spool].peak, "MB"),
    ]


def _programs(spool: Path, count: int, effort: Effort) -> list[Figure]:
    """Measure `status` and the start of capture, from the start of the process; the floor is a
    process that lists the folder with os.walk, and Python's own start and imports."""
    env = {
        "PATH": os.environ["PATH"],
        "CAMERA_SPOOL": str(spool),
        "CAMERA_SOURCE": "simulated",
        "CAMERA_UPLOAD": "off",
        "PIR_PIN": "none",
        "CAMERA_EVERY": "1h",
        "CAMERA_RESERVE_MB": "0",
    }
    walk = f"import os; sum(len(files) for _, _, files in os.walk({str(spool)!r}))"
    status, capture, floor = in_turns(
        effort,
        lambda: seconds(lambda: _run(["-m", "pi_uploader", "status"], env)),
        lambda: seconds(lambda: _until_ready(env)),
        lambda: seconds(lambda: _run(["-c", walk], env)),
        what=f"{count:,} waiting",
    )
    return [
        Figure(f"status, {count:,} waiting", status, "s", 0.5, at_most=True),
        Figure(f"capture is ready, {count:,} waiting", capture, "s", 0.5, at_most=True),
        Figure("  a process with os.walk of the same folder", floor, "s"),
    ]


def _run(arguments: list[str], env: Mapping[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], env=env, stdout=subprocess.DEVNULL, check=False)


def _until_ready(env: Mapping[str, str]) -> None:
    """Start capture, and end it when it says that it is capturing."""
    command = [sys.executable, "-m", "pi_uploader", "capture"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = []
        for line in process.stderr:
            lines.append(line)
            if " capturing with " in line:
                process.kill()
                return
    raise RuntimeError(f"capture did not start:\n{''.join(lines)}")


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


def _choosing(folder: Path, count: int, effort: Effort) -> list[Figure]:
    spool = Spool(folder)
    everything = seconds(lambda: sorted(file.name for file in folder.rglob("*.jpg")))
    newest, oldest = in_turns(
        effort,
        lambda: seconds(spool.newest),
        lambda: seconds(spool.oldest),
        what="choosing a photo",
    )
    disk = FailingDisk(kinds={Kind.NAMES})  # never fails, but counts
    Spool(folder, disk).newest()
    return [
        Figure(f"choosing the newest of {count:,}", newest * 1000, "ms", 1, at_most=True),
        Figure(f"choosing the oldest of {count:,}", oldest * 1000, "ms", 1, at_most=True),
        Figure("  folders that are listed for it", disk.operations),
        Figure("  a sorted list of all files, for comparison", everything * 1000, "ms"),
    ]
