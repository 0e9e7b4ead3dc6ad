"""Range, If-Range and If-None-Match, as RFC 9110 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.browse.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    is_cached,
    parse_range,
    range_applies,
)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-99", ByteRange(0, 100)),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=990-", ByteRange(990, 10)),
        ("bytes=-10", ByteRange(990, 10)),
        ("bytes=-5000", ByteRange(0, 1000)),
        ("bytes=900-5000", ByteRange(900, 100)),
        ("BYTES = 1-2", ByteRange(1, 2)),
    ],
)
def test_one_range(header: str, found: ByteRange) -> None:
    """Of a body of 1,000 bytes."""
    assert parse_range(header, 1000) == found


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,5-6",
        "lines=1-2",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=٣-٤",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_other_headers_request_the_whole_body(header: str | None) -> None:
    """Malformed ranges are ignored, and several at once may be."""
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_after_the_end_is_unsatisfiable(header: str) -> None:
    """The route answers 416."""
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, 1000)


@given(st.integers(1, 10**6), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_range_is_inside_the_body(size: int, first: int, last: int) -> None:
    """It has at least one byte, and none after the end."""
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except UnsatisfiableRangeError:
        assert first >= size
        return
    if found is None:
        assert last < first
        return
    assert found.count >= 1
    assert found.first == first
    assert found.first + found.count == min(last + 1, size)


@given(st.text())
def test_any_header_is_read_or_unsatisfiable(header: str) -> None:
    """A range, the whole body, or the error."""
    try:
        parse_range(header, 1000)
    except UnsatisfiableRangeError:
        return


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', '"b", "a"', "*", ' "b" ,W/"a"'])
def test_a_matching_etag_is_cached(header: str) -> None:
    """Weak tags count for If-None-Match."""
    assert is_cached(header, '"a"')


@pytest.mark.parametrize("header", [None, "", "a", '"b"', '"aa"', '"*"'])
def test_another_etag_is_not_cached(header: str | None) -> None:
    """Only this exact version counts."""
    assert not is_cached(header, '"a"')


def test_if_range_matches_this_version_alone() -> None:
    """For others the whole body is sent. Weak tags never match here."""
    date = "Fri, 20 Nov 2026 12:01:34 GMT"
    assert range_applies(None, '"a"', date)
    assert range_applies('"a"', '"a"', date)
    assert range_applies(date, '"a"', date)
    for other in ('"b"', 'W/"a"', "Fri, 20 Nov 2026 12:01:35 GMT", ""):
        assert not range_applies(other, '"a"', date)
