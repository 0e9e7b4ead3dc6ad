"""What the C library keeps of freed buffers, measured in a process of its own."""

import subprocess
import sys

import pytest

from local.processes import ROOT

KEPT = """
import re
from pathlib import Path
from function_app.memory import return_large_buffers

def resident():
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmRSS:\\s+(\\d+)", status)[0]) * 1024

{first}
del_me = b"x" * 20_000_000  # from here on glibc by itself keeps buffers of this size
del del_me
before = resident()
photos = [b"x" * 4_000_000 for _ in range(8)]
photos.clear()
print(resident() - before)
"""


def kept(first: str) -> int:
    """Return how many bytes a process has after it freed 32 MB of buffers; `first` is its first
    statement."""
    code = KEPT.format(first=first)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="it sets an option of glibc")
def test_freed_photos_are_returned_to_the_system() -> None:
    assert kept("assert return_large_buffers()") < 1_000_000
    assert kept("") > 20_000_000, "glibc returns them by itself: then function_app/memory.py can go"
