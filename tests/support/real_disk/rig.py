"""Runs a module in a mount namespace of its own, where that is possible."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.processes import ROOT

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)
COMMANDS = ("mkfs.ext4", "debugfs", "mount", "umount", "setpriv", "unshare")


def missing() -> str | None:
    """Return why the rig cannot run on this machine; None if it can."""
    if os.geteuid() != 0:
        return "the real-disk rig mounts file systems: run it as root"
    if not Path("/dev/loop-control").exists():
        return "the real-disk rig needs /dev/loop-control"
    for command in COMMANDS:
        if not shutil.which(command, path=SBIN):
            return f"the real-disk rig needs {command}: run tests/support/power_cut/install.sh"
    if subprocess.run([*CONTAINED, "true"], capture_output=True).returncode:
        return "the real-disk rig needs the right to make mount and pid namespaces"
    return None


def require() -> None:
    """Skip the test where the rig cannot run, and say why; in CI that is a failure."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def run(module: str, *args: object, timeout: float = 300) -> Any:
    """What a module prints as its last line, which is JSON. Its log goes to our standard error."""
    done = subprocess.run(
        [*CONTAINED, sys.executable, "-m", module, *map(str, args)],
        cwd=ROOT,
        env={**os.environ, "PATH": SBIN},
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout,
    )
    print(done.stdout)
    assert done.returncode == 0, f"{module} {args} ended with {done.returncode}"
    return json.loads(done.stdout.splitlines()[-1])
