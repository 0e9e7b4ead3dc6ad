"""That a run of tests ends and tells, whatever a test does: runs of their own, in processes."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFTEST = """
from tests.support.scheduling import FileScheduling
from tests.support.watch import Watch

def pytest_configure(config):
    config.pluginmanager.register(Watch(config, grace=1))

def pytest_xdist_make_scheduler(config, log):
    return FileScheduling(config, log)
"""
HANGS = """
import pytest
from hypothesis import given, settings, strategies as st

@settings(deadline=None)
@given(st.integers())
def test_hangs(number):
    while True:
        pass

@pytest.mark.timeout(90)
def test_fails():
    assert 1 == 2, "one is not two"
"""
DIES = """
import os

def test_before(): pass
def test_dies(): os._exit(1)
"""
PASSES = "def test_passes(): pass"


def run(folder: Path, timeout: int = 90, **files: str) -> str:
    """Run these test files, with a timeout (seconds), and a second more until the end of the
    process."""
    for name, content in files.items():
        (folder / f"test_{name}.py").write_text(content)
    (folder / "pytest.ini").write_text(f"[pytest]\ntimeout = {timeout}\n")
    (folder / "conftest.py").write_text(CONFTEST)
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-n2", "--rootdir", folder, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
    ).stdout


def test_a_test_that_outlives_its_timeout_ends_and_the_others_run(tmp_path: Path) -> None:
    """Its failure is printed when it happens, and so is that of another test."""
    output = run(tmp_path, timeout=1, hangs=HANGS)
    progress = output.partition("= FAILURES =")[0]
    assert "Timeout (0:00:02)!" in progress  # from faulthandler, before the stacks
    assert "in test_hangs" in progress
    assert "test_hangs.py::test_fails (call): AssertionError: one is not two" in progress
    assert "2 failed" in output, output


def test_a_test_at_which_its_process_dies_is_not_run_again(tmp_path: Path) -> None:
    """And the run ends when nothing of its file is left."""
    output = run(tmp_path, dies=DIES, more=DIES + PASSES, passes=PASSES)
    assert "2 failed, 4 passed" in output, output
