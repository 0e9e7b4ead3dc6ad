"""The last lines of the log in memory: the newest, and no more than a bounded amount."""

import logging
from collections.abc import Iterator

import pytest

from pi_uploader.log_ring import MAX_BYTES, MAX_LINE_BYTES, MAX_LINES, LogRing, last_lines

log = logging.getLogger("test of the ring")


@pytest.fixture
def ring() -> Iterator[LogRing]:
    """A ring of this process's log."""
    one = LogRing()
    logging.getLogger().addHandler(one)
    yield one
    logging.getLogger().removeHandler(one)


def test_without_a_ring_there_are_no_lines() -> None:
    assert last_lines(10) == []


def test_the_last_lines_are_returned_the_oldest_first(ring: LogRing) -> None:
    for number in range(MAX_LINES + 5):
        log.warning("line %d", number)
    assert last_lines(2) == [f"line {MAX_LINES + 3}", f"line {MAX_LINES + 4}"]
    assert len(ring.last(10_000)) == MAX_LINES
    assert ring.last(0) == []


@pytest.mark.parametrize("letter", ["x", "\u00e9"], ids=["ascii", "latin"])
def test_long_lines_are_cut_and_the_ring_stays_small(ring: LogRing, letter: str) -> None:
    for _ in range(200):
        log.warning(letter * 10_000)
    lines = ring.last(MAX_LINES)
    assert sum(len(line.encode()) for line in lines) <= MAX_BYTES + len(lines) * 2
    assert len(lines) == MAX_BYTES // MAX_LINE_BYTES
    assert {len(line.encode()) for line in lines} <= set(range(MAX_LINE_BYTES, MAX_LINE_BYTES + 3))


def test_a_message_that_cannot_be_formatted_stops_nobody(
    ring: LogRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.warning("two arguments are missing: %d %d")
    log.warning("%d", "no number")
    log.warning("the next line")
    assert ring.last(1) == ["the next line"]
