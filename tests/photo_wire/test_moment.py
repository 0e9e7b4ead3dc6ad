"""Moments travel as RFC 3339 in UTC, to the millisecond."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.moment import format_time, from_milliseconds, just_after, milliseconds, parse_time
from tests.photo_wire.strategies import moments


@given(moments)
def test_every_moment_comes_back_from_its_text_and_its_number(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment
    assert from_milliseconds(milliseconds(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:01:34.567Z",
        "2026-11-20t12:01:34.567z",
        "2026-11-20T13:01:34.567+01:00",
        "2026-11-20T12:01:34.567999999Z",
        "2026-11-20T07:31:34.567-04:30",
    ],
)
def test_every_rfc_3339_spelling_of_a_moment_is_understood(text: str) -> None:
    assert parse_time(text) == datetime(2026, 11, 20, 12, 1, 34, 567_000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20 12:01:34Z",
        "2026-11-20T12:01:34",
        "2026-11-20T12:01:60Z",
        "2026-13-20T12:01:34Z",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
        "2026-11-20T12:01:34+99:00",
        "2026-11-20T12:01:34Z\n",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="X-Captured-At"):
        parse_time(text, "X-Captured-At")


@given(st.text())
def test_no_text_raises_anything_but_a_wire_error(text: str) -> None:
    with contextlib.suppress(WireError):
        parse_time(text)


def test_nothing_is_after_the_last_millisecond() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, UTC)
    assert just_after(last - timedelta(milliseconds=1)) == last
    assert just_after(last) is None
