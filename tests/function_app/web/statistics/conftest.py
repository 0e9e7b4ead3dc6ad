"""Services in memory, and a clock that stands still: pages have days, hours, and how long ago."""

from datetime import UTC, datetime

import pytest

from function_app.services import Services
from function_app.settings import Settings
from tests.support.memory_store import memory_services
from tests.support.stopped_clock import stop_clock

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is NOW."""
    stop_clock(monkeypatch, NOW)


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))
