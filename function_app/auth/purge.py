"""What strangers leave behind who try passwords, and links that are over: they are cleared away, or
they would only ever grow."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from function_app.auth import audit_log, links, login_throttle
from function_app.storage.account_keys import AUDIT_LOG, LINKS, LOGIN_ATTEMPTS, audit_keys_from
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import parse_time

KEPT = timedelta(days=30)  # failed sign-ins in the access log
MOST = 1000  # rows of each kind removed in a run, which takes some seconds
_PAGE = 1000


def clear_sign_ins(people: TableStore, access_log: TableStore, now: datetime) -> int:
    """Remove counts of wrong passwords that count no more, and failed sign-ins that are older than
    KEPT; return how many rows that were. What anybody did who was let in stays on record."""
    counts = _forgotten(people, now)
    failed = _old_failures(access_log, now)
    return _remove(people, LOGIN_ATTEMPTS, counts) + _remove(access_log, AUDIT_LOG, failed)


def clear_links(people: TableStore, now: datetime) -> int:
    """Remove shared links that open nothing any more; return how many those were."""
    over = (row for row in query_all(people, LINKS) if links.is_over(row, now))
    return _remove(people, LINKS, over)


def _forgotten(people: TableStore, now: datetime) -> Iterator[Entity]:
    for page in _pages(people, LOGIN_ATTEMPTS, ""):
        for row in page:
            if now - parse_time(row.properties["at"]) > login_throttle.FORGOTTEN:
                yield row


def _old_failures(access_log: TableStore, now: datetime) -> Iterator[Entity]:
    """Up to a page that has none: what is behind that was cleared before."""
    for page in _pages(access_log, AUDIT_LOG, audit_keys_from(now - KEPT)):
        failures = [row for row in page if row.properties["what"] == audit_log.FAILED]
        if not failures:
            return
        yield from failures


def _pages(rows: TableStore, partition: str, after: str) -> Iterator[list[Entity]]:
    while page := rows.query(partition, _PAGE, after):
        yield page
        after = page[-1].key


def _remove(rows: TableStore, partition: str, found: Iterator[Entity]) -> int:
    removed = 0
    for row in found:
        rows.remove(partition, row.key)
        removed += 1
        if removed == MOST:
            break
    return removed
