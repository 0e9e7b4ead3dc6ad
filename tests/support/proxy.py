"""Proxies on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests.support.certificates import Certificate
from tests.support.fault_server import BLOCK_SIZE, Exchange


def as_proxy(exchange: Exchange) -> None:
    """Respond as a proxy that knows every name, and is itself the backend behind it."""
    path = urlsplit(exchange.request.path).path
    body = exchange.read()
    exchange.send(exchange.store.handle(replace(exchange.request, path=path), body))


@dataclass
class TunnelProxy:
    """A proxy for TLS. `targets` lists the HOST:PORT of its tunnels."""

    port: int
    targets: list[str] = field(default_factory=list)


@contextmanager
def tunnel_proxy(certificate: Certificate | None = None) -> Iterator[TunnelProxy]:
    """Run a proxy that accepts CONNECT to any host, until the end of the block. With a certificate
    it is an HTTPS proxy."""
    ends: list[socket.socket] = []
    context = certificate.context() if certificate else None
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
                if context:
                    client = context.wrap_socket(client, server_side=True)
                    ends.append(client)
                headers = b""
                while b"\r\n\r\n" not in headers:
                    headers += client.recv(BLOCK_SIZE)
                target = headers.split(b" ")[1].decode()
                proxy.targets.append(target)
                host, _, port = target.rpartition(":")
                server = socket.create_connection((host, int(port)))
                ends.append(server)
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=forward, args=(server, client), daemon=True).start()
                forward(client, server)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for end in ends:
                end.close()


def forward(source: socket.socket, target: socket.socket) -> None:
    """Forward bytes until the source closes, and then close the target."""
    with suppress(OSError):
        while block := source.recv(BLOCK_SIZE):
            target.sendall(block)
        target.shutdown(socket.SHUT_RDWR)
