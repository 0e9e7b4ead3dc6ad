"""How many messages of photos a channel gets, whatever the clocks of those who send them say."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from function_app.notify.budget import AT_ONCE, MAX_SKEW, next_at, pause, spend

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
intervals = st.integers(1, 30).map(lambda count: timedelta(minutes=count))
# How long after the call before a call comes, and how far its process's clock is ahead.
calls = st.lists(
    st.tuples(st.integers(0, 10) | st.integers(0, 10**5), st.integers(0, MAX_SKEW // MILLISECOND)),
    min_size=1,
    max_size=30,
)


def sent_at(calls: list[tuple[int, int]], interval: timedelta) -> list[datetime]:
    """Return when messages were sent, each by the clock of the process that sent it."""
    spent_until, real, sent = None, NOW, []
    for later, ahead in calls:
        real += later * MILLISECOND
        now = real + ahead * MILLISECOND
        if next_at(spent_until, interval, now) <= now:
            spent_until = spend(spent_until, interval, now)
            sent.append(now)
    return sent


@given(calls=calls, interval=intervals)
@example(calls=[(0, 1)] * AT_ONCE + [(0, 0)] * AT_ONCE, interval=timedelta(minutes=5))
def test_clocks_within_a_minute_never_send_more_than_the_budget(
    calls: list[tuple[int, int]], interval: timedelta
) -> None:
    sent = sent_at(calls, interval)
    for number, begin in enumerate(sent):
        for count, end in enumerate(sent[number:], 1):
            assert count <= AT_ONCE + max(end - begin, timedelta(0)) // pause(interval)


def test_a_time_that_no_clock_can_have_written_delays_nothing() -> None:
    spent_until = NOW + timedelta(days=300)
    assert next_at(spent_until, timedelta(minutes=5), NOW) == NOW
