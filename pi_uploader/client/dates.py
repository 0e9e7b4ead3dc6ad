"""The times in a response's headers."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3); None if it cannot be read.

    A date in it is compared with the response's own Date, since the device's clock may be wrong.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    sent = response_date(headers)
    return max(0.0, (_utc(until) - sent).total_seconds()) if sent else None


def response_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of the server's clock when it responded; None if it does not say."""
    try:
        return _utc(parsedate_to_datetime(headers.get("Date", "")))
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
