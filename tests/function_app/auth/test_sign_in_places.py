"""Which sign-ins are from a new place."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import sign_in_places
from function_app.auth.sign_in_places import (
    MAX_PLACES,
    REMEMBERED_FOR,
    browser_family,
    system_family,
)
from function_app.storage.account_keys import PLACES
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOME, WORK = "192.0.2.0/24", "2001:db8:1::/48"


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def is_new(table: MemoryTable, network: str, browser: str, now: datetime = NOW) -> bool:
    """Return whether a sign-in is from a new place, and remember it."""
    found = sign_in_places.is_new(table, "anna", network, browser, now)
    sign_in_places.note(table, "anna", network, browser, now)
    return found


def test_the_first_sign_in_is_from_no_new_place(table: MemoryTable) -> None:
    assert not is_new(table, HOME, "Firefox")
    assert not is_new(table, HOME, "Firefox")


def test_another_network_or_browser_is_new_once(table: MemoryTable) -> None:
    is_new(table, HOME, "Firefox")
    assert is_new(table, WORK, "Firefox")
    assert is_new(table, HOME, "Chrome")
    assert not is_new(table, WORK, "Chrome")
    assert not sign_in_places.is_new(table, "ben", "198.51.100.0/24", "Chrome", NOW)


def test_a_place_is_new_again_after_90_days(table: MemoryTable) -> None:
    is_new(table, HOME, "Firefox")
    is_new(table, WORK, "Firefox", NOW + REMEMBERED_FOR / 2)
    assert is_new(table, HOME, "Firefox", NOW + REMEMBERED_FOR + timedelta(seconds=1))


def test_a_row_is_bounded(table: MemoryTable) -> None:
    for number in range(MAX_PLACES + 20):
        is_new(table, f"10.0.{number}.0/24", "Firefox", NOW + timedelta(seconds=number))
    row = table.get(PLACES, "anna")
    assert row
    assert row.properties["places"].count("Firefox") == MAX_PLACES
    assert is_new(table, "10.0.0.0/24", "Firefox", NOW + timedelta(minutes=5))


def test_a_damaged_row_counts_as_none(table: MemoryTable) -> None:
    table.upsert(PLACES, "anna", {"places": "[1]"})
    assert not is_new(table, HOME, "Firefox")
    assert is_new(table, WORK, "Firefox")


def test_a_person_is_forgotten(table: MemoryTable) -> None:
    is_new(table, HOME, "Firefox")
    sign_in_places.forget(table, "anna")
    assert not is_new(table, WORK, "Chrome")


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
        ("Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/18.0 Safari/604.1", "Safari"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 CriOS/140.0 Safari/604.1", "Chrome"),
        ("Mozilla/5.0 SamsungBrowser/28.0 Chrome/130.0 Safari/537.36", "Samsung Internet"),
        ("curl/8.0", "another program"),
        ("", "another program"),
    ],
)
def test_the_family_of_a_browser(user_agent: str, family: str) -> None:
    assert browser_family(user_agent) == family


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Linux"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0", "Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Edg/140.0", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605", "macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "iOS"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0.0.0", "ChromeOS"),
        ("curl/8.0", ""),
    ],
)
def test_the_family_of_a_system(user_agent: str, family: str) -> None:
    assert system_family(user_agent) == family
