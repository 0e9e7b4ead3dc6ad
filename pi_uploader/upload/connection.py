"""The HTTP session that the upload process keeps, and how long a request of it may take."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pi_uploader.upload.route import Route
from pi_uploader.upload.trust import tls_context

BLOCK = 64 * 1024  # bytes that are sent at once

_this_thread = threading.local()


def open_session(route: Route, connections: int = 1) -> requests.Session:
    """A session that keeps up to so many connections open on this way, with one TLS context.

    The context is made once: `requests` alone reads the CA bundle again for each connection, which
    costs a Pi more than the photo. Raises SettingsError as `tls_context` does.
    """
    session = requests.Session()
    session.proxies = dict(route.proxies)
    session.trust_env = False
    adapter = _OneContext(pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@contextmanager
def deadline(seconds: float) -> Iterator[threading.Event]:
    """Cut the connection of this thread's request, wherever it stands, after so many seconds.

    A time-out of `requests` is one on silence: a server that drips one byte a second never reaches
    it. The event that is handed out tells whether the deadline struck.
    """
    struck = threading.Event()
    connections: list[HTTPConnection] = []

    def cut() -> None:
        struck.set()
        for connection in connections:
            if connection.sock is not None:
                with suppress(OSError):  # the plain shutdown: the one of TLS is not thread-safe
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    _this_thread.connections = connections
    try:
        yield struck
    finally:
        _this_thread.connections = None
        timer.cancel()


def _note(connection: HTTPConnection) -> None:
    connections = getattr(_this_thread, "connections", None)
    if connections is not None:
        connections.append(connection)


class _Connection(HTTPConnection):
    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _note(self)
        super().putrequest(*args, **kwargs)


class _SecureConnection(HTTPSConnection):
    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _note(self)
        super().putrequest(*args, **kwargs)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}


class _OneContext(HTTPAdapter):
    def __init__(self, pool_maxsize: int) -> None:
        self._pool_settings: dict[str, Any] = {"ssl_context": tls_context(), "blocksize": BLOCK}
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs | self._pool_settings)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Connections through a proxy have the same context and the same deadline."""
        manager = super().proxy_manager_for(proxy, **kwargs, **self._pool_settings)
        if not proxy.startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: the context verifies, and names no bundle to read."""
