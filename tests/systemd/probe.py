"""Runs in place of a service, with all its confinement, and prints in JSON what it may do.

    python probe.py OPEN DEVICE

OPEN is a folder in which everyone may write, DEVICE one that everyone may read: it is the
confinement alone that refuses them.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pi_uploader.clock import _kernel_clock_state

CLOSED = ("/etc", "/opt/pi-uploader", "/usr/local", "/home", "/root", "/boot", "/var/lib", "/run")


def tried(deed: Callable[[], object]) -> str:
    """What came of it: done, or why not."""
    try:
        deed()
    except OSError as error:
        return error.strerror or type(error).__name__
    return "done"


def writing(folder: str) -> str:
    return tried(lambda: Path(folder, "probe").write_text("probe"))


def probe(open_folder: str, device: str) -> dict[str, object]:
    credentials = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere"))
    return {
        "writing elsewhere": {folder: writing(folder) for folder in (*CLOSED, open_folder)},
        "writing state": writing(os.environ["STATE_DIRECTORY"]),
        "writing the working directory": writing("."),
        "reading the key": tried(Path("/etc/pi-uploader/azure_function_key").read_text),
        "key as a credential": tried((credentials / "azure_function_key").read_text),
        "opening a device": tried(lambda: os.open(device, os.O_RDONLY)),
        "setting the clock": tried(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        "state of the clock": _kernel_clock_state(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text(),
        "reading about the processor": tried(Path("/proc/cpuinfo").read_text),
        "groups": os.getgroups(),
    }


if __name__ == "__main__":
    print(json.dumps(probe(*sys.argv[1:])))
