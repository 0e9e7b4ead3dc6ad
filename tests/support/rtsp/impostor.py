"""A server in the place of a network camera, which asks for the password in forbidden ways."""

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CameraError, CaptureContext
from pi_uploader.cameras.rtsp.auth import Credentials
from pi_uploader.cameras.rtsp.camera import RtspCamera
from pi_uploader.cameras.rtsp.connection import SYSTEM_TRUST, Trust

CONTEXT = CaptureContext("gate", Trigger.DEMAND, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
USER, PASSWORD = "vera", "s3same-opens"
BASIC = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="gate"\r\n'
DIGEST = 'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="gate", nonce="1"\r\n'
SESSION_NOT_FOUND = "RTSP/1.0 454 Session Not Found\r\n"


@dataclass
class Impostor:
    """A running server and the requests that it has received."""

    port: int
    requests: list[str] = field(default_factory=list)

    @property
    def all_requests(self) -> str:
        return "\n".join(self.requests)

    @property
    def knows_password(self) -> bool:
        """Whether a request held the password in any form that can be read."""
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return PASSWORD in self.all_requests or basic in self.all_requests


@contextmanager
def impostor(*responses: str, context: ssl.SSLContext | None = None) -> Iterator[Impostor]:
    """Serve until the end of the block: each request gets the next response, the last response any
    number of requests. OWN_PORT in a response becomes the server's port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Impostor(listener.getsockname()[1])
        waiting = list(responses)

        def serve(plain: socket.socket) -> None:
            with plain:
                connection = context.wrap_socket(plain, server_side=True) if context else plain
                while request := connection.recv(65_536).decode("latin-1"):
                    server.requests.append(request)
                    response = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                    response = response.replace("OWN_PORT", str(server.port))
                    number = "".join(re.findall("CSeq: [0-9]+", request))
                    header, _, body = response.partition("\r\n\r\n")
                    connection.sendall(f"{header.rstrip()}\r\n{number}\r\n\r\n{body}".encode())

        def accept() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                    serve(plain)
                except OSError:  # the end of the block, or a client that does not trust the server
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=accept, daemon=True).start()
        yield server


def camera_at(
    port: int, scheme: str = "rtsp", *, trust: Trust = SYSTEM_TRUST, allows_basic: bool = False
) -> RtspCamera:
    """Return a camera with a password whose URL is that of the server on this port."""
    credentials = Credentials(USER, PASSWORD, allows_basic)
    return RtspCamera(f"{scheme}://127.0.0.1:{port}/stream", credentials, trust)


def failure_text(camera: RtspCamera) -> str:
    """Take a photo, which must fail. Return the error text, which must not hold the password."""
    with pytest.raises(CameraError) as caught:
        camera.take(CONTEXT)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)
