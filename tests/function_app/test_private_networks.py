"""The setting that lists private networks."""

import ipaddress

import pytest

from function_app.private_networks import (
    LOOPBACK_NETWORKS,
    is_loopback,
    is_private,
    parse_networks,
)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        (" , ", []),
        ("loopback", ["127.0.0.0/8", "::1/128"]),
        ("Loopback,192.168.1.20", ["127.0.0.0/8", "::1/128", "192.168.1.20/32"]),
        ("10.0.0.0/8 fd00::/8", ["10.0.0.0/8", "fd00::/8"]),
        ("100.64.7.0/24", ["100.64.7.0/24"]),
        ("10.0.0.0/255.0.0.0", ["10.0.0.0/8"]),
        ("127.0.0.1", ["127.0.0.1/32"]),
    ],
)
def test_it_lists_addresses_networks_and_this_machine(text: str, networks: list[str]) -> None:
    assert parse_networks(text) == tuple(map(ipaddress.ip_network, networks))


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0/0", "::/0", "8.8.8.8", "192.0.0.0/2", "2000::/3", "all", "*", "localhost"),
        *("169.254.169.254", "169.254.0.0/16", "168.63.129.16", "fe80::/10", "224.0.0.1"),
        *("192.168.1.20/24", "192.168.1", "192.168.1.20:8123", "::", "::ffff:10.0.0.1"),
        *("fd00::1%eth0", "10.0.0.0/0.255.255.255", "192.168.1.0/0.0.0.255"),
    ],
)
def test_what_is_not_private_cannot_be_listed(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be private addresses such as 192\.168\.1\.20"):
        parse_networks(f"loopback,{text}")


def test_what_an_address_is() -> None:
    assert LOOPBACK_NETWORKS
    for address, loopback, private in (
        ("127.8.9.1", True, True),
        ("::ffff:127.0.0.1", True, True),
        ("::1", True, True),
        ("192.168.1.20", False, True),
        ("fdab::1", False, True),
        ("169.254.169.254", False, False),
        ("8.8.8.8", False, False),
    ):
        assert (is_loopback(address), is_private(address)) == (loopback, private)
