"""The cookies: a session's, the device cookie of a browser that has signed in, and one that proves
what a page of settings says was just done.

They are SameSite=Lax: a link in a message of another site opens a page for whoever signed in, and
nothing that changes anything works by GET (docs/decisions/0120-cookies-come-with-links.md).
"""

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

SESSION = "nightjar_session"
BROWSER = "nightjar_browser"
DONE = "nightjar_done"
# A browser accepts a cookie with this prefix only over https and with Secure. `__Host-` would also
# bind it to this host, but browsers reject that one with a Domain, and Azure's Python worker sends
# `domain=` with every cookie (azure-functions-python-worker issue 1902; its fix, pull request 1911,
# is open). Until that is fixed, another https host under the same registrable domain can set a
# cookie of this name, and so have a person act in a session that is not theirs. It can read
# nothing. This concerns custom domains only: azurewebsites.net is on the Public Suffix List.
SECURE_PREFIX = "__Secure-"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def set_cookie(cookie: str, value: str, seconds: int, url: str) -> str:
    """Return the value of a Set-Cookie header that makes a browser keep a cookie for `seconds`;
    0 deletes the cookie."""
    name = _name(cookie, url)
    jar = SimpleCookie({name: value})
    attributes: dict[str, Any] = {"path": "/", "max-age": seconds, "samesite": "Lax"}
    attributes |= {"httponly": True, "secure": name.startswith(SECURE_PREFIX)}
    jar[name].update(attributes)
    return jar[name].OutputString()


def read_cookie(headers: Mapping[str, str], cookie: str, url: str) -> str:
    """Return the cookie that came with a request for `url`; "" if none did.

    The header is split here, since SimpleCookie drops all cookies of a header in which one has an
    odd value: whoever can plant a cookie, on another host of the domain, could sign people out.
    """
    pairs = (part.strip().partition("=") for part in headers.get("Cookie", "").split(";"))
    return {name: value for name, _, value in pairs}.get(_name(cookie, url), "")


def _name(cookie: str, url: str) -> str:
    """Return the cookie's name at `url`: with the prefix, except on this machine by http, where a
    browser would reject the prefix."""
    address = urlsplit(url)
    is_local = address.scheme == "http" and address.hostname in _LOOPBACK
    return cookie if is_local else SECURE_PREFIX + cookie
