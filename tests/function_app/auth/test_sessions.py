"""Device cookies: how many are valid, and for how long."""

from datetime import UTC, datetime, timedelta

from function_app.auth import sessions
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_a_limited_number_of_devices_is_known_for_a_year() -> None:
    """A new one replaces the oldest; those of another user are separate."""
    rows, moments = (
        MemoryTable(),
        [NOW + timedelta(minutes=n) for n in range(sessions.MAX_DEVICE_COOKIES + 1)],
    )
    known = [sessions.remember_device(rows, "owner", moment) for moment in moments]
    found = [sessions.find_device(rows, "owner", value, moments[-1]) for value in known]
    assert found[0] is None
    assert len(set(found[1:])) == sessions.MAX_DEVICE_COOKIES
    assert None not in found[1:]
    assert sessions.find_device(rows, "vera", known[-1], NOW) is None
    expired_at = moments[-1] + sessions.DEVICE_COOKIE_TTL
    assert sessions.find_device(rows, "owner", known[-1], expired_at) is None
    sessions.remember_device(rows, "owner", expired_at)
    assert len(rows.kept) == 1
