"""The connection to the backend: its route through a proxy, its certificates, its time limits."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy, should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pi_uploader.settings import SettingsError

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 30.0  # without a byte in either direction
BLOCK_SIZE = 64 * 1024  # bytes per write
PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # which curl and requests know, too
_DEFAULT_PORTS = {"https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}

_this_thread = threading.local()


# --- the route


@dataclass(frozen=True)
class Route:
    """Where the connection goes: to `host` and `port` of the backend, or of a proxy.

    `proxies` is what `requests` expects; it may hold a password.
    """

    host: str
    port: int
    is_proxy: bool = False
    proxies: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{'the proxy ' if self.is_proxy else ''}{self.host}, port {self.port}"


def route_to(base_url: str) -> Route:
    """Return the route to the backend. HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name proxies; NO_PROXY
    lists names, addresses and networks (192.168.1.0/24) that are reached without one.

    Raises SettingsError for a SOCKS proxy if PySocks is missing, and for an invalid proxy URL.
    """
    proxies = {} if should_bypass_proxies(base_url, None) else getproxies()
    proxy = select_proxy(base_url, proxies)
    if not proxy:
        return _parse_route(base_url)
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        route = _parse_route(url)
    except ValueError:  # not shown: it may hold a password
        raise SettingsError([f"{PROXY_VARIABLES}: one of them is not the URL of a proxy"]) from None
    if url.startswith("socks") and not find_spec("socks"):
        raise SettingsError(
            [
                f"{PROXY_VARIABLES}: {route.host} is a SOCKS proxy, for which "
                "PySocks is missing; expected: pip install PySocks (on a Pi: sudo "
                "/opt/pi-uploader/bin/pip install PySocks), or the backend's host in NO_PROXY"
            ]
        )
    return Route(route.host, route.port, is_proxy=True, proxies=proxies)


def _parse_route(url: str) -> Route:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError
    return Route(parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme, 80))


# --- certificates


def tls_context() -> ssl.SSLContext:
    """Return a TLS context that verifies certificates. It trusts the file or folder that
    REQUESTS_CA_BUNDLE names; else the system's store, with private authorities in it; else
    certifi's authorities, if the system has no store.

    Raises SettingsError if the file or folder cannot be used.
    """
    for variable in CA_VARIABLES:
        if path := os.environ.get(variable):
            return _context_for(variable, Path(path))
    context = ssl.create_default_context()
    if not _has_authorities(context):
        context.load_verify_locations(certifi.where())
    return context


def _context_for(variable: str, path: Path) -> ssl.SSLContext:
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except OSError as error:  # SSLError is one
        raise SettingsError(
            [
                f"{variable}: {path} cannot be used: {error.strerror or error}; expected a PEM "
                "file with certificates, or a folder of them that c_rehash has seen"
            ]
        ) from None


def _has_authorities(context: ssl.SSLContext) -> bool:
    """Return whether the system has a store. OpenSSL reads those in its folder on demand."""
    folder = ssl.get_default_verify_paths().capath
    return bool(context.get_ca_certs()) or (folder is not None and any(Path(folder).glob("*.0")))


# --- the session


def open_session(route: Route, connections: int = 1) -> requests.Session:
    """Return a session that keeps up to `connections` connections open, with one TLS context.

    The context is made once: `requests` by itself reads the CA bundle again for each connection,
    which costs a Pi more than the photo does. Raises SettingsError as `tls_context` does.
    """
    session = requests.Session()
    session.proxies = dict(route.proxies)
    session.trust_env = False
    adapter = _SharedContextAdapter(pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@contextmanager
def deadline(seconds: float) -> Iterator[threading.Event]:
    """Close the connection of this thread's request after `seconds`, whatever it is doing.

    `requests` only has a time limit on silence, which a server that sends one byte a second never
    reaches. The event that is yielded is set if the request has timed out.
    """
    timed_out = threading.Event()
    connections: list[HTTPConnection] = []

    def close() -> None:
        timed_out.set()
        for connection in connections:
            if connection.sock is not None:
                with suppress(OSError):  # the plain shutdown: the one of TLS is not thread-safe
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, close)
    timer.daemon = True
    timer.start()
    _this_thread.connections = connections
    try:
        yield timed_out
    finally:
        _this_thread.connections = None
        timer.cancel()


def _register(connection: HTTPConnection) -> None:
    """Have `deadline` close this connection, if one is set in this thread."""
    connections = getattr(_this_thread, "connections", None)
    if connections is not None:
        connections.append(connection)


class _Connection(HTTPConnection):
    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _register(self)
        super().putrequest(*args, **kwargs)


class _SecureConnection(HTTPSConnection):
    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _register(self)
        super().putrequest(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _SharedContextAdapter(HTTPAdapter):
    def __init__(self, pool_maxsize: int) -> None:
        self._pool_settings: dict[str, Any] = {
            "ssl_context": tls_context(),
            "blocksize": BLOCK_SIZE,
        }
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs | self._pool_settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Give connections through a proxy the same TLS context and the same deadline."""
        manager = super().proxy_manager_for(proxy, **kwargs, **self._pool_settings)
        if not proxy.startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies, and there is no other bundle to read."""
