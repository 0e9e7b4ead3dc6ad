"""What else the machine does: between nothing and everything, on all of its cores."""

import os
import time

import pytest

from bench import load
from bench.load import LoadMeter, current_load


def test_the_load_names_the_cores_and_a_share() -> None:
    now = current_load(0)
    assert now.cores == os.cpu_count()
    assert 0 <= now.others <= 1
    assert f"on {now.cores} cores" in str(now)


def test_own_work_is_not_that_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10 seconds on 4 cores all processes had 12 s together, and this one 2 s of them."""
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for module, name, values in (
        (time, "monotonic", [100.0, 110.0]),
        (load, "_busy", [50.0, 62.0]),
        (load, "_own", [7.0, 9.0]),
    ):
        remaining = iter(values)
        monkeypatch.setattr(module, name, lambda remaining=remaining: next(remaining))
    meter = LoadMeter()
    found = meter.read()
    monkeypatch.undo()
    assert found.others == 0.25
