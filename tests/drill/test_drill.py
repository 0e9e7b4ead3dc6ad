"""The drill, as a person runs it."""

import re
import subprocess
import sys

import pytest

from local.processes import ROOT


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_drill_ends_well_for_nightjar_and_not_for_an_ordinary_client() -> None:
    """Nothing is lost without a record or stored twice, and every loss is in the backend's alerts.
    The numbers show that the disk was full, photos were rejected, and faults were hard enough."""
    drill = subprocess.run(
        [sys.executable, "-m", "tests.drill"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1400,
    )
    output = drill.stdout + drill.stderr
    print(output)
    assert drill.returncode == 0, output
    rows = dict(re.findall(r"^ *(\S.*?)  +([\d,]+ +[\d,]+)$", drill.stdout, re.MULTILINE))
    numbers = {
        row: [int(one.replace(",", "")) for one in text.split()] for row, text in rows.items()
    }
    ours = {row: nightjar for row, (nightjar, _) in numbers.items()}
    theirs = {row: naive for row, (_, naive) in numbers.items()}

    assert drill.stdout.count("50 kills. At ") == 2
    assert ours["captured"] >= 1000
    assert ours["captured"] == sum(
        ours[row] for row in ("stored", "still on the card", "quarantined", "lost, on record")
    )
    assert ours["still on the card"] == 0
    assert ours["quarantined"] > 0
    assert ours["of these in the backend's alerts"] == ours["lost, on record"] > 0
    assert ours["lost without a record"] == ours["stored twice"] == ours["stored damaged"] == 0

    assert theirs["lost without a record"] > 0
    assert theirs["stored twice"] > 0
