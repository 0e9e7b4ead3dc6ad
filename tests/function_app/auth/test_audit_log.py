"""The audit log in its table: what an entry has, and in which order entries are read."""

from datetime import UTC, datetime, timedelta

from function_app.auth.audit_log import FAILED_SIGN_IN, AuditLog, is_failed_sign_in
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_LOG
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FORWARDED = {"X-Forwarded-For": "198.51.100.7, 203.0.113.77"}


def test_an_entry_is_read_as_it_was_recorded(empty: Services) -> None:
    empty.audit_log.record({}, "vera", "saw", "gate", now=NOW)
    (entry,) = empty.audit_log.newest(10, "")
    assert (entry.at, entry.actor, entry.action, entry.target) == (NOW, "vera", "saw", "gate")


def test_the_persisted_words_stay() -> None:
    table = MemoryTable()
    AuditLog(table).record({}, "vera", "saw", "gate", NOW)
    (row,) = table.query(AUDIT_LOG, 10)
    assert AUDIT_LOG == "accesses"
    assert {**row.properties, "network": ""} == {
        "at": "2026-11-21T09:30:00.000Z",
        "who": "vera",
        "what": "saw",
        "which": "gate",
        "network": "",
    }


def test_the_newest_entry_is_first_and_a_page_begins_after_a_key(empty: Services) -> None:
    for minutes in (1, 0, 2):
        empty.audit_log.record({}, "vera", "saw", str(minutes), NOW + timedelta(minutes=minutes))
    newest, second = empty.audit_log.newest(2, "")
    assert [newest.target, second.target] == ["2", "1"]
    assert [one.target for one in empty.audit_log.newest(2, second.key)] == ["0"]


def test_entries_of_one_moment_are_all_kept(empty: Services) -> None:
    for _ in range(3):
        empty.audit_log.record({}, "vera", "saw", now=NOW)
    assert len(empty.audit_log.newest(10, "")) == 3


def test_an_entry_has_the_network_that_a_trusted_proxy_names() -> None:
    """Not the address, and not one that the client made up."""
    log = AuditLog(MemoryTable(), trusted_proxies=1)
    log.record(FORWARDED, "vera", "saw", now=NOW)
    assert log.newest(1, "")[0].network == "203.0.113.0/24"


def test_failed_sign_ins_are_recognized() -> None:
    table = MemoryTable()
    log = AuditLog(table)
    log.record({}, "somebody", FAILED_SIGN_IN, now=NOW + timedelta(minutes=1))
    log.record({}, "vera", "signed in", now=NOW)
    assert [is_failed_sign_in(row) for row in table.query(AUDIT_LOG, 10)] == [True, False]
