"""A backend on loopback that keeps what it is sent and goes wrong as it is told.

    with FaultServer(in_turn(hang, commit_then_cut())) as server:
        ...  # deliver to server.base_url
    assert server.store.photos.keys() == {...}

What it does with a request is an Answer: a function that is given the Exchange. faults.py has one
for each thing that can go wrong. `server.answer` may be changed at any time.
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
from tests.support.store import Reply, Request, Store

BLOCK = 256 * 1024
MAX_HEAD = 64 * 1024

Answer = Callable[["Exchange"], None]


class HungUpError(OSError):
    """The other side has closed the connection."""


class Exchange:
    """One request and the connection on which it came. `number` counts from 0 over the server's
    life."""

    def __init__(self, number: int, request: Request, line: "Line", server: "FaultServer") -> None:
        self.number = number
        self.request = request
        self.store = server.store
        self.stopped = server.stopped
        self._line = line
        self._body = b""

    def read(self, count: int | None = None) -> bytes:
        """The first `count` bytes of the body; without a count all of it."""
        length = self.request.content_length
        wanted = length if count is None else min(count, length)
        self._body += self._line.read(wanted - len(self._body))
        return self._body

    def send(self, reply: Reply) -> None:
        self.send_bytes(reply.to_bytes())

    def send_bytes(self, raw: bytes) -> None:
        self._line.socket.sendall(raw)

    def cut(self, reset: bool = True) -> None:
        """End the connection: with a reset, as a router or a killed process does, or in order."""
        if reset:
            self._line.reset()
        else:
            self._line.hang_up()

    def say_no_more(self) -> None:
        """End our half of the connection, and hear the client out."""
        self._line.socket.shutdown(socket.SHUT_WR)
        self.wait_for_hang_up()

    def wait_for_hang_up(self) -> None:
        """Discard what comes, and send nothing, until the client or the server ends."""
        with suppress(OSError):
            while self._line.socket.recv(BLOCK):
                pass


class Line:
    """One connection."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self.is_cut = False  # by us: what the client said before it saw that is not heard
        self._ahead = bytearray()

    def shake_hands(self, tls: ssl.SSLContext) -> None:
        connected = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.socket = connected  # before the handshake, so that hang_up() ends that too
        connected.do_handshake()

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises HungUpError if the other side closes before."""
        while len(self._ahead) < count:
            self._read_on()
        taken = bytes(self._ahead[:count])
        del self._ahead[:count]
        return taken

    def read_request(self) -> Request:
        while b"\r\n\r\n" not in self._ahead and len(self._ahead) < MAX_HEAD:
            self._read_on()
        first, _, headers = self.read(self._ahead.find(b"\r\n\r\n") + 4).partition(b"\r\n")
        if first.count(b" ") != 2:
            raise HungUpError("what came is not HTTP")
        method, path, _ = first.decode("latin-1").split(" ")
        parsed = BytesParser().parsebytes(headers)
        return Request(method, path, CaseInsensitiveDict(parsed.items()))

    def _read_on(self) -> None:
        block = self.socket.recv(BLOCK)
        if not block:
            raise HungUpError
        self._ahead += block

    def hang_up(self) -> None:
        """End the connection in order; a thread that waits for it wakes up."""
        self.is_cut = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a killed process does."""
        self.is_cut = True
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)  # on, for 0 s: what is not sent yet is thrown away
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()


def keep(exchange: Exchange) -> None:
    """The answer of a backend in order: the photo is stored, its receipt sent."""
    exchange.send(exchange.store.take(exchange.request, exchange.read()))


class FaultServer:
    """Listens on a port of 127.0.0.1 from `with` on, with TLS if it is given a certificate.

    `requests`, in the order of their numbers, are those whose head came in whole; `connections`
    and `handshakes` (those that were completed) count.
    """

    def __init__(self, answer: Answer = keep, certificate: Certificate | None = None) -> None:
        self.answer = answer
        self.store = Store()
        self.requests: list[Request] = []
        self.connections = 0
        self.handshakes = 0
        self.stopped = threading.Event()
        self._scheme = "https" if certificate else "http"
        self._tls = certificate.context() if certificate else None
        self._lines: set[Line] = set()
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
        """Cut every connection and refuse new ones, until `listen`. The port stays taken."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up the thread that accepts
        if self._accepting:
            self._accepting.join()
        self._listener.close()
        self._listener = self._bind(self.port)
        with self._lock:
            for line in self._lines:
                line.hang_up()

    def listen(self) -> None:
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
                line = Line(connected)
                with self._lock:
                    self.connections += 1
                    self._lines.add(line)
                thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, line: Line) -> None:
        with suppress(OSError):  # the client went away, or the connection was cut on purpose
            if self._tls:
                line.shake_hands(self._tls)
                with self._lock:
                    self.handshakes += 1
            while not (self.stopped.is_set() or line.is_cut):
                exchange = self._next_exchange(line)
                self.answer(exchange)
                exchange.read()
        with self._lock:
            self._lines.remove(line)
        line.hang_up()
        line.socket.close()

    def _next_exchange(self, line: Line) -> Exchange:
        request = line.read_request()
        with self._lock:
            self.requests.append(request)
            return Exchange(len(self.requests) - 1, request, line, self)
