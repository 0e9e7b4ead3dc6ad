"""Moments on the wire: RFC 3339, UTC, milliseconds. For example 2026-11-20T12:01:34.567Z."""

import re
from datetime import UTC, datetime, timedelta

from photo_wire.errors import WireError, quoted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds from 1970 to an aware moment."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(count: int) -> datetime:
    """Return the moment `count` milliseconds after 1970, in UTC."""
    return EPOCH + timedelta(milliseconds=count)


def to_milliseconds(moment: datetime) -> datetime:
    """Return the same moment in UTC, cut to the milliseconds that the wire can carry."""
    return from_milliseconds(milliseconds(moment))


def just_after(moment: datetime) -> datetime | None:
    """Return the moment a millisecond later; None if no calendar has it: at the end of the year
    9999, which a clock that is wrong may show."""
    try:
        return moment + timedelta(milliseconds=1)
    except OverflowError:
        return None


def format_time(moment: datetime) -> str:
    """Return an aware moment as the wire writes it: UTC, three digits of a second, a Z."""
    utc = to_milliseconds(moment).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def parse_time(text: str, field: str = "time") -> datetime:
    """Return the moment in an RFC 3339 text, in UTC and cut to milliseconds.

    Raises WireError, naming `field`, for anything else, and for moments before 1970.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _not_a_time(field, text)
    date, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}.{(fraction or '')[:3]:0<3}{zone}")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _not_a_time(field, text) from None
    if moment < EPOCH:
        raise WireError(field, f"{quoted(text)} lies before 1970")
    return moment


def _not_a_time(field: str, text: str) -> WireError:
    return WireError(
        field, f"{quoted(text)} is not an RFC 3339 time; expected e.g. 2026-11-20T12:01:34.567Z"
    )
