"""A table service that replies what a test says."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType

from function_app.storage.azure.account import Account, open_account
from local.azurite import ACCOUNT, ACCOUNT_KEY


@dataclass
class Liar:
    """Replies to each request with the next of `replies`, and then with the last again: a status
    and a body, with `headers`. Listens while its `with` block runs."""

    replies: list[tuple[int, bytes]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0

    def account(self, sdk_only: bool = False) -> Account:
        """Return the account whose tables it serves; nobody serves its blobs."""
        there = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint=http://127.0.0.1:1/x;"
            f"TableEndpoint=http://127.0.0.1:{self._server.server_port}/{ACCOUNT};"
        )
        return open_account(there, 1, sdk_only=sdk_only)

    def __enter__(self) -> "Liar":
        lies = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def do_GET(self) -> None:
                status, body = lies.replies[min(lies.requests, len(lies.replies) - 1)]
                lies.requests += 1
                self.send_response(status)
                if body.startswith(b"--b"):
                    self.send_header("Content-Type", "multipart/mixed; boundary=b")
                if body.startswith(b"{"):
                    self.send_header("Content-Type", "application/json")
                for name, value in lies.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
