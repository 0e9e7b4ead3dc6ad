"""Purge expired records: login attempts, challenges of passkeys, failed sign-ins in the audit log,
and shared links. They come from strangers or expire by themselves, and would only ever grow."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from function_app.auth import challenges, login_throttle
from function_app.auth.audit_log import AuditLog, is_failed_sign_in
from function_app.auth.links import is_expired, is_form_expired
from function_app.storage.account_keys import (
    AUDIT_LOG,
    CHALLENGES,
    LINK_FORMS,
    LINKS,
    LOGIN_ATTEMPTS,
    audit_keys_from,
)
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore, query_all

FAILED_SIGN_IN_TTL = timedelta(days=30)
MAX_REMOVED = 1000  # records of each kind in a run, which takes some seconds


def purge_sign_ins(table: TableStore, audit_log: AuditLog, now: datetime) -> int:
    """Remove counts of wrong passwords and challenges that have expired, and failed sign-ins older
    than FAILED_SIGN_IN_TTL. Return how many records were removed. What authenticated callers did
    stays in the log."""
    counts = _expired_counts(table, now)
    failed = _old_failures(audit_log.table, now)
    unanswered = (one for one in query_all(table, CHALLENGES) if challenges.is_expired(one, now))
    return (
        _remove(table, LOGIN_ATTEMPTS, counts)
        + _remove(table, CHALLENGES, unanswered)
        + _remove(audit_log.table, AUDIT_LOG, failed)
    )


def purge_links(table: TableStore, now: datetime) -> int:
    """Remove shared links that have expired, and what is remembered of their forms. Return how many
    links."""
    forms = (one for one in query_all(table, LINK_FORMS) if is_form_expired(one, now))
    _remove(table, LINK_FORMS, forms)
    expired = (entity for entity in query_all(table, LINKS) if is_expired(entity, now))
    return _remove(table, LINKS, expired)


def _expired_counts(table: TableStore, now: datetime) -> Iterator[Entity]:
    for page in _pages(table, LOGIN_ATTEMPTS, ""):
        yield from (entity for entity in page if login_throttle.is_expired(entity, now))


def _old_failures(table: TableStore, now: datetime) -> Iterator[Entity]:
    """Yield failures up to a page that has none: older ones were purged before."""
    for page in _pages(table, AUDIT_LOG, audit_keys_from(now - FAILED_SIGN_IN_TTL)):
        failures = list(filter(is_failed_sign_in, page))
        if not failures:
            return
        yield from failures


def _pages(table: TableStore, partition: str, after: str) -> Iterator[list[Entity]]:
    while page := table.query(partition, PAGE_SIZE, after):
        yield page
        after = page[-1].key


def _remove(table: TableStore, partition: str, entities: Iterator[Entity]) -> int:
    removed = 0
    for entity in entities:
        table.remove(partition, entity.key)
        removed += 1
        if removed == MAX_REMOVED:
            break
    return removed
