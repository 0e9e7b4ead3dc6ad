"""Starts the rig where it can run, and reads what it found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.support.power_cut.session import SYSTEM_PYTHON, Finding, Plan

ROOT = Path(__file__).parents[3]
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

# A kill of this process, or the end of the thread that started it, kills the whole session.
CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)


def missing() -> str | None:
    """Return why the rig cannot run on this machine; None if it can."""
    if os.geteuid() != 0:
        return "the power-cut rig mounts file systems: run it as root"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not Path(device).exists():
            return f"the power-cut rig needs {device}"
    for command in ("mkfs.ext4", "mount", "setpriv", "unshare"):
        if not shutil.which(command, path=SBIN):
            return f"the power-cut rig needs {command}: run tests/support/power_cut/install.sh"
    if not _works(SYSTEM_PYTHON, "-c", "import fusepy"):
        return "the power-cut rig needs python3-fusepy: run tests/support/power_cut/install.sh"
    if not _works(*CONTAINED, "true"):
        return "the power-cut rig needs the right to make mount and pid namespaces"
    return None


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def session(folder: Path, plan: Plan) -> Iterator["subprocess.Popen[str]"]:
    """A run of this plan, as a process that prints its findings; it is killed at the end."""
    command = (*CONTAINED, sys.executable, "-m", "tests.support.power_cut.session")
    with subprocess.Popen(
        [*command, f"{folder}", json.dumps(asdict(plan))],
        cwd=ROOT,
        env={**os.environ, "PATH": SBIN},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def cut_power(folder: Path, plan: Plan) -> list[Finding]:
    """Return the findings of a whole run. `folder` is empty before and after it."""
    with session(folder, plan) as process:
        assert process.stdout
        findings = [Finding(**json.loads(line)) for line in process.stdout]
        assert process.wait() == 0, "the session failed; its last output is above"
    return findings
