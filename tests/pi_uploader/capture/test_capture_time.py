"""When a photo was taken that shows a moment that has passed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.capture.capture_time import read_time
from pi_uploader.clock import BootTime
from tests.support.fake_clock import FakeClock


@given(st.floats(0, 1e6), st.integers(0, 10**9))
def test_the_time_of_a_moment_is_as_long_ago_as_the_moment(ago: float, since_boot: int) -> None:
    """By the wall clock and since the boot; never before the earliest time."""
    clock = FakeClock(
        seconds=2e6,
        wall=datetime(1970, 1, 2, tzinfo=UTC),
        boot_time=BootTime("00000000", since_boot),
    )
    time = read_time(clock, 2e6 - ago)
    elapsed = min(timedelta(seconds=ago), timedelta(days=1))
    assert abs(clock.now() - time.wall - elapsed) < timedelta(milliseconds=1)
    assert abs(time.boot.milliseconds - max(0, since_boot - ago * 1000)) <= 1
