"""`pi-uploader spool ...` as its own process."""

import subprocess
import sys
from pathlib import Path

from local.processes import ROOT


def spool_command(
    folder: Path, *args: str, cwd: Path = ROOT, **env: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pi_uploader", "spool", *args],
        cwd=cwd,
        env={"CAMERA_SPOOL": str(folder), "PATH": "", "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
