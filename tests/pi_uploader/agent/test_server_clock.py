"""The backend's clock, as its responses tell it."""

from datetime import UTC, datetime, timedelta

import pytest

from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.clock import LATEST_TIME
from tests.support.fake_clock import FakeClock

OURS, THEIRS = datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)


def test_it_goes_on_from_the_last_date() -> None:
    clock = FakeClock(wall=OURS, seconds=0.0)
    server_clock = ServerClock(clock)
    assert server_clock.now() == OURS
    server_clock.record(THEIRS)
    server_clock.record(None)
    clock.seconds = 90.0
    assert server_clock.now() == THEIRS + timedelta(seconds=90)
    assert server_clock.seconds_until(THEIRS) == -90


@pytest.mark.parametrize(
    "date",
    [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)],
)
def test_a_date_that_no_clock_shows_is_ignored(date: datetime) -> None:
    clock = FakeClock(wall=OURS, seconds=0.0)
    server_clock = ServerClock(clock)
    server_clock.record(date)
    clock.seconds = 90.0
    assert server_clock.now() == OURS


def test_it_stays_within_what_can_be_represented() -> None:
    clock = FakeClock(wall=OURS, seconds=0.0)
    server_clock = ServerClock(clock)
    server_clock.record(LATEST_TIME - timedelta(seconds=1))
    clock.seconds = 1e9
    assert server_clock.now() == LATEST_TIME
