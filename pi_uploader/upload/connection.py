"""The HTTP session that the upload process keeps, and how long a request of it may take."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_this_thread = threading.local()


def open_session(base_url: str, connections: int = 1) -> requests.Session:
    """A session that keeps up to so many connections to `base_url` open, with one TLS context.

    The context is made once: `requests` alone reads the CA bundle again for each connection, which
    costs a Pi more than the photo. REQUESTS_CA_BUNDLE names another bundle, as usual. Proxies are
    looked up once, NO_PROXY included.
    """
    session = requests.Session()
    host = urlsplit(base_url).hostname or ""
    session.proxies = {} if proxy_bypass(host) else getproxies()
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


class _OneContext(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
        kwargs["ssl_context"] = ssl.create_default_context(cafile=bundle)
        kwargs["blocksize"] = 64 * 1024
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the connection as it is: the context verifies, and names no bundle to read."""
