"""A backend on loopback that stores what it is sent, and fails in the ways that a test chooses.

    with FaultServer(in_turn(hang, store_then_cut())) as server:
        ...  # deliver to server.base_url
    assert server.store.photos.keys() == {...}

A Handler, a function that is given the Exchange, does what happens to a request. faults.py has one
for each fault. `server.handler` may be changed at any time.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from email.parser import BytesParser
from typing import Self

from requests.structures import CaseInsensitiveDict

from tests.support.certificates import Certificate
from tests.support.store import Request, Response, Store

BLOCK_SIZE = 256 * 1024
MAX_HEADER_SIZE = 64 * 1024

Handler = Callable[["Exchange"], None]


class ClosedError(OSError):
    """The client has closed the connection."""


class Exchange:
    """One request and its connection. `number` counts the requests of the server, from 0."""

    def __init__(
        self, number: int, request: Request, connection: "Connection", server: "FaultServer"
    ) -> None:
        self.number = number
        self.request = request
        self.store = server.store
        self.stopped = server.stopped
        self._connection = connection
        self._body = b""

    def read(self, count: int | None = None) -> bytes:
        """Return the first `count` bytes of the body; without a count all of it."""
        length = self.request.content_length
        wanted = length if count is None else min(count, length)
        self._body += self._connection.read(wanted - len(self._body))
        return self._body

    def send(self, response: Response) -> None:
        """Send this response."""
        self.send_bytes(response.to_bytes())

    def send_bytes(self, raw: bytes) -> None:
        """Send these bytes, whatever they are."""
        self._connection.socket.sendall(raw)

    def cut(self, reset: bool = True) -> None:
        """Close the connection: with a reset, as a router or a killed process does, or in order."""
        if reset:
            self._connection.reset()
        else:
            self._connection.close()

    def half_close(self) -> None:
        """Close the sending half of the connection, and read until the client closes the other."""
        self._connection.socket.shutdown(socket.SHUT_WR)
        self.wait_for_close()

    def wait_for_close(self) -> None:
        """Discard what comes, and send nothing, until the client closes or the server ends."""
        with suppress(OSError):
            while self._connection.socket.recv(BLOCK_SIZE):
                pass


class Connection:
    """One connection of a client."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self.is_cut = False  # by the server: what the client sent before it saw that is ignored
        self._buffer = bytearray()

    def start_tls(self, tls: ssl.SSLContext) -> None:
        connected = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.socket = connected  # before the handshake, so that close() ends that, too
        connected.do_handshake()

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes. Raises ClosedError if the client closes before."""
        while len(self._buffer) < count:
            self._read_on()
        content = bytes(self._buffer[:count])
        del self._buffer[:count]
        return content

    def read_request(self) -> Request:
        while b"\r\n\r\n" not in self._buffer and len(self._buffer) < MAX_HEADER_SIZE:
            self._read_on()
        request_line, _, headers = self.read(self._buffer.find(b"\r\n\r\n") + 4).partition(b"\r\n")
        if request_line.count(b" ") != 2:
            raise ClosedError("the request is not HTTP")
        method, path, _ = request_line.decode("latin-1").split(" ")
        parsed = BytesParser().parsebytes(headers)
        return Request(method, path, CaseInsensitiveDict(parsed.items()))

    def _read_on(self) -> None:
        block = self.socket.recv(BLOCK_SIZE)
        if not block:
            raise ClosedError
        self._buffer += block

    def close(self) -> None:
        """Close the connection in order; a thread that waits for it wakes up."""
        self.is_cut = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close the connection as a killed process does."""
        self.is_cut = True
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)  # on, for 0 s: what is not sent yet is thrown away
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()


def store_photo(exchange: Exchange) -> None:
    """Respond as a backend in order: store the photo, and send its receipt."""
    exchange.send(exchange.store.handle(exchange.request, exchange.read()))


class FaultServer:
    """Listens on a port of 127.0.0.1 from `with` on, with TLS if it is given a certificate.

    `requests` are those whose headers were complete, in the order of their numbers. `connections`
    and completed `handshakes` are counted.
    """

    def __init__(
        self, handler: Handler = store_photo, certificate: Certificate | None = None
    ) -> None:
        self.handler = handler
        self.store = Store()
        self.requests: list[Request] = []
        self.connections = 0
        self.handshakes = 0
        self.stopped = threading.Event()
        self._scheme = "https" if certificate else "http"
        self._tls = certificate.context() if certificate else None
        self._open_connections: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._accepting: threading.Thread | None = None
        self._lock = threading.Lock()
        self._listener = self._bind(0)
        self.port: int = self._listener.getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.refuse()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def refuse(self) -> None:
        """Cut every connection and refuse new ones, until `listen`. The port stays reserved."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up the thread that accepts
        if self._accepting:
            self._accepting.join()
        self._listener.close()
        self._listener = self._bind(self.port)
        with self._lock:
            for connection in self._open_connections:
                connection.close()

    def listen(self) -> None:
        """Accept connections."""
        self._listener.listen()
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    @staticmethod
    def _bind(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed by refuse()
            while True:
                connected, _ = listener.accept()
                connection = Connection(connected)
                with self._lock:
                    self.connections += 1
                    self._open_connections.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError):  # the client went away, or the connection was cut on purpose
            if self._tls:
                connection.start_tls(self._tls)
                with self._lock:
                    self.handshakes += 1
            while not (self.stopped.is_set() or connection.is_cut):
                exchange = self._next_exchange(connection)
                self.handler(exchange)
                exchange.read()
        with self._lock:
            self._open_connections.remove(connection)
        connection.close()
        connection.socket.close()

    def _next_exchange(self, connection: Connection) -> Exchange:
        request = connection.read_request()
        with self._lock:
            self.requests.append(request)
            return Exchange(len(self.requests) - 1, request, connection, self)
