"""Whether the clock is set: what can be known of it counts, in order."""

import sys
from pathlib import Path

import pytest

from pi_uploader import clock


@pytest.mark.parametrize(
    ("marker", "kernel", "is_set"),
    [
        (True, clock.TIME_ERROR, True),  # set once, and the network is gone for hours
        (False, clock.TIME_ERROR, False),
        (False, 0, True),
        (False, None, True),  # nobody knows, but the year is past 2023
    ],
)
def test_what_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, marker: bool, kernel: int | None, is_set: bool
) -> None:
    """timesyncd's marker, else the kernel's word, else the year."""
    monkeypatch.setattr(clock, "TIMESYNCD_MARKER", tmp_path / "synchronized")
    monkeypatch.setattr(clock, "_kernel_clock_state", lambda: kernel)
    if marker:
        (tmp_path / "synchronized").touch()
    assert clock.Clock().is_set() is is_set


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has adjtimex")
def test_the_kernel_answers() -> None:
    """One of the six states of adjtimex(2), or that it may not be asked (some containers)."""
    assert clock._kernel_clock_state() in (None, 0, 1, 2, 3, 4, clock.TIME_ERROR)
