"""Private networks, and the setting that lists which of them may be reached."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

LOOPBACK = "loopback"  # the word of the setting
IPNetwork = IPv4Network | IPv6Network
LOOPBACK_NETWORKS: tuple[IPNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# Link-local addresses are not among them: clouds have the secrets of their machines there.
PRIVATE_NETWORKS: tuple[IPNetwork, ...] = (
    *LOOPBACK_NETWORKS,
    *map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),  # RFC 1918
    ip_network("100.64.0.0/10"),  # RFC 6598: of providers and VPNs
    ip_network("fc00::/7"),  # RFC 4193
)


def parse_networks(text: str) -> tuple[IPNetwork, ...]:
    """Return the networks in a list with commas, of addresses such as 192.168.1.20, networks such
    as 192.168.1.0/24, and the word `loopback`. Raises ValueError."""
    networks: list[IPNetwork] = []
    for item in text.lower().replace(",", " ").split():
        if item == LOOPBACK:
            networks += LOOPBACK_NETWORKS
            continue
        try:
            network = ip_network(item)
        except ValueError:
            raise _wrong() from None
        mask = item.partition("/")[2]
        is_wildcard = "." in mask and mask != str(network.netmask)  # ip_network takes 0.0.0.255
        if "%" in item or is_wildcard:
            raise _wrong()
        if not any(_contains(one, network) for one in PRIVATE_NETWORKS):
            raise _wrong()
        networks.append(network)
    return tuple(networks)


def is_loopback(address: str) -> bool:
    """Return whether an IP address is one of this machine."""
    return _is_in(address, LOOPBACK_NETWORKS)


def is_private(address: str) -> bool:
    """Return whether an IP address is one that the setting may list."""
    return _is_in(address, PRIVATE_NETWORKS)


def _is_in(text: str, networks: tuple[IPNetwork, ...]) -> bool:
    address = ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in one for one in networks)


def _contains(network: IPNetwork, other: IPNetwork) -> bool:
    return network.version == other.version and other.subnet_of(network)  # type: ignore[arg-type]


def _wrong() -> ValueError:
    return ValueError(
        "must be private addresses such as 192.168.1.20, networks such as 192.168.1.0/24, or "
        f"{LOOPBACK}, with commas between them"
    )
