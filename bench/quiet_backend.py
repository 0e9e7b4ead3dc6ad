"""A backend and its storage for a device on which nothing happens: heartbeats are answered with a
link to a blob without commands, which never changes. `python -m bench.quiet_backend` prints its
port and runs until it is terminated."""

import socket
import sys
import threading
from datetime import UTC, datetime, timedelta

from bench.null_server import response, serve
from photo_wire.blob_link import BlobLink
from photo_wire.command_blob import CommandBlob
from photo_wire.headers import PHOTO_ID
from photo_wire.heartbeat_reply import HeartbeatReply

ETAG = '"1"'


def respond(headers: dict[str, str], size: int) -> bytes:
    """Return the response to a photo, to a heartbeat, or to a poll, which alone has no body."""
    if PHOTO_ID in headers:
        return response(headers, size)
    if size:
        expires_at = datetime.now(UTC) + timedelta(days=1)
        link = BlobLink(f"http://{headers['Host']}/commands.json?sig=none", expires_at)
        return _respond("200 OK", HeartbeatReply(link).to_json())
    if headers.get("If-None-Match") == ETAG:
        return _respond("304 Not Modified", b"")
    return _respond("200 OK", CommandBlob().to_json())


def _respond(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nETag: {ETAG}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, respond), daemon=True).start()


if __name__ == "__main__":
    main()
