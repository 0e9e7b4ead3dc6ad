"""The device's clock: whether it is set, and what it shows."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pi_uploader import clock
from tests.support.fake_clock import FakeClock


@pytest.mark.parametrize(
    ("marker", "kernel", "is_set"),
    [
        (True, clock.TIME_ERROR, True),  # set once, and the network is gone for hours
        (False, clock.TIME_ERROR, False),
        (False, 0, True),
        (False, None, True),  # unknown, but the year is past 2023
    ],
)
def test_the_clock_is_set_if_the_marker_or_the_kernel_or_the_year_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, marker: bool, kernel: int | None, is_set: bool
) -> None:
    """timesyncd's marker decides, else the kernel's state, else the year."""
    monkeypatch.setattr(clock, "TIMESYNCD_MARKER", tmp_path / "synchronized")
    monkeypatch.setattr(clock, "_kernel_clock_state", lambda: kernel)
    if marker:
        (tmp_path / "synchronized").touch()
    assert clock.Clock().is_set() is is_set


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has adjtimex")
def test_the_kernel_returns_a_known_state() -> None:
    """One of the six states of adjtimex(2), or an error, as in some containers."""
    assert clock._kernel_clock_state() in (None, 0, 1, 2, 3, 4, clock.TIME_ERROR)


def test_a_trusted_clock_counts_as_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock, "TIMESYNCD_MARKER", tmp_path / "synchronized")
    monkeypatch.setattr(clock, "_kernel_clock_state", lambda: clock.TIME_ERROR)
    assert clock.Clock(is_trusted=True).is_set()


@pytest.mark.parametrize(
    ("shown", "returned"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), clock.EARLIEST_TIME),
        (datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC)),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), clock.LATEST_TIME),
    ],
)
def test_the_wall_time_is_kept_within_bounds(shown: datetime, returned: datetime) -> None:
    """A photo's name and every time zone can represent it."""
    assert FakeClock(wall=shown).now() == returned


def test_the_time_since_boot_advances_within_one_boot() -> None:
    first, second = clock.SYSTEM_CLOCK.since_boot(), clock.SYSTEM_CLOCK.since_boot()
    assert first.boot == second.boot
    assert first.milliseconds <= second.milliseconds
