"""The parts of the pages' scripts that need no browser, under Node's own test runner."""

import subprocess
from pathlib import Path

import pytest

UNIT = Path("tests/function_app/web/page/unit")


@pytest.mark.slow
def test_the_scripts_units() -> None:
    """`make check` runs the same."""
    tests = sorted(map(str, UNIT.glob("*.test.js")))
    assert tests
    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0" not in done.stdout
