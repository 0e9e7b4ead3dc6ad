"""A server that responds to photos with their receipts, and does nothing else: the minimum that a
backend costs. `python -m bench.null_server` prints its port and runs until it is terminated."""

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.parser import BytesParser

from photo_wire.headers import parse_headers
from photo_wire.receipt import Receipt

BLOCK_SIZE = 256 * 1024
Respond = Callable[[dict[str, str], int], bytes]
"""Returns the whole response to a request with these headers and a body of this size."""


def serve(connection: socket.socket, respond: Respond | None = None) -> None:
    """Respond to the requests of a connection until it is closed."""
    respond = respond or response
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer, room = bytearray(), memoryview(bytearray(BLOCK_SIZE))
    with connection, suppress(ConnectionError):  # the client was ended
        while True:
            while (end := buffer.find(b"\r\n\r\n")) < 0:
                block = connection.recv(BLOCK_SIZE)
                if not block:
                    return
                buffer += block
            _, _, head = bytes(buffer[:end]).partition(b"\r\n")
            headers = BytesParser().parsebytes(head)
            length = int(headers.get("Content-Length", 0))
            remaining = length - (len(buffer) - end - 4)
            while remaining > 0:
                count = connection.recv_into(room, min(remaining, BLOCK_SIZE))
                if not count:
                    return
                remaining -= count
            buffer.clear()
            connection.sendall(respond(dict(headers.items()), length))


def response(headers: dict[str, str], size: int) -> bytes:
    photo = parse_headers(headers)
    body = b"{}"
    if photo.name and photo.sha256:
        receipt = Receipt(photo.name, photo.sha256, size, datetime.now(UTC))
        body = receipt.to_json().encode()
    head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
