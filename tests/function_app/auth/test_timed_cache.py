"""What was read is used for a minute, and memory is bounded."""

from datetime import UTC, datetime

import pytest

from function_app.auth import timed_cache
from function_app.auth.timed_cache import CACHE_TIME, TimedCache

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


def test_a_value_is_fresh_for_a_minute() -> None:
    """Also that nothing is stored. A clock that was set back makes it stale, too."""
    cache: TimedCache[str] = TimedCache()
    assert cache.get("gate", NOW) is None
    for value in ("device", None):
        cache.put("gate", value, NOW)
        assert cache.get("gate", NOW) == cache.get("gate", NOW + CACHE_TIME * 0.99) == (value,)
        assert cache.get("gate", NOW + CACHE_TIME) is None
        assert cache.get("gate", NOW - CACHE_TIME) is None
    cache.forget("gate")
    assert cache.get("gate", NOW) is None


def test_what_strangers_invent_is_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_cache, "MAX_CACHED", 8)
    cache: TimedCache[str] = TimedCache()
    for number in range(100):
        cache.put(f"cam-{number}", None, NOW)
        assert cache.get(f"cam-{number}", NOW) == (None,)
    assert sum(cache.get(f"cam-{number}", NOW) is not None for number in range(100)) <= 8
