"""The network address of a client, and the network that it is counted and logged under."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

SUBSCRIBER_BITS = 64  # of an IPv6 address, assigned by the provider; a subscriber picks the rest
LOGGED_BITS_V4, LOGGED_BITS_V6 = 24, 48


def client_address(headers: Mapping[str, str], trusted_proxies: int) -> str:
    """Return the client's address from X-Forwarded-For; "" if no proxy is trusted.

    The last `trusted_proxies` entries were added by proxies that can be believed; the first of
    these is the client's address. Earlier entries may be forged. If there are fewer entries, the
    request came past a proxy, and the first entry is from the proxy that it did pass.
    """
    if trusted_proxies < 1:
        return ""
    entries = [entry.strip() for entry in headers.get("X-Forwarded-For", "").split(",")]
    address = entries[-trusted_proxies:][0]
    if address.startswith("["):
        return address.partition("]")[0].strip("[")
    return address.partition(":")[0] if address.count(":") == 1 else address


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address without a port, a zone, or brackets; None if the text is none. An IPv4
    address may be written as an IPv6 one (::ffff:192.0.2.1, RFC 4291)."""
    for candidate in (text, text.rpartition(":")[0]):
        try:
            parsed = ip_address(candidate.strip("[]").partition("%")[0])
        except ValueError:
            continue
        return (parsed.ipv4_mapped if parsed.version == 6 else None) or parsed
    return None


def subscriber_of(address: str) -> str:
    """Return what identifies the subscriber behind an address: an IPv4 address itself, or the
    network of 64 bits of an IPv6 address (RFC 6177 assigns a home at least that)."""
    parsed = parse_address(address)
    if parsed is None:
        return address
    if parsed.version == 4:
        return str(parsed)
    return _network(parsed, SUBSCRIBER_BITS)


def logged_network(address: str) -> str:
    """Return the network of an address as the audit log has it: no personal address is stored in
    full. "" if the text is no address."""
    parsed = parse_address(address)
    if parsed is None:
        return ""
    return _network(parsed, LOGGED_BITS_V4 if parsed.version == 4 else LOGGED_BITS_V6)


def _network(address: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network((int(address), bits), strict=False))
