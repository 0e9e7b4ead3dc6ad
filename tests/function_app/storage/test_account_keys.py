"""The keys of the records about people are persisted: they stay as they are."""

from datetime import UTC, datetime

from function_app.storage import account_keys


def test_the_persisted_partitions_stay() -> None:
    assert account_keys.USERS == "people"
    assert account_keys.TOKENS == "tokens"
    assert account_keys.LINKS == "shares"
    assert account_keys.LOGIN_ATTEMPTS == "attempts"
    assert account_keys.AUDIT_LOG == "accesses"
    assert account_keys.sessions_of("vera") == "sessions~vera"
    assert account_keys.device_cookies_of("vera") == "browsers~vera"


def test_the_persisted_keys_stay() -> None:
    assert account_keys.link_key("0123456789abcdef" * 4) == "0123456789abcdef" * 2
    kept = "address~37fcff24bf62035b2b08020afc08b4fe"
    assert account_keys.attempt_key("address", "192.0.2.1") == kept
    assert account_keys.attempt_key("pair", "\udcff").startswith("pair~")


def test_the_newest_entry_of_the_audit_log_has_the_lowest_key() -> None:
    earlier, later = (datetime(2026, 11, 20, 8, minute, tzinfo=UTC) for minute in (0, 1))
    key = account_keys.audit_key(earlier, "0123abcd")
    assert key == "998204838399999~0123abcd"
    assert account_keys.AUDIT_KEY.fullmatch(key)
    assert account_keys.audit_tag(key) == "0123abcd"
    assert account_keys.audit_key(later, "ffffffff") < account_keys.audit_keys_from(earlier) < key
