"""Proxies on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests.support.fault_server import BLOCK, Exchange


def as_proxy(exchange: Exchange) -> None:
    """The answer of a proxy that knows every name, and is itself the backend behind it."""
    path = urlsplit(exchange.request.path).path
    body = exchange.read()
    exchange.send(exchange.store.take(replace(exchange.request, path=path), body))


@dataclass
class TunnelProxy:
    """A proxy for TLS; `asked` has the targets of its tunnels."""

    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def tunnel_proxy() -> Iterator[TunnelProxy]:
    """A proxy that takes CONNECT to any host, as long as this lasts."""
    ends: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = TunnelProxy(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    ends.append(client)
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        def serve(client: socket.socket) -> None:
            with suppress(OSError):
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(BLOCK)
                target = head.split(b" ")[1].decode()
                proxy.asked.append(target)
                host, _, port = target.rpartition(":")
                server = socket.create_connection((host, int(port)))
                ends.append(server)
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=carry, args=(server, client), daemon=True).start()
                carry(client, server)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for end in ends:
                end.close()


def carry(source: socket.socket, target: socket.socket) -> None:
    """Hand on what comes until an end closes, and tell the other."""
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
        target.shutdown(socket.SHUT_RDWR)
