"""The client's address, and the network that it is counted and logged under."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.auth import login_throttle
from function_app.auth.client_address import client_address, logged_network, subscriber_of
from function_app.problems import HTTPProblemError
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOME = "2001:db8:1:2"


def fail(rows: MemoryTable, account: int, address: str) -> None:
    """Count a wrong password for this account. Raises HTTPProblemError if it came too early."""
    login_throttle.count_attempt(rows, login_throttle.stranger(f"person-{account}", address), NOW)


@pytest.mark.parametrize(
    "addresses",
    [
        [f"{HOME}::{n:x}" for n in range(1, 8)],
        [f"{HOME}:{n:x}:{n:x}:{n:x}:{n:x}" for n in range(1, 8)],
        ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"] * 2,
    ],
    ids=["the last bits", "all 64 of them", "IPv4 as IPv6"],
)
def test_a_subscriber_with_many_addresses_has_no_more_attempts(addresses: list[str]) -> None:
    """Twenty-one for different accounts; then the next waits, whichever of the addresses it comes
    from. Signing in to an account of their own in between changes nothing."""
    rows, free = MemoryTable(), login_throttle.LIMITS["address"].free_failures
    for number in range(free + 1):
        fail(rows, number, addresses[number % len(addresses)])
        right = login_throttle.stranger("the-stranger", addresses[0])
        if number < free - 1:
            login_throttle.count_attempt(rows, right, NOW)
            login_throttle.record_success(rows, right, NOW)
    with pytest.raises(HTTPProblemError, match="this address"):
        fail(rows, 99, addresses[6])
    fail(rows, 99, "2001:db8:1:3::1")
    fail(rows, 99, "192.0.2.2")


@pytest.mark.parametrize(
    ("forwarded_for", "subscriber"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:51234", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:51234", "192.0.2.1"),
        ("::ffff:192.0.2.1:51234", "192.0.2.1"),
        (f"6.6.6.6, [{HOME}::9]:443", f"{HOME}::/64"),
        (f"[{HOME}::9]", f"{HOME}::/64"),
        (f"{HOME}::9:443", f"{HOME}::/64"),
        (f"{HOME}:9:9:9:9:443", f"{HOME}::/64"),
        (f"{HOME.upper()}::9", f"{HOME}::/64"),
        ("fe80::9%eth0", "fe80::/64"),
        ("[fe80::9%25eth0]:443", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_ports_brackets_and_zones_do_not_change_the_subscriber(
    forwarded_for: str, subscriber: str
) -> None:
    """However the front end writes an address."""
    assert subscriber_of(client_address({"X-Forwarded-For": forwarded_for}, 1)) == subscriber


@pytest.mark.parametrize(
    ("proxies", "address"),
    [(0, ""), (1, "192.0.2.3"), (2, "192.0.2.2"), (3, "192.0.2.1"), (4, "192.0.2.1")],
)
def test_only_addresses_added_by_trusted_proxies_count(proxies: int, address: str) -> None:
    """Without one, a client could claim any address."""
    headers = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2:99,192.0.2.3:50123"}
    assert client_address(headers, proxies) == address
    assert client_address({}, proxies) == ""


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_ipv6_subscriber_is_its_network_of_64_bits(one: int, other: int, home: int) -> None:
    """Of every IPv6 address that is not an IPv4 one written as IPv6."""
    network = home or 1
    first, second = (
        ":".join(f"{(network << 64 | tail) >> 16 * n & 0xFFFF:x}" for n in reversed(range(8)))
        for tail in (one, other)
    )
    assert subscriber_of(first) == subscriber_of(second)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_different_ipv4_addresses_are_different_subscribers(one: object, other: object) -> None:
    assert (subscriber_of(str(one)) == subscriber_of(str(other))) is (one == other)


@pytest.mark.parametrize(
    ("headers", "address", "network"),
    [
        ({}, "", ""),
        ({"X-Forwarded-For": "203.0.113.9:51234"}, "203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}, "203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "[2001:db8:1:2::3]:443"}, "2001:db8:1:2::3", "2001:db8:1::/48"),
        ({"X-Forwarded-For": "2001:db8:1:2::3"}, "2001:db8:1:2::3", "2001:db8:1::/48"),
        ({"X-Forwarded-For": "::ffff:203.0.113.9"}, "::ffff:203.0.113.9", "203.0.113.0/24"),
        ({"X-Forwarded-For": "unknown"}, "unknown", ""),
    ],
)
def test_the_address_is_from_the_front_end_and_not_logged_in_full(
    headers: dict[str, str], address: str, network: str
) -> None:
    assert client_address(headers, 1) == address
    assert logged_network(address) == network
