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
    """What to do: with which disk of writer.py, which further mount options, how many photos, and
    after how many of them to cut the power, just when they were acknowledged. `between` adds as
    many cuts at other moments."""

    disk: str = "real"
    mount_options: str = ""
    photos: int = 30
    cuts: int = 15
    between: int = 0


@dataclass(frozen=True)
class Finding:
    """What one cut left: nothing wrong, if `problems` is empty."""

    cut: int
    model: str
    problems: list[str]


@dataclass(frozen=True)
class Said:
    """A line of the writer."""

    word: str
    photo: SpooledPhoto
    at: int

    @classmethod
    def read(cls, line: str) -> "Said":
        word, file_name, at = line.split(" ")
        photo = parse_file_name(file_name)
        assert photo, f"the writer said {line}"
        return cls(word, photo, int(at))


def tag(folder: Path) -> str:
    """What every file under a loop device is called, so that it can be told whose it is."""
    return "-".join(folder.parts[1:])


def run(folder: Path, plan: Plan) -> Iterator[Finding]:
    _call("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", f"{folder}")
    for name in ("disk", "files"):
        (folder / name).mkdir()
    image, log = folder / "image", folder / "log"
    with image.open("wb") as file:
        file.truncate(SIZE)
    _call("mkfs.ext4", "-q", "-b", "4096", "-J", "size=4", "-F", f"{image}")
    reports = [Said.read(line) for line in _write(folder, plan)]
    entries = read_log(log)
    chance = random.Random(plan.photos)
    for cut in _cuts(plan, reports, entries, chance):
        for model in Model:
            disk = after_cut(image.read_bytes(), entries, cut, model, chance)
            yield Finding(
                cut, model.value, _look(folder, disk, [one for one in reports if one.at <= cut])
            )


def _write(folder: Path, plan: Plan) -> list[str]:
    """Have the writer work on the logged disk; what it said."""
    log, disk, files = folder / "log", folder / "disk" / tag(folder), folder / "files"
    logged_disk = subprocess.Popen(
        [SYSTEM_PYTHON, "-m", "tests.support.power_cut.fuse_disk", folder / "image", log, disk]
    )
    wait_for(disk.exists, what="the logged disk")
    with _mounted(disk, files, plan.mount_options):
        writer = ("-m", "tests.support.power_cut.writer", f"{files}/spool", f"{log}")
        reports = _call(sys.executable, *writer, plan.disk, f"{plan.photos}")
        length = log.stat().st_size
    logged_disk.kill()
    logged_disk.wait()
    os.truncate(log, length)  # what unmounting wrote is no part of the story
    return reports.splitlines()


def _cuts(
    plan: Plan, reports: list[Said], entries: list[Entry], chance: random.Random
) -> list[int]:
    """At which lengths of the log to cut the power."""
    moments = [one.at for one in reports if one.word == "acknowledged"]
    others = [entry.end for entry in entries if entry.end >= moments[0]]
    others_chosen = chance.sample(others, min(plan.between, len(others)))
    return sorted({*chance.sample(moments, plan.cuts), *others_chosen})


def _look(folder: Path, disk: bytearray, reports: list[Said]) -> list[str]:
    """What is wrong on this disk, given what the writer had said."""
    after = folder / tag(folder)
    after.write_bytes(disk)
    try:
        with _mounted(after, folder / "files"):
            acknowledged = [one.photo for one in reports if one.word == "acknowledged"]
            removed = [one.photo for one in reports if one.word == "removing"]
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
    """What the command prints. Raises CalledProcessError if it fails."""
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout


if __name__ == "__main__":
    for finding in run(Path(sys.argv[1]), Plan(**json.loads(sys.argv[2]))):
        print(json.dumps(asdict(finding)), flush=True)
