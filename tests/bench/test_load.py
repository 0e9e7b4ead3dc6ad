"""What else the machine does: between nothing and everything, on all of its cores."""

import os
from types import SimpleNamespace

import pytest

from bench import load
from bench.load import LoadMeter, current_load


def test_the_load_names_the_cores_and_a_share() -> None:
    now = current_load(0)
    assert now.cores == os.cpu_count()
    assert 0 <= now.others <= 1
    assert f"on {now.cores} cores" in str(now)


def test_own_work_is_not_that_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10 seconds on 4 cores all processes had 12 s together, and this one 2 s of them. The clock
    is this module's alone: other threads of the tests read theirs meanwhile."""
    wall, busy, own = map(iter, ([100.0, 110.0], [50.0, 62.0], [7.0, 9.0]))
    monkeypatch.setattr(load, "time", SimpleNamespace(monotonic=lambda: next(wall)))
    monkeypatch.setattr(load, "_busy", lambda: next(busy))
    monkeypatch.setattr(load, "_own", lambda: next(own))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert LoadMeter().read().others == 0.25
