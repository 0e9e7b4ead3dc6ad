"""Run in place of a service, in its sandbox, and print in JSON what is permitted.

    python probe.py OPEN DEVICE

OPEN is a folder in which every user may write, DEVICE a device that every user may read: only the
sandbox denies access to them.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pi_uploader.clock import _kernel_clock_state

CLOSED = ("/etc", "/opt/pi-uploader", "/usr/local", "/home", "/root", "/boot", "/var/lib", "/run")


def attempt(action: Callable[[], object]) -> str:
    """Return "done", or the error."""
    try:
        action()
    except OSError as error:
        return error.strerror or type(error).__name__
    return "done"


def writing(folder: str) -> str:
    return attempt(lambda: Path(folder, "probe").write_text("probe"))


def probe(open_folder: str, device: str) -> dict[str, object]:
    credentials = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere"))
    return {
        "writing elsewhere": {folder: writing(folder) for folder in (*CLOSED, open_folder)},
        "writing state": writing(os.environ["STATE_DIRECTORY"]),
        "writing the working directory": writing("."),
        "reading the key": attempt(Path("/etc/pi-uploader/azure_function_key").read_text),
        "key as a credential": attempt((credentials / "azure_function_key").read_text),
        "opening a device": attempt(lambda: os.open(device, os.O_RDONLY)),
        "setting the clock": attempt(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        "state of the clock": _kernel_clock_state(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text(),
        "reading about the processor": attempt(Path("/proc/cpuinfo").read_text),
        "groups": os.getgroups(),
    }


if __name__ == "__main__":
    print(json.dumps(probe(*sys.argv[1:])))
