"""The command line of what records a version."""

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from local.processes import ROOT
from tests.golden.exchanges import FOLDER


def main(kind: str, record: Callable[[Path, Path], None]) -> None:
    """Call `record(code, folder)` with a checkout and a new folder. `kind` is what it records: the
    spool or the store that the version in the checkout writes."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.golden.record_{kind}")
    parser.add_argument("--code", type=Path, default=ROOT, help="a checkout of the version")
    parser.add_argument("--into", type=Path, help="another folder, to try it")
    args = parser.parse_args()
    version = subprocess.run(
        [sys.executable, "-c", "import photo_wire; print(photo_wire.__version__)"],
        cwd=args.code,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout.strip()
    folder = args.into or FOLDER / f"{kind}-{version}"
    if folder.exists():
        sys.exit(f"{folder} is there already: what a version has written is a fact")
    record(args.code, folder)
    print(f"recorded in {folder}: commit it")
