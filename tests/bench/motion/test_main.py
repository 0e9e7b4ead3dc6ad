"""The command line of the bench of motion detection."""

import subprocess
import sys

import pytest

from local.processes import ROOT


@pytest.mark.parametrize("seed", ["7", "-2", "twelve"])
def test_the_halves_begin_with_an_even_seed(seed: str) -> None:
    command = [sys.executable, "-m", "bench.motion", f"--first={seed}"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "--first" in done.stderr
