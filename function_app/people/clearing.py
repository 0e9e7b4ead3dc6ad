"""What strangers leave behind who try passwords, and links that are over: they are cleared away, or
they would only ever grow."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from function_app.people import accesses, backoff, shares
from function_app.storage.rows import Row, Rows, walk_all
from function_app.storage.views import count_down
from photo_wire.moment import parse_time

KEPT = timedelta(days=30)  # failed sign-ins in the access log
MOST = 1000  # rows of each kind removed in a run, which takes some seconds
_PAGE = 1000


def clear_sign_ins(people: Rows, access_log: Rows, now: datetime) -> int:
    """Remove counts of wrong passwords that count no more, and failed sign-ins that are older than
    KEPT; return how many rows that were. What anybody did who was let in stays on record."""
    counts = _forgotten(people, now)
    failed = _old_failures(access_log, now)
    return _remove(people, backoff.PARTITION, counts) + _remove(
        access_log, accesses.PARTITION, failed
    )


def clear_links(people: Rows, now: datetime) -> int:
    """Remove shared links that open nothing any more; return how many those were."""
    over = (row for row in walk_all(people, shares.PARTITION) if shares.is_over(row, now))
    return _remove(people, shares.PARTITION, over)


def _forgotten(people: Rows, now: datetime) -> Iterator[Row]:
    for page in _pages(people, backoff.PARTITION, ""):
        for row in page:
            if now - parse_time(row.words["at"]) > backoff.FORGOTTEN:
                yield row


def _old_failures(access_log: Rows, now: datetime) -> Iterator[Row]:
    """Up to a page that has none: what is behind that was cleared before."""
    for page in _pages(access_log, accesses.PARTITION, count_down(now - KEPT)):
        failures = [row for row in page if row.words["what"] == accesses.FAILED]
        if not failures:
            return
        yield from failures


def _pages(rows: Rows, partition: str, after: str) -> Iterator[list[Row]]:
    while page := rows.walk(partition, _PAGE, after):
        yield page
        after = page[-1].key


def _remove(rows: Rows, partition: str, found: Iterator[Row]) -> int:
    removed = 0
    for row in found:
        rows.remove(partition, row.key)
        removed += 1
        if removed == MOST:
            break
    return removed
