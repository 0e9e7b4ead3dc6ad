"""Whose wrong passwords are counted together: those of one address, or of one IPv6 network."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.auth import login_throttle
from function_app.auth.client_address import client_address, subscriber_of
from function_app.problems import HTTPProblemError
from tests.function_app.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOME = "2001:db8:1:2"


def wrong(rows: MemoryTable, account: int, address: str) -> None:
    """A wrong password, each for another account. Raises HTTPProblemError if it came too early."""
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
def test_a_stranger_with_many_addresses_has_no_more_tries(addresses: list[str]) -> None:
    """Twenty-one, each for another person, and then the next waits, whichever of the addresses it
    comes from. What the stranger gets right in between, for an account of their own, changes
    nothing."""
    rows, free = MemoryTable(), login_throttle.LIMITS["address"].free_failures
    for number in range(free + 1):
        wrong(rows, number, addresses[number % len(addresses)])
        right = login_throttle.stranger("the-stranger", addresses[0])
        if number < free - 1:
            login_throttle.count_attempt(rows, right, NOW)
            login_throttle.record_success(rows, right, NOW)
    with pytest.raises(HTTPProblemError, match="this address"):
        wrong(rows, 99, addresses[6])
    wrong(rows, 99, "2001:db8:1:3::1")
    wrong(rows, 99, "192.0.2.2")


@pytest.mark.parametrize(
    ("said", "whose"),
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
def test_ports_brackets_and_zones_make_nobody_else(said: str, whose: str) -> None:
    """However the front end writes an address."""
    assert subscriber_of(client_address({"X-Forwarded-For": said}, 1)) == whose


@pytest.mark.parametrize(
    ("proxies", "address"),
    [(0, ""), (1, "192.0.2.3"), (2, "192.0.2.2"), (3, "192.0.2.1"), (4, "192.0.2.1")],
)
def test_an_address_counts_only_from_proxies_that_may_be_believed(
    proxies: int, address: str
) -> None:
    """Without one, whoever calls could say who they are."""
    said = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2:99,192.0.2.3:50123"}
    assert client_address(said, proxies) == address
    assert client_address({}, proxies) == ""


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_the_first_64_bits_say_whose_an_address_is(one: int, other: int, home: int) -> None:
    """Of every IPv6 address that is no IPv4 one in another dress."""
    network = home or 1
    first, second = (
        ":".join(f"{(network << 64 | tail) >> 16 * n & 0xFFFF:x}" for n in reversed(range(8)))
        for tail in (one, other)
    )
    assert subscriber_of(first) == subscriber_of(second)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_ipv4_addresses_are_different_people_s(one: object, other: object) -> None:
    assert (subscriber_of(str(one)) == subscriber_of(str(other))) is (one == other)
