"""The connection to the backend: its route through a proxy, its certificates, its time limits."""

import http.client
import os
import ssl
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy, should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from pi_uploader.client.deadlines import Deadlines
from pi_uploader.settings import SettingsError

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 30.0  # without a byte in either direction
BLOCK_SIZE = 512 * 1024  # bytes that are read from a photo at once
PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # which curl and requests know, too
_TIMEOUT = Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS)
_DEFAULT_PORTS = {"https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}

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
    return bool(context.cert_store_stats()["x509_ca"]) or (
        folder is not None and any(Path(folder).glob("*.0"))
    )


# --- the adapter


class Adapter(HTTPAdapter):
    """What `requests` sends with: it keeps up to `connections` of them open, with one TLS context,
    and has `deadlines` close those whose request takes too long.

    The context is made once: `requests` by itself reads the CA bundle again for each connection,
    which costs a Pi more than the photo does. Adapters share it by `context`. Raises SettingsError
    as `tls_context` does.
    """

    def __init__(
        self,
        route: Route,
        connections: int,
        deadlines: Deadlines,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.context = context or tls_context()
        self._route = route
        self._pool_settings: dict[str, Any] = {
            "ssl_context": self.context,
            "blocksize": BLOCK_SIZE,
        }
        self._pools = _pools(deadlines)
        self._pool: ConnectionPool | None = None
        self._targets: dict[str | None, str] = {}  # of request lines, by URL
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs | self._pool_settings)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Give connections through a proxy the same TLS context and the same deadlines."""
        manager = super().proxy_manager_for(proxy, **kwargs, **self._pool_settings)
        if not proxy.startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """Return the pool of the backend's connections. It is looked up once: there is one host."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what the request line names. It is worked out once for each URL."""
        if (target := self._targets.get(request.url)) is None:
            target = self._targets[request.url] = super().request_url(request, proxies)
        return target

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Any:
        """Return urllib3's response as it is: its status, headers and body are all that is read, no
        cookies and no text."""
        return resp

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies, and there is no other bundle to read."""

    def respond(self, request: requests.PreparedRequest) -> BaseHTTPResponse:
        """Send a request, and return the response once its headers have come. A redirect is not
        followed. Raises as `requests` does.

        A session would do the same with more work: it has nothing to add, such as cookies.
        """
        timeout: Any = _TIMEOUT  # which the types of `requests` do not know
        response = self.send(request, stream=True, timeout=timeout, proxies=self._route.proxies)
        return cast(BaseHTTPResponse, response)


def _pools(deadlines: Deadlines) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools, with connections that `deadlines` closes."""

    class Connection(HTTPConnection):
        # That of urllib3 looks for headers to be skipped, of which there are none.
        putheader = http.client.HTTPConnection.putheader

        def connect(self) -> None:
            deadlines.register(self)  # a proxy may take its time with its response
            super().connect()
            self.sock.settimeout(READ_TIMEOUT_SECONDS)  # not the time that it had to connect

        def send(self, data: Any) -> None:
            """Send bytes. Each part that the system takes has READ_TIMEOUT_SECONDS; `sendall` would
            have as long for the whole block, which a slow line needs longer for."""
            if self.sock is None:
                self.connect()
            rest = memoryview(data)
            while rest:
                rest = rest[self.sock.send(rest) :]

        def getresponse(self) -> Any:
            deadlines.register(self)  # also one that was open already
            return super().getresponse()

        def putrequest(self, *args: Any, **kwargs: Any) -> None:
            deadlines.register(self)
            if (
                self.sock is not None
            ):  # an open connection, to which urllib3 gave the time to connect
                self.sock.settimeout(READ_TIMEOUT_SECONDS)
            super().putrequest(*args, **kwargs)

    class SecureConnection(Connection, HTTPSConnection):
        pass

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}
