"""What may be the address of a channel: the same check when it is made and each time before
something is sent.

It is for people, who get a reason. Where a name leads is decided when a connection is made
(send_process/guard.py), since it may have other addresses by then.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from function_app.notify.notification import Address
from function_app.notify.senders import hosts
from function_app.notify.senders.schemes import INSECURE, REFUSED, SECURE
from function_app.notify.senders.send_process.guard import is_listed
from function_app.private_networks import IPNetwork

MAX_LENGTH = 2048  # characters of an address
PUSH_HOSTS = (  # of Chrome, Firefox, Safari and Edge; ".x" are all names that end with it
    "fcm.googleapis.com",
    "jmt17.google.com",
    ".push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
)
P256_POINT_BYTES, AUTH_BYTES = 65, 16  # RFC 8291, sections 3.1 and 3.2
WEBHOOK_SECRET_BYTES = 24  # Standard Webhooks: 24 to 64


_NO_URL = "this is not an address such as https://example.org/path"


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What addresses may be: `networks` are private ones that may be reached, without TLS too;
    `push_hosts` are further push services, each as host or host:port."""

    networks: tuple[IPNetwork, ...] = ()
    push_hosts: tuple[str, ...] = ()


def address_problem(address: Address, rules: AddressRules) -> str | None:
    """Return what is wrong with an address, without the address; None if nothing."""
    text = address.text
    if not text:
        return "the address is empty"
    if len(text) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters"
    if not text.isprintable() or (" " in text and address.kind != "webpush"):
        return "the address has spaces or characters that cannot be printed"
    match address.kind:
        case "webpush":
            return _subscription_problem(text, rules)
        case "webhook":
            return _url_problem(text, rules)
        case "apprise":
            return _apprise_problem(text, rules)
    return "this kind of channel is unknown"


def new_webhook_secret() -> str:
    """Return a secret with which messages to a webhook are signed, as Standard Webhooks has it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(WEBHOOK_SECRET_BYTES)).decode()


def _subscription_problem(text: str, rules: AddressRules) -> str | None:
    try:
        subscription = json.loads(text)
        endpoint, keys = subscription["endpoint"], subscription["keys"]
        sizes = [len(_base64url(keys[name])) for name in ("p256dh", "auth")]
        is_clean = str.isprintable(endpoint) and " " not in endpoint
        parts = urlsplit(endpoint)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "this is not the push subscription of a browser"
    if sizes != [P256_POINT_BYTES, AUTH_BYTES]:
        return "the keys of the push subscription have the wrong length"
    if not is_clean:
        return "the push subscription has spaces or characters that cannot be printed"
    if problem := _url_problem(endpoint, rules):
        return problem
    if not _is_push_service(parts, rules.push_hosts):
        return hosts.UNKNOWN_PUSH_SERVICE
    return None


def _is_push_service(parts: SplitResult, more: tuple[str, ...]) -> bool:
    host = hosts.normalize(parts.hostname or "")
    if parts.netloc.lower() in more:
        return True
    is_known = any(
        host == one or (one.startswith(".") and host.endswith(one)) for one in (*PUSH_HOSTS, *more)
    )
    return is_known and parts.port in (None, 443)


def _url_problem(url: str, rules: AddressRules) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NO_URL
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return _NO_URL
    if "[" in parts.netloc and ":" not in host:  # RFC 3986 has more than IPv6 there
        return hosts.ODD_HOST
    if parts.username is not None or parts.password is not None:
        return "the address must not have a name or a password before the host"
    if problem := hosts.problem(host, rules.networks):
        return problem
    if parts.scheme == "http" and not is_listed(hosts.normalize(host), rules.networks):
        return "the address must begin with https://"
    return None


def _apprise_problem(text: str, rules: AddressRules) -> str | None:
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or not rest:
        return "this is not an address such as ntfys://topic; see the documentation of Apprise"
    if scheme in ("http", "https"):
        return "write the address as Apprise does, such as discord://, or make a webhook"
    if scheme in REFUSED:
        return f"addresses with {scheme}:// need the machine itself, or are not HTTPS"
    if scheme not in INSECURE | SECURE:
        return "the address begins with a service that Nightjar does not know"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:  # some have no host, but a key with characters that no host has
        return None if scheme in SECURE else _use_tls(scheme)
    if _has_host(scheme, parts):
        if problem := hosts.problem(host, rules.networks):
            return problem
        host = hosts.normalize(host)
    elif problem := hosts.refusal(host, rules.networks):  # else a topic, a key or a number
        return problem
    if is_listed(host, rules.networks):
        return None
    if scheme in INSECURE:
        return _use_tls(scheme)
    if scheme == "mailtos" and ("mode", "insecure") in parse_qsl(parts.query.lower()):
        return "the mail would not be encrypted; leave mode=insecure out"
    return None


def _use_tls(scheme: str) -> str:
    return f"use {scheme}s:// instead of {scheme}://, so that the message is encrypted"


def _has_host(scheme: str, parts: SplitResult) -> bool:
    """Return whether an address of Apprise names a host, as those of services do that people run
    themselves. ntfys://TOPIC is one of ntfy.sh."""
    if scheme in ("ntfy", "ntfys") and not parts.path.strip("/"):
        return False
    return scheme in INSECURE or scheme.removesuffix("s") in INSECURE


def _base64url(text: str) -> bytes:
    """Decode base64url without padding. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("is not base64url") from None
