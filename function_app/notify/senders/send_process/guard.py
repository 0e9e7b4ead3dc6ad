"""Let this process connect to public addresses and to the private networks of the setting alone,
and neither start programs nor read files.

An audit hook (sys.addaudithook) sees what Python's own functions are about to do, with the address
to which a socket is connected: after names were resolved, so that an answer of DNS that changes
between a check and the connection changes nothing. A hook cannot be removed.
"""

import ipaddress
import os
import sys
from collections.abc import Sequence

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
# Public by its number, but the platform's own on every machine of Azure (DNS, agents).
AZURE_PLATFORM = ipaddress.ip_address("168.63.129.16")
_NOT_PUBLIC = (  # although ipaddress of Python 3.11.7 has them as global
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
)
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_TUNNELS = (  # IPv6 addresses that contain an IPv4 address: Teredo and others, 6to4
    ipaddress.ip_network("2001::/23"),
    ipaddress.ip_network("2002::/16"),
)
_PROGRAMS = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork")
) | {"os.forkpty", "pty.spawn", "os.startfile"}
_FILES = frozenset(
    ("os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate")
) | {"shutil.rmtree", "shutil.copyfile", "shutil.move", "tempfile.mkstemp", "tempfile.mkdtemp"}
_READABLE: tuple[str, ...] = (
    "/etc/ssl",
    "/etc/pki",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/mime.types",
)
_READABLE += ("/usr/share/zoneinfo", "/dev/null", "/dev/urandom", os.__file__.rpartition("/")[0])
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class BlockedError(PermissionError):
    """What was about to be done is not allowed in this process."""


class PlainTextError(BlockedError):
    """What was about to be sent to a public address would not be encrypted."""


def is_listed(host: str, networks: Sequence[IPNetwork]) -> bool:
    """Return whether a host is an IP address in one of these networks, or `localhost` where they
    have this machine."""
    address = _parse("127.0.0.1" if host == "localhost" else host)
    return address is not None and any(address in one for one in networks)


def is_allowed(host: str, networks: Sequence[IPNetwork]) -> bool:
    """Return whether a connection to this IP address is allowed: a public one, or one of these
    networks. False for what is no IP address."""
    address = _parse(host)
    if address is None:
        return False
    if any(address in one for one in networks):
        return True
    if isinstance(address, ipaddress.IPv6Address) and (
        address not in _PUBLIC_IPV6 or any(address in one for one in _TUNNELS)
    ):
        return False
    if any(address in one for one in _NOT_PUBLIC) or address == AZURE_PLATFORM:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parse(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address to which a connection really leads; None for what is no address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


class Guard:
    """The audit hook. `networks` are the private ones that may be reached. `blocked` is what it has
    refused since it was reset: the IP address of a connection, or "" for another way out."""

    def __init__(self, networks: Sequence[IPNetwork], readable: Sequence[str]) -> None:
        self.networks = networks
        roots = (os.path.realpath(one) for one in (*_READABLE, *readable) if one)
        self._readable = tuple(root for root in roots if root != "/")
        self.blocked: str | None = None

    def install(self) -> None:
        """Watch this process until its end."""
        sys.addaudithook(self._check)

    def _check(self, event: str, args: tuple[object, ...]) -> None:
        if event.startswith("socket."):
            self._check_socket(event.removeprefix("socket."), args)
        elif event == "open":
            self._check_file(*args)
        elif event in _PROGRAMS or event in _FILES or event.startswith("syslog."):
            raise BlockedError(event)

    def _check_socket(self, call: str, args: tuple[object, ...]) -> None:
        if call == "connect":
            address = args[1]  # of IPv4 and IPv6: host, port and more; a path for a Unix socket
            host = address[0] if isinstance(address, tuple) and address else ""
            if not isinstance(host, str) or not is_allowed(host, self.networks):
                self.blocked = host if isinstance(host, str) and _parse(host) else ""
                raise BlockedError("the address is not public")
        elif call == "sendto" or (call == "sendmsg" and args[1] is not None):
            self.blocked = ""
            raise BlockedError(call)

    def _check_file(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(path, int):
            return
        if isinstance(flags, int) and flags & _WRITES and path != "/dev/null":
            raise BlockedError("writes a file")
        real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        if not any(real == root or real.startswith(f"{root}/") for root in self._readable):
            raise BlockedError("reads a file")
