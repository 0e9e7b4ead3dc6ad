"""A relay that forwards HTTP requests to another port of this machine and records them.

with Recorder(azurite.ports[0]) as blobs:
    ...  # send to blobs.port what would go to Azurite's blob port
assert [one.method for one in blobs.exchanges] == ["PUT"]
"""

import http.client
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Headers = list[tuple[str, str]]

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Recorded:
    """One request and its response. `path` includes the query; headers keep their order. `began`
    is when the request came (seconds of time.monotonic)."""

    began: float
    method: str
    path: str
    headers: Headers
    body: bytes
    status: int
    reply_headers: Headers
    reply: bytes


class Recorder:
    """Listens on a free port of 127.0.0.1 until the end of the `with` block. An exchange is in
    `exchanges` before its response is sent."""

    def __init__(self, port: int) -> None:
        self.exchanges: list[Recorded] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self._upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=90)

            def finish(self) -> None:
                self._upstream.close()
                super().finish()

            def forward(self) -> None:
                began = time.monotonic()
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = list(self.headers.items())
                reply = self._forward(body, headers)
                content, reply_headers = recorder.reply(self.path, reply)
                recorder.exchanges.append(
                    Recorded(
                        began,
                        self.command,
                        self.path,
                        headers,
                        body,
                        reply.status,
                        reply_headers,
                        content,
                    )
                )
                self.send_response_only(reply.status)
                for name, value in reply_headers:
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                length = reply.getheader("Content-Length") if self.command == "HEAD" else None
                if reply.status not in (204, 304):
                    self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _forward(self, body: bytes, headers: Headers) -> http.client.HTTPResponse:
                self._upstream.close()  # the server may have closed what was kept open
                self._upstream.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in headers:
                    self._upstream.putheader(name, value)
                self._upstream.endheaders(body or None)
                return self._upstream.getresponse()

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing: tests check what logs contain."""

        for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "MERGE", "PATCH"):
            setattr(Handler, f"do_{method}", Handler.forward)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]

    def reply(self, path: str, reply: http.client.HTTPResponse) -> tuple[bytes, Headers]:
        """Return the body and headers to send as the response to a request for this path."""
        return reply.read(), reply.getheaders()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
