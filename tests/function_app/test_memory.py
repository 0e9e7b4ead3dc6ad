"""What the C library keeps of freed buffers, measured in a process of its own; and the memory that
the system allows."""

import subprocess
import sys
from pathlib import Path

import pytest

from function_app.memory import SMALLEST_INSTANCE, memory_limit
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


@pytest.mark.parametrize(
    ("texts", "limit"),
    [
        (["536870912\n"], 536_870_912),
        (["max\n"], SMALLEST_INSTANCE),
        (["max\n", "2147483648"], 2_147_483_648),
        (["9223372036854771712\n"], SMALLEST_INSTANCE),
        ([], SMALLEST_INSTANCE),
    ],
)
def test_the_limit_of_the_control_group_counts(
    tmp_path: Path, texts: list[str], limit: int
) -> None:
    """In both versions; without a limit the smallest instance is assumed."""
    files = [tmp_path / f"{number}" for number in range(3)]
    for file, text in zip(files, texts, strict=False):
        file.write_text(text)
    assert memory_limit(files) == limit
