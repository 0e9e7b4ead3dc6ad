"""HTTP as the Functions host speaks it: every body is read whole before anything is answered.

It stands on the standard library's server, because Werkzeug's closes the connection after every
reply, and the device keeps one open.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from azure.functions import HttpResponse

from local.chunked import skip_chunked

BODY_LIMIT = 100 * 1024 * 1024  # bytes, the platform's
MAX_LOGGED_PATH = 500  # characters
_SIP = 1024 * 1024  # bytes read at a time from a body that is thrown away
_SECRET = re.compile(r"(?<=shared/)[^/]+")  # in the path of a link, and of what it opens
_CALLERS = "x-forwarded-for"
_LOG = logging.getLogger("local.host")


@dataclass(frozen=True)
class Request:
    """A request as the app sees it: header names in lower case, several values of one header or
    parameter joined with commas."""

    method: str
    url: str
    path: str  # decoded
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[Request], HttpResponse]


class Server(ThreadingHTTPServer):
    """Listens from the start; `serve_forever` answers. Port 0 asks for a free one.

    Raises OSError where the port is taken.
    """

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, answer: Answer, address: str = "127.0.0.1", port: int = 0) -> None:
        self.answer = answer
        super().__init__((address, port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """The base class prints a traceback for each client that goes away in the middle."""
        error = sys.exception()
        if isinstance(error, OSError):
            _LOG.debug("a client went away: %s", error)
        else:
            _LOG.error("a connection ended", exc_info=error)

    @property
    def base_url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive, and 100 Continue where it is asked for
    disable_nagle_algorithm = True
    wbufsize = -1  # a reply leaves in one piece, which wakes its reader once
    default_request_version = "HTTP/1.1"  # else a line that cannot be read is answered as HTTP/0.9
    server_version, sys_version = "LocalFunctionsHost", ""
    server: Server
    raw_requestline: bytes

    def parse_request(self) -> bool:
        """The base class closes the connection without an answer to a blank line."""
        if not self.raw_requestline.strip():
            self.command, self.requestline = "-", ""
            self.request_version = self.default_request_version
            self.send_error(HTTPStatus.BAD_REQUEST)
            return False
        return super().parse_request()

    def _handle(self) -> None:
        try:
            body = self._read_body()
            request = self._request(body or b"")
        except ValueError:  # a length or a URL that is none
            self.close_connection = True
            return self._send(HttpResponse(status_code=400))
        except OSError:  # the client went away in the middle: nothing was said
            self.close_connection = True
            return None
        if body is None:
            return self._send(HttpResponse(status_code=500))
        return self._send(self.server.answer(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _handle  # noqa: N815

    def handle_expect_100(self) -> bool:
        """A client with a large body waits for this line before it sends it."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def _read_body(self) -> bytes | None:
        """The body; empty for a chunked one, None for one above the limit."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            skip_chunked(self.rfile)
            return b""
        stated = self.headers.get("Content-Length", "0")
        if not (stated.isascii() and stated.isdigit()):
            raise ValueError("Content-Length is not a number")
        length = int(stated)
        if length <= BODY_LIMIT:
            return self._read(length)
        for start in range(0, length, _SIP):
            self._read(min(_SIP, length - start))
        return None

    def _read(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the body ended early")
        return body

    def _request(self, body: bytes) -> Request:
        target = urlsplit(self.path)
        host = self.headers.get("Host", "localhost")
        url = f"http://{host}{target.path}" + (f"?{target.query}" if target.query else "")
        _ = urlsplit(url).port  # a ValueError for a Host that is none
        headers = {name.lower(): ",".join(self.headers.get_all(name, [])) for name in self.headers}
        caller = "{}:{}".format(*self.client_address[:2])  # as Azure's front end writes it
        headers[_CALLERS] = ", ".join(filter(None, [headers.get(_CALLERS), caller]))
        query = parse_qs(target.query, keep_blank_values=True)
        return Request(
            method=self.command,
            url=url,
            path=unquote(target.path),
            query={name: ",".join(values) for name, values in query.items()},
            headers=headers,
            body=body,
        )

    def _send(self, reply: HttpResponse) -> None:
        body, headers = reply.get_body(), reply.headers
        self.send_response(reply.status_code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-type" not in headers:
            text = reply.mimetype.startswith("text/")
            charset = f"; charset={reply.charset}" if text else ""
            self.send_header("Content-Type", reply.mimetype + charset)
        bodiless = reply.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if "content-length" not in headers and not bodiless:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The answer to what the base class cannot read as HTTP/1: without a body, which would
        quote it."""
        self.close_connection = True
        self.command = self.command or "-"
        self.path = getattr(self, "path", "-")
        self._send(HttpResponse(status_code=code))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line without the query, which may hold a key, and without the secret of a shared
        link. An app logs its successes itself."""
        path = _SECRET.sub("...", unquote(self.path.partition("?")[0]))
        level = logging.DEBUG if int(code) < HTTPStatus.BAD_REQUEST else logging.INFO
        said = ascii(f"{self.command[:20]} {path[:MAX_LOGGED_PATH]}")[1:-1]
        _LOG.log(level, "%s %d", said, int(code))

    def log_message(self, format: str, *args: object) -> None:
        """What the base class says of a malformed request would quote it, and a key with it."""
        _LOG.info("refused a malformed request from %s", self.address_string())
