"""What storing a photo durably costs: flushes, bytes written, and time."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.clients import NO_RESERVE, filled
from bench.effort import Effort
from bench.repeat import Samples, in_turns, seconds
from bench.report import Figure
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Spool
from tests.support.disks import Kind, Operation, RecordingDisk

SIZE = 500_000  # bytes


def measure(folder: Path, effort: Effort) -> list[Figure]:
    counts = _counted(folder / "counted")
    ours, floor, hashing = _timed(folder, effort)
    return [
        Figure("flushes to the disk per photo", counts["flushes"], "", 2, at_most=True),
        Figure("bytes written per byte of photo", counts["bytes"], "", 1.05, at_most=True),
        Figure("put() of 500 KB", ours * 1000, "ms"),
        Figure("write, fsync, rename, fsync of the folder alone", floor * 1000, "ms"),
        Figure("SHA-256 of 500 KB, which put() does too", hashing * 1000, "ms"),
        Figure("put() in terms of these two", ours / (floor + hashing), "times"),
    ]


def _counted(folder: Path) -> dict[str, float]:
    filled(folder, 1, SIZE)  # not to count what only the first photo costs
    disk = RecordingDisk()
    spool = Spool(folder, disk, NO_RESERVE)
    spool.recover()
    disk.record.clear()
    photos = 50
    for _ in range(photos):
        _put(spool, secrets.token_bytes(SIZE))
    done = [one for one in disk.record if isinstance(one, Operation)]
    flushes = sum(1 for one in done if one.kind in (Kind.FLUSH, Kind.FLUSH_FOLDER))
    written = sum(len(one.arguments[1]) for one in done if one.kind is Kind.WRITE)
    # A new folder for every 250 photos costs a flush of its own.
    return {"flushes": (flushes - 1) / photos, "bytes": written / (photos * SIZE)}


def _timed(folder: Path, effort: Effort) -> list[Samples]:
    photos = effort.pick(40, 10, 2)
    content = secrets.token_bytes(SIZE)
    spool = Spool(folder / "timed", quota=NO_RESERVE)
    plain = folder / "plain"
    plain.mkdir()

    def put_one() -> float:
        return _per_photo(lambda: _put(spool, content), photos)

    def write_one() -> float:
        return _per_photo(lambda: _write(plain, content), photos)

    def hash_one() -> float:
        return _per_photo(lambda: hashlib.sha256(content).digest(), photos)

    return in_turns(effort, put_one, write_one, hash_one, what="put() of 500 KB")


def _per_photo(action: Callable[[], object], photos: int) -> float:
    return seconds(lambda: [action() for _ in range(photos)]) / photos


def _put(spool: Spool, content: bytes) -> None:
    name = new_name("bench", datetime.now(UTC))
    spool.put(content, PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED))


def _write(folder: Path, content: bytes) -> None:
    path = folder / f"{time.monotonic_ns()}"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(file, content)
    os.fsync(file)
    os.close(file)
    path.rename(path.with_suffix(".jpg"))
    folder_file = os.open(folder, os.O_RDONLY)
    os.fsync(folder_file)
    os.close(folder_file)
