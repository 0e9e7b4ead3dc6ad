"""One run of the rig, as the first process of its namespaces: write, cut the power, look.

    python -m tests.support.power_cut.session FOLDER PLAN

FOLDER is an empty one; PLAN is a Plan in JSON. Prints one Finding in JSON per line.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pi_uploader.spool import SpooledPhoto
from pi_uploader.spool.photo import parse_file_name
from tests.support.oracle import problems
from tests.support.power_cut.log import Entry, Model, after_cut, read_log
from tests.support.waiting import wait_for

SIZE = 32 * 1024 * 1024  # bytes of the disk
SYSTEM_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Plan:
    """What to do: the disk of writer.py, further mount options, the number of photos, and after how
    many of them the power is cut, just when they are acknowledged. `between` is the number of cuts
    at other moments."""

    disk: str = "real"
    mount_options: str = ""
    photos: int = 30
    cuts: int = 15
    between: int = 0


@dataclass(frozen=True)
class Finding:
    """What is wrong after one cut."""

    cut: int
    model: str
    problems: list[str]


@dataclass(frozen=True)
class Event:
    """A line that the writer printed, with the size of the disk's log at that moment."""

    kind: str
    photo: SpooledPhoto
    log_size: int

    @classmethod
    def read(cls, line: str) -> "Event":
        kind, file_name, log_size = line.split(" ")
        photo = parse_file_name(file_name)
        assert photo, f"the writer printed {line}"
        return cls(kind, photo, int(log_size))


def tag(folder: Path) -> str:
    """Return the name of every file under a loop device, by which its session is known."""
    return "-".join(folder.parts[1:])


def run(folder: Path, plan: Plan) -> Iterator[Finding]:
    _call("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", f"{folder}")
    for name in ("disk", "files"):
        (folder / name).mkdir()
    image, log = folder / "image", folder / "log"
    with image.open("wb") as file:
        file.truncate(SIZE)
    _call("mkfs.ext4", "-q", "-b", "4096", "-J", "size=4", "-F", f"{image}")
    events = [Event.read(line) for line in _write(folder, plan)]
    entries = read_log(log)
    chance = random.Random(plan.photos)
    for cut in _cuts(plan, events, entries, chance):
        for model in Model:
            disk = after_cut(image.read_bytes(), entries, cut, model, chance)
            yield Finding(
                cut,
                model.value,
                _problems_on(folder, disk, [s for s in events if s.log_size <= cut]),
            )


def _write(folder: Path, plan: Plan) -> list[str]:
    """Run the writer on the logged disk, and return the lines that it printed."""
    log, disk, files = folder / "log", folder / "disk" / tag(folder), folder / "files"
    logged_disk = subprocess.Popen(
        [SYSTEM_PYTHON, "-m", "tests.support.power_cut.fuse_disk", folder / "image", log, disk]
    )
    wait_for(disk.exists, what="the logged disk")
    with _mounted(disk, files, plan.mount_options):
        writer = ("-m", "tests.support.power_cut.writer", f"{files}/spool", f"{log}")
        events = _call(sys.executable, *writer, plan.disk, f"{plan.photos}")
        length = log.stat().st_size
    logged_disk.kill()
    logged_disk.wait()
    os.truncate(log, length)  # without what unmounting wrote
    return events.splitlines()


def _cuts(
    plan: Plan, events: list[Event], entries: list[Entry], chance: random.Random
) -> list[int]:
    """Return the sizes of the log at which to cut the power."""
    moments = [one.log_size for one in events if one.kind == "acknowledged"]
    others = [entry.end for entry in entries if entry.end >= moments[0]]
    others_chosen = chance.sample(others, min(plan.between, len(others)))
    return sorted({*chance.sample(moments, plan.cuts), *others_chosen})


def _problems_on(folder: Path, disk: bytearray, events: list[Event]) -> list[str]:
    """Return what is wrong on this disk after these events."""
    after = folder / tag(folder)
    after.write_bytes(disk)
    try:
        with _mounted(after, folder / "files"):
            acknowledged = [one.photo for one in events if one.kind == "acknowledged"]
            removed = [one.photo for one in events if one.kind == "removing"]
            return problems(folder / "files" / "spool", acknowledged, removed)
    except subprocess.CalledProcessError as error:
        return [f"{error}"]  # such as a file system that cannot be mounted


@contextmanager
def _mounted(disk: Path, place: Path, options: str = "") -> Iterator[None]:
    """The ext4 on this disk. The kernel frees the loop device when it is unmounted."""
    how = f"loop,{options}" if options else "loop"
    _call("mount", "-t", "ext4", "-o", how, f"{disk}", f"{place}")
    try:
        yield
    finally:
        _call("umount", f"{place}")


def _call(*command: str) -> str:
    """Return what the command prints. Raises CalledProcessError if it fails."""
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout


if __name__ == "__main__":
    for finding in run(Path(sys.argv[1]), Plan(**json.loads(sys.argv[2]))):
        print(json.dumps(asdict(finding)), flush=True)
