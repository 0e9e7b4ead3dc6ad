"""Parsers of settings: from the text that a person writes to the value.

A parser gets a text that is not empty. It raises ValueError: without a message if the text is just
not what is expected, else with the reason, as it follows the value: "has a user name in it".
"""

import errno
import ipaddress
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from photo_wire.errors import quoted

MAX_UPLOADS = 16
MAX_SITE = 64  # characters of a site's name
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)([smhd])")
_URL_WITHOUT_SECRETS = re.compile(r"https?://[^?#@]*")


class RelativePathError(ValueError):
    """A path is relative, and nothing says to what."""


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser that accepts one of these texts."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError
        return text

    return parse


def switch(text: str) -> bool:
    """Return True for `on`, False for `off`."""
    return one_of("on", "off")(text) == "on"


def is_trusted(text: str) -> bool:
    """Return True for `trusted`: the clock is right from the start. False for `ntp`."""
    return one_of("ntp", "trusted")(text) == "trusted"


def number(text: str, most: int, least: int = 0) -> int:
    """Return a whole number from `least` to `most`."""
    if not re.fullmatch(f"[0-9]{{1,{len(str(most))}}}", text) or not least <= int(text) <= most:
        raise ValueError
    return int(text)


def uploads(text: str) -> int:
    """Return how many photos may be uploaded at once."""
    return number(text, MAX_UPLOADS, least=1)


def duration(text: str) -> float:
    """Return the seconds of `90s`, `2.5m`, `1h` or `1d`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError
    return float(match[1]) * _SECONDS[match[2]]


def interval(text: str) -> float | None:
    """Return the seconds of a duration above 0; None for `off`."""
    if text == "off":
        return None
    seconds = duration(text)
    if not seconds:
        raise ValueError
    return seconds


def heartbeat_interval(text: str) -> float | None:
    """Return the seconds of a duration from 1m to 1h; None for `off`."""
    return _between(text, 60.0, 3600.0)


def poll_interval(text: str) -> float | None:
    """Return the seconds of a duration from 5s to 10m; None for `off`."""
    return _between(text, 5.0, 600.0)


def _between(text: str, least: float, most: float) -> float | None:
    seconds = interval(text)
    if seconds is not None and not least <= seconds <= most:
        raise ValueError
    return seconds


def megabytes(text: str) -> int | None:
    """Return the bytes of whole megabytes (10^6); None for `off`."""
    return None if text == "off" else number(text, 9_999_999) * 1_000_000


def reserve(text: str) -> int:
    """Return the bytes of whole megabytes; 0 for `off`."""
    return megabytes(text) or 0


def kilobits(text: str) -> float | None:
    """Return bytes per second, from kilobits (10^3 bits) per second; None for `off`."""
    return None if text == "off" else number(text, 9_999_999, least=1) * 1000 / 8


def path(text: str) -> Path:
    """Return an absolute path; `~` is the home. It need not exist."""
    try:
        whole = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins in a home folder that is not known") from None
    if not whole.is_absolute():
        raise RelativePathError("is not an absolute path")
    return whole


def folder(text: str) -> Path:
    """Return the absolute path of a folder, which need not exist."""
    whole = path(text)
    try:
        is_folder = stat.S_ISDIR(whole.stat().st_mode)
    except FileNotFoundError:
        return whole
    except NotADirectoryError:
        raise ValueError("lies in a file: choose another folder") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ValueError("has too long a name: choose a shorter one") from None
        return whole  # who uses the folder reports what the disk says
    if not is_folder:
        raise ValueError("is a file: choose another folder, or move the file away")
    return whole


def zone(text: str) -> ZoneInfo | None:
    """Return a time zone by its name; None for `local`, the system's (system_zone.py)."""
    if text == "local":
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone that this system knows") from None


def printable(text: str) -> str:
    """Return a text of one line."""
    if not text.isprintable():
        raise ValueError("has a line break or another control character in it")
    return text


def site(text: str) -> str:
    """Return the name of a place."""
    if len(text) > MAX_SITE:
        raise ValueError(f"has {len(text)} characters")
    return printable(text)


class Address(NamedTuple):
    """An IP address or a host name, and a port."""

    host: str
    port: int


def address_and_port(text: str) -> Address | None:
    """Return the parts of `192.168.1.20:8080` or `[::]:8080`; None for `off`."""
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    if ":" in host and not re.fullmatch(r"\[.*\]", host):
        raise ValueError("has an IPv6 address that is not in brackets, as in [::]:8080")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise ValueError from None
    return Address(str(address), number(port, 65535, least=1))


def host_and_port(text: str) -> Address | None:
    """Return the parts of `broker.local`, `192.168.1.5:8883` or `[fd00::5]:8883`, the port 1883 if
    there is none; None for `off`."""
    if text == "off":
        return None
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", text)
    if match is None or "://" in text:
        raise ValueError
    host = match[1].lower()
    if host.startswith("["):
        try:
            host = str(ipaddress.IPv6Address(host.strip("[]")))
        except ValueError:
            raise ValueError from None
    else:
        (host,) = host_names(host)
    return Address(host, number(match[2] or "1883", 65535, least=1))


def topic_prefix(text: str) -> str:
    """Return the first levels of MQTT topics."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,4}", text):
        raise ValueError
    return text


def host_names(text: str) -> tuple[str, ...]:
    """Return the names in a list, in lower case."""
    names = tuple(one.strip().lower() for one in text.split(","))
    if not all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", one) for one in names):
        raise ValueError
    return names


def url_of(text: str, *schemes: str) -> SplitResult:
    """Return the parts of a URL with one of these schemes and a host."""
    if not text.isprintable() or " " in text:  # urlsplit would quietly drop line breaks
        raise ValueError("has a space or a line break in it")
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if url.scheme not in schemes and f"{url.scheme}://" in text.lower():
        raise ValueError(f"begins with {quoted(f'{url.scheme}://')}")
    if url.scheme not in schemes or not host:
        raise ValueError
    return url


def base_url(text: str) -> str:
    """Return scheme, host and port of the backend, without a slash at the end."""
    url = url_of(text, "http", "https")
    if "@" in url.netloc:
        raise ValueError("has a user name in it")
    if url.path not in ("", "/") or "?" in text or "#" in text:
        raise ValueError("has more after the host")
    return f"{url.scheme}://{url.netloc}"


def redact_url(text: str) -> str | None:
    """Return a URL that holds no secret; None for others. People paste the one with the key."""
    return text if _URL_WITHOUT_SECRETS.fullmatch(text) else None


def is_unencrypted(base_url: str) -> bool:
    """Return whether others could read what is sent to this URL: plain HTTP to another machine."""
    parts = urlsplit(base_url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


def function_key(text: str) -> str:
    """Return a function key that an HTTP header can carry."""
    if text != text.strip():
        raise ValueError("has white space around it")
    if not (text.isascii() and text.isprintable()):
        raise ValueError("has a character in it that no key has")
    return text
