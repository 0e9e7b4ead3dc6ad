"""Scenarios on real file systems; each prints what came of it, as JSON.

python -m tests.support.real_disk.session SCENARIO FOLDER
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.processes import ROOT
from photo_wire.headers import Trigger
from pi_uploader.clock import BootTime
from pi_uploader.spool import Quota, Spool
from pi_uploader.spool.admin import count_spool, verify
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.export import export
from tests.support.fault_server import FaultServer
from tests.support.real_disk.mounts import Ext4, Tmpfs
from tests.support.spool_photos import put
from tests.support.uploading import Device
from tests.support.waiting import wait_for

NO_RESERVE = Quota(reserve=0)


def program(folder: Path, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run `pi-uploader` with its spool on the disk of this folder."""
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", *args],
        cwd=ROOT,
        env={**settings(folder), **env},
        capture_output=True,
        text=True,
        timeout=90,
    )


def settings(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "CAMERA_SPOOL": f"{folder / 'disk' / 'spool'}",
        "CAMERA_RUNTIME_FOLDER": f"{folder / 'run'}",
        "CAMERA_SOURCE": "simulated",
        "CAMERA_CLOCK": "trusted",
        "CAMERA_RESERVE_MB": "0",
        "PIR_PIN": "none",
        "CAMERA_EVERY": "1h",
    }


