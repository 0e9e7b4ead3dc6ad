"""How the host of an address may be written, and why it is refused."""

import ipaddress
import re
from collections.abc import Sequence
from contextlib import suppress

from function_app.notify.senders.send_process.guard import is_allowed, is_listed
from function_app.private_networks import IPNetwork, is_loopback, is_private
from function_app.settings import CHANNEL_NETWORKS, PUSH_HOSTS

MAX_NAME_LENGTH = 253  # RFC 1035, section 2.3.4, without the last full stop
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# What ends in a number is an IPv4 address to a resolver, in one of many spellings (0x7f.1).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Persisted with what was not sent.
LEADS_HERE = "the address leads to the machine of the app itself"
LEADS_INSIDE = "the address leads into a private network"
LEADS_NOWHERE = "the address leads to a place that is never reached"
UNKNOWN_PUSH_SERVICE = "the push service of this browser is not one of the known ones"
ODD_HOST = "the host of the address must be a name or an IP address in its usual form"
_ADVICE = {
    LEADS_HERE: f"the setting {CHANNEL_NETWORKS}=loopback of the app would allow it, for all "
    "people",
    LEADS_INSIDE: f"the setting {CHANNEL_NETWORKS} of the app would allow it, for all people: "
    "list the receiver's IP address there",
    UNKNOWN_PUSH_SERVICE: f"the setting {PUSH_HOSTS} of the app would add it",
}


def problem(host: str, networks: Sequence[IPNetwork]) -> str | None:
    """Return what is wrong with a host; None if nothing is, as far as it can be seen without
    looking the name up."""
    try:
        return refusal(normalize(host), networks)
    except ValueError:
        return ODD_HOST


def normalize(host: str) -> str:
    """Return a host as urllib3 sends it: in ASCII and lower case, without the full stop at the end
    of an absolute name. Raises ValueError for what is neither a name nor an IP address in its usual
    form."""
    if not host.isascii():
        import idna  # seldom needed

        host = idna.encode(host.lower(), strict=True, std3_rules=True).decode()
    host = host.lower().removesuffix(".")
    if "%" not in host:  # the zone of an IPv6 address, which is a matter of one machine
        with suppress(ValueError):
            return str(ipaddress.ip_address(host))
    labels = host.split(".")
    is_name = len(host) <= MAX_NAME_LENGTH and all(map(_LABEL.fullmatch, labels))
    if not is_name or _NUMBER.fullmatch(labels[-1]):
        raise ValueError("is no host")
    return host


def refusal(host: str, networks: Sequence[IPNetwork]) -> str | None:
    """Return why a host is not reached that is an IP address or this machine; None for others."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return None if is_listed("localhost", networks) else LEADS_HERE
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if is_allowed(host, networks) else why_refused(host)


def why_refused(address: str) -> str:
    """Return why an IP address is not reached."""
    if is_loopback(address):
        return LEADS_HERE
    return LEADS_INSIDE if is_private(address) else LEADS_NOWHERE


def advice_for_owner(why: str | None) -> str | None:
    """Return why something was refused with the setting that would allow it, if one would. That is
    for those who may change settings."""
    return f"{why}; {_ADVICE[why]}" if why in _ADVICE else why
