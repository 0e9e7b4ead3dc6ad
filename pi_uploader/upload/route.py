"""The way to the backend: straight, or through the proxy that the environment names."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from requests.utils import select_proxy, should_bypass_proxies

from pi_uploader.settings import SettingsError

VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
PORTS = {"https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True)
class Route:
    """`host` and `port` are those to which the connection is made: the backend's or the proxy's.
    `proxies` is what `requests` wants; it may hold a password."""

    host: str
    port: int
    is_proxy: bool = False
    proxies: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{'the proxy ' if self.is_proxy else ''}{self.host}, port {self.port}"


def route_to(base_url: str) -> Route:
    """Return the way to the backend. HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name proxies, NO_PROXY
    names, addresses and networks (192.168.1.0/24) that are reached without.

    Raises SettingsError for a SOCKS proxy where PySocks is missing, and for what is no proxy's URL.
    """
    proxies = {} if should_bypass_proxies(base_url, None) else getproxies()
    proxy = select_proxy(base_url, proxies)
    if not proxy:
        return _route(base_url)
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        found = _route(url)
    except ValueError:  # not shown: it may hold a password
        raise SettingsError([f"{VARIABLES}: one of them is not the URL of a proxy"]) from None
    if url.startswith("socks") and not find_spec("socks"):
        raise SettingsError(
            [
                f"{VARIABLES}: {found.host} is a SOCKS proxy, for which "
                "PySocks is missing; expected: pip install PySocks (on a Pi: sudo "
                "/opt/pi-uploader/bin/pip install PySocks), or the backend's host in NO_PROXY"
            ]
        )
    return Route(found.host, found.port, is_proxy=True, proxies=proxies)


def _route(url: str) -> Route:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError
    return Route(parts.hostname, parts.port or PORTS.get(parts.scheme, 80))
