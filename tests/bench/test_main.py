"""The command line of the benchmarks."""

import subprocess
import sys

import pytest

from bench.sections import SECTIONS
from local.processes import ROOT


def bench(*args: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bench", *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_section_is_printed_with_the_load_and_the_progress() -> None:
    done = bench("--tiny", "durable")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("load average") == 2
    assert "put() of 500 KB" in done.stdout
    assert "aims missed" in done.stdout
    assert "round 1 of at most 1" in done.stderr


def test_help_explains_every_section() -> None:
    text = bench("--help").stdout
    for name, section in SECTIONS.items():
        assert f"  {name} " in text
        assert section.about in text
    assert "NOT STEADY" in text


def test_an_unknown_section_is_explained() -> None:
    done = bench("speed")
    assert done.returncode == 2
    assert "there are durable, trigger" in done.stderr
