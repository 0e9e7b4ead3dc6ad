"""`make bench` gives every figure. Which ones, not how good: that is the machine's affair."""

import subprocess
import sys

import pytest

from local.processes import ROOT

FIGURES = [
    "flushes to the disk per photo",
    "bytes written per byte of photo",
    "4 in flight: share of the floor",
    "50 ms round trip, 8 in flight",
    "TLS handshakes per 100 photos",
    "RSS of the upload process",
    "RSS of the capture process",
    "start to first upload",
    "choosing the newest of 2,000",
    "import of the upload process",
    "PUT of 500 KB, 4 at once: share of the SDKs'",
    "peak memory with 4 uploads of 4 MB at once",
    "cold import of the backend",
    "a page of 50 of 1,000 photos",
]


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_the_bench_prints_every_figure_beside_its_aim() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    for what in FIGURES:
        assert what in done.stdout
    assert done.stdout.count(": met") + done.stdout.count(": MISSED") == 39
    assert "aims missed" in done.stdout


def test_an_unknown_section_is_answered_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "there are durable, drain, tls, memory" in done.stderr