def status(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(program(folder, "status", "--json").stdout)
    return found


def read_only(folder: Path) -> dict[str, Any]:
    """A card turns read-only: a photo is lost. It is on record after the process has ended, the
    backend is told at once, and a disk that can be written again has the record."""
    disk = Tmpfs(folder / "disk", 4_000_000, 200)
    spool = Spool(folder / "disk" / "spool", quota=NO_RESERVE)
    put(spool, 1)
    assert disk.make_read_only(True)
    lost = program(folder, "capture", "--once", "--trigger", "motion")
    before = status(folder)
    doctor = program(folder, "doctor")
    with FaultServer() as server:
        upload = subprocess.Popen(
            [sys.executable, "-m", "pi_uploader", "upload"],
            cwd=ROOT,
            env={**settings(folder), "BASE_URL": server.base_url},
        )
        try:
            wait_for(lambda: server.store.alerts, what="the alert")
            wait_for(lambda: status(folder)["losses_unreported"] == 0, what="the note of it")
        finally:
            upload.terminate()
            upload.wait(90)
        alerts = [[alert.kind, alert.reason] for alert in server.store.alerts.values()]
        stored = len(server.store.photos)
    reported = status(folder)
    disk.make_read_only(False)
    kept = program(folder, "capture", "--once")
    return {
        "exit codes": [lost.returncode, kept.returncode],
        "lost before the report": [before["losses"], before["losses_unreported"]],
        "alerts": alerts,
        "stored": stored,
        "lost after the report": [reported["losses"], reported["losses_unreported"]],
        "on the disk afterwards": len(list((folder / "disk/spool/reported").rglob("*.jpg"))),
        "in memory afterwards": len(list((folder / "run").rglob("*.jpg"))),
        "doctor": [doctor.returncode, doctor.stdout],
    }


def _use_up_inodes(spool: Spool) -> int:
    """Put timer shots until none can be made without giving one up; return how many."""
    number = 0
    while not list(spool.losses.unreported()):
        put(spool, number, trigger=Trigger.SCHEDULE)
        number += 1
    return number


def no_inodes_tmpfs(folder: Path) -> dict[str, Any]:
    """Where a second name takes an inode, too, the records go to the second place."""
    Tmpfs(folder / "disk", 4_000_000, 100)
    return _no_inodes(folder)


def no_inodes_ext4(folder: Path) -> dict[str, Any]:
    """Where it takes none, the records stay on the disk."""
    Ext4(folder / "disk", inodes=128)
    return _no_inodes(folder)


def _no_inodes(folder: Path) -> dict[str, Any]:
    place = folder / "disk" / "spool"
    shots = _use_up_inodes(Spool(place, quota=NO_RESERVE, runtime=folder / "run"))
    for number in range(40):  # others use up what is left to the system
        try:
            (folder / "disk" / f"{number}.log").touch()
        except OSError:
            break
    free = Disk().free_inodes(place)
    doctor = program(folder, "doctor")
    codes = [
        program(folder, "capture", "--once", "--trigger", "motion").returncode for _ in range(3)
    ]
    spool = Spool(place, quota=NO_RESERVE, runtime=folder / "run")
    left = [photo.trigger for photo in spool.waiting_photos()]
    lost = [loss.photo.trigger for loss in spool.losses.unreported()]
    return {
        "free inodes": free,
        "exit codes": codes,
        "motion photos": left.count(Trigger.MOTION),
        "lost": sorted(set(lost)),
        "balance": shots == left.count(Trigger.SCHEDULE) + len(lost),
        "evicted for three": len(lost),
        "records on the disk": sum(1 for _ in (place / "lost").rglob("*.jpg")),
        "doctor": [doctor.returncode, doctor.stdout],
    }


def bad_inode(folder: Path) -> dict[str, Any]:
    """One of 28 photos cannot be opened, renamed or removed, and neither can one that has no name
    yet: all others go, both are told, and every command comes to its end."""
    disk = Ext4(folder / "disk")
    place = folder / "disk" / "spool"
    spool = Spool(place, quota=NO_RESERVE)
    photos = [put(spool, number) for number in range(28)]
    undated = [put(spool, 40 + number, taken=BootTime("00000000", 1)) for number in range(3)]
    del spool  # its lock is a file on this disk
    disk.damage_inode(place / "waiting" / photos[26].path)
    disk.damage_inode(place / "undated" / undated[0].path)
    spool = Spool(place, quota=Quota(max_bytes=31 * 96, reserve=0))
    put(spool, 60)  # the least valuable that can be evicted is
    verified, exported = len(list(verify(spool))), len(list(export(spool, folder / "out")))
    codes = [
        program(folder, "spool", command, *more).returncode
        for command, *more in (["list"], ["verify"], ["export", f"{folder / 'out2'}"])
    ]
    with FaultServer() as server:
        device = Device(folder / "disk" / "spool", server)
        for _ in range(60):
            device.try_once()
            device.now += 5
        alerts = {name: alert.reason for name, alert in server.store.alerts.items()}
        stored = len(server.store.photos)
        requests = len(server.requests)
    return {
        "stored": stored,
        "losses": sum(reason == "no-room" for reason in alerts.values()),
        "alert of the photo": alerts.get(str(photos[26].name)),
        "alert of the undated one": alerts.get(str(undated[0].name)),
        "waiting": count_spool(place).waiting,
        "requests": requests,
        "verify finds": verified,
        "export copies": exported,
        "exit codes of list, verify, export": codes,
    }


def immutable(folder: Path) -> dict[str, Any]:
    """A photo that can be read, but neither removed nor renamed (chattr +i)."""
    Ext4(folder / "disk")
    spool = Spool(folder / "disk" / "spool", quota=NO_RESERVE)
    photos = [put(spool, number) for number in range(4)]
    file = spool.waiting_folder / photos[1].path
    subprocess.run(["chattr", "+i", file], check=True)
    with FaultServer() as server:
        device = Device(spool.folder, server)
        for _ in range(20):
            device.try_once()
            device.now += 10
        stored, repeats = len(server.store.photos), server.store.repeats
        subprocess.run(["chattr", "-i", file], check=True)
        device.now += 60
        device.uploader.step()
    return {"stored": stored, "repeats": repeats, "waiting": count_spool(spool.folder).waiting}


SCENARIOS: dict[str, Callable[[Path], dict[str, Any]]] = {
    one.__name__: one for one in (read_only, no_inodes_tmpfs, no_inodes_ext4, bad_inode, immutable)
}

if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]](Path(sys.argv[2]))), flush=True)
