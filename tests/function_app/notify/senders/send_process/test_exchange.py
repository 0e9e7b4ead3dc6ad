"""What responses say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from function_app.notify.senders.send_process.exchange import Exchange, parse_retry_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), (" 5 ", 5), ("", None), (None, None), ("soon", None), ("-1", None), ("٣", None)],
)
def test_retry_after_in_seconds(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text) == seconds


def test_retry_after_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    seconds = parse_retry_after(format_datetime(later, usegmt=True))
    assert seconds is not None
    assert 3000 < seconds <= 3600
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert parse_retry_after("Wed, 21 Oct 99999 07:28:00 GMT") is None


def test_the_last_failure_counts() -> None:
    exchange = Exchange()
    exchange.record(200, None)
    exchange.record(429, "3")
    exchange.record(204, None)
    assert (exchange.status, exchange.retry_after) == (429, 3)
    exchange.reset()
    assert exchange == Exchange()
