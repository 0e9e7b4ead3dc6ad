"""Cookies: a session's, and that of a browser in which somebody signed in before."""

from collections.abc import Mapping
from urllib.parse import urlsplit

SESSION = "nightjar_session"
BROWSER = "nightjar_browser"
PREFIX = "__Host-"  # with which a browser takes a cookie from this host alone, and over https
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def set_cookie(cookie: str, value: str, seconds: int, url: str) -> str:
    """A Set-Cookie header by which a browser keeps a cookie, or with 0 seconds forgets it."""
    name = _name(cookie, url)
    more = "; Secure" if name.startswith(PREFIX) else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{more}"


def read_cookie(headers: Mapping[str, str], cookie: str, url: str) -> str:
    """The cookie that came along with a request for `url`; "" if none did."""
    pairs = (part.strip().partition("=") for part in headers.get("Cookie", "").split(";"))
    return {name: value for name, _, value in pairs}.get(_name(cookie, url), "")


def _name(cookie: str, url: str) -> str:
    """The only name that counts there: without the prefix, it may be from any other host of the
    same domain. On one machine without https a browser would keep none with the prefix."""
    address = urlsplit(url)
    is_local = address.scheme == "http" and address.hostname in _LOOPBACK
    return cookie if is_local else PREFIX + cookie
