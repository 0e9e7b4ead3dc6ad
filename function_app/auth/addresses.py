"""Addresses of callers, and whose they are."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

SUBSCRIBER = 64  # bits of an IPv6 address that a provider gives; the others its owner makes up


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, without a port, a zone, or brackets; an IPv4 address also where it is written as
    an IPv6 one (::ffff:192.0.2.1, RFC 4291). None for anything else."""
    for one in (text, text.rpartition(":")[0]):
        try:
            parsed = ip_address(one.strip("[]").partition("%")[0])
        except ValueError:
            continue
        return (parsed.ipv4_mapped if parsed.version == 6 else None) or parsed
    return None


def subscriber_of(address: str) -> str:
    """What all addresses have in common that one stranger can easily have: the address itself, or
    an IPv6 address's network of 64 bits (RFC 6177 gives a home at least that)."""
    parsed = parse_address(address)
    if parsed is None:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network((int(parsed), SUBSCRIBER), strict=False))
