"""Connections to Queue Storage that stay open, each for one request at a time.

Sockets and http.client's parser take a quarter of the CPU that a thread, azure-core's pipeline and
requests take for a message (docs/decisions/0114-a-message-without-a-thread.md). Every error is one
of azure-core's, and none has the text of a request.
"""

import io
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from certifi import where

MAX_IDLE = 64  # connections; the worker's thread pool seldom runs more requests at once
# Azure's load balancer forgets a silent connection after four minutes, and says nothing.
MAX_IDLE_SECONDS = 60.0


class Reply(NamedTuple):
    """A whole response: its status, the service's code for a failure, its body, and the receipt
    that a message has after it was updated."""

    status: int
    error_code: str | None
    content: bytes
    receipt: str | None = None


class Connections:
    """Connections to the host of this address (http or https). Threads share them. To connect, to
    agree on TLS, and to receive a response may take `seconds` each."""

    def __init__(self, address: str, seconds: float) -> None:
        parts = urlsplit(address)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._is_tls = parts.scheme == "https"
        self._name = parts.netloc.rpartition("@")[2]
        self._seconds = seconds
        self._tls: ssl.SSLContext | None = None
        self._idle: deque[tuple[float, socket.socket]] = deque()  # since when; the newest last

    def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b""
    ) -> "SentRequest":
        """Send a request over an open connection, or over a new one. Raises ServiceRequestError if
        there is none, ServiceResponseError if it ends meanwhile."""
        connection = self._take() or self._connect()
        return self._send(connection, method, path, headers, content)

    def send_at_once(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b""
    ) -> "SentRequest | None":
        """Send a request that is small enough for the socket's buffer over an open connection,
        without waiting for anything. Return None if none is open. Raises ServiceResponseError if it
        ends meanwhile."""
        connection = self._take()
        return self._send(connection, method, path, headers, content) if connection else None

    def _send(
        self,
        connection: socket.socket,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes,
    ) -> "SentRequest":
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._name}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""])
        sent = SentRequest(connection, method, self._seconds, self._keep)
        try:
            connection.settimeout(self._seconds)
            connection.sendall(head.encode() + content)
        except OSError as error:
            sent.close()
            raise _failure(error) from None
        return sent

    def _connect(self) -> socket.socket:
        try:
            connection = socket.create_connection((self._host, self._port), self._seconds)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._wrap(connection) if self._is_tls else connection
        except OSError as error:
            raise ServiceRequestError(f"no connection: {type(error).__name__}") from None

    def _wrap(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:  # the certificates by which requests trusts the blobs
            self._tls = ssl.create_default_context(cafile=where())
        try:
            return self._tls.wrap_socket(connection, server_hostname=self._host)
        except OSError:
            connection.close()
            raise

    def _take(self) -> socket.socket | None:
        """Return the connection that was used last, if the other side has not closed it."""
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since < MAX_IDLE_SECONDS and not _is_readable(connection):
                return connection
            connection.close()

    def _keep(self, connection: socket.socket) -> None:
        if len(self._idle) < MAX_IDLE:
            self._idle.append((time.monotonic(), connection))
        else:
            connection.close()


class SentRequest:
    """A request whose response is to come. In a `with` block the connection is closed at the end,
    unless the response was received."""

    def __init__(
        self,
        connection: socket.socket,
        method: str,
        seconds: float,
        keep: Callable[[socket.socket], None],
    ) -> None:
        self._connection: socket.socket | None = connection
        self._method = method
        self._seconds = seconds
        self._keep = keep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, unless the response was received."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def receive(self) -> Reply:
        """Return the response. Raises ServiceResponseTimeoutError if it has not come as a whole
        within the connections' `seconds` from now, ServiceResponseError if the connection ends, or
        something else comes."""
        assert self._connection
        source: Any = _Source(self._connection, time.monotonic() + self._seconds)
        try:
            response = HTTPResponse(source, method=self._method)
            response.begin()
            header = response.headers.get
            code, receipt = header("x-ms-error-code"), header("x-ms-popreceipt")
            reply = Reply(response.status, code, response.read(), receipt)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise _failure(error) from None
        if not response.will_close:
            connection, self._connection = self._connection, None
            self._keep(connection)
        self.close()
        return reply


class _Source(io.RawIOBase):
    """What HTTPResponse reads, until a time of time.monotonic. A socket's own timeout is for each
    part of a response."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection = connection
        self._end = end

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


def _is_readable(connection: socket.socket) -> bool:
    """Return whether something comes from the other side, which says nothing unasked: its end."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _failure(error: Exception) -> AzureError:
    kind = type(error).__name__
    if isinstance(error, TimeoutError):
        return ServiceResponseTimeoutError(f"no response: {kind}")
    return ServiceResponseError(f"the connection ended: {kind}")
