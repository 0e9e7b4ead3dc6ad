"""HTTP as the Functions host speaks it: every body is read completely before the response.

It is based on the standard library's server, because Werkzeug's closes the connection after every
response, and the device keeps one open.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from azure.functions import HttpResponse

BODY_LIMIT = 100 * 1024 * 1024  # bytes, the platform's
MAX_LOGGED_PATH = 500  # characters
MAX_CHUNK_LINE = 4096  # bytes, of a chunk's first line with its extensions, and of a trailer
MAX_TRAILERS = 100
_CHUNK_SIZE = 1024 * 1024  # bytes read at a time from a body that is discarded
_CHUNK_HEADER = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINK_SECRET = re.compile(r"(?<=shared/)[^/]+")  # in the path of a shared link and of its photo
_FORWARDED_FOR = "x-forwarded-for"
_LOG = logging.getLogger("local.host")


@dataclass(frozen=True)
class Request:
    """A request as the app sees it: header names are in lower case, several values of one header or
    parameter are joined with commas."""

    method: str
    url: str
    path: str  # percent-decoded
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Handler = Callable[[Request], HttpResponse]


class Server(ThreadingHTTPServer):
    """Listens as soon as it is constructed; `serve_forever` answers requests by `handle`. Port 0
    selects a free port.

    Raises OSError if the port is taken.
    """

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, handle: Handler, address: str = "127.0.0.1", port: int = 0) -> None:
        self.handle_request_by = handle
        super().__init__((address, port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log the current exception. The base class prints a traceback for each client that
        disconnects early."""
        error = sys.exception()
        if isinstance(error, OSError):
            _LOG.debug("a client disconnected: %s", error)
        else:
            _LOG.error("a connection failed", exc_info=error)

    @property
    def base_url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # with keep-alive and 100 Continue
    disable_nagle_algorithm = True
    wbufsize = -1  # a response is sent at once, and wakes its reader once
    default_request_version = "HTTP/1.1"  # else a malformed line is answered as HTTP/0.9
    server_version, sys_version = "LocalFunctionsHost", ""
    server: Server
    raw_requestline: bytes

    def parse_request(self) -> bool:
        """Answer a blank line with 400. The base class closes the connection without a response."""
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
        except ValueError:  # an invalid length or URL
            self.close_connection = True
            return self._send(HttpResponse(status_code=400))
        except OSError:  # the client disconnected early: there is no complete request
            self.close_connection = True
            return None
        if body is None:
            return self._send(HttpResponse(status_code=500))
        return self._send(self.server.handle_request_by(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _handle  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Send 100 Continue at once: a client waits for it before it sends a large body."""
        is_continued = super().handle_expect_100()
        self.wfile.flush()
        return is_continued

    def _read_body(self) -> bytes | None:
        """Return the body: empty if it is chunked, None if it is above the limit. Raises ValueError
        if it is malformed, ConnectionError if it ends early."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            skip_chunked(self.rfile)
            return b""
        length_text = self.headers.get("Content-Length", "0").strip()
        if not (length_text.isascii() and length_text.isdigit()):
            raise ValueError("Content-Length is not a number")
        length = int(length_text)
        if length <= BODY_LIMIT:
            return _read_exactly(self.rfile, length)
        for start in range(0, length, _CHUNK_SIZE):
            _read_exactly(self.rfile, min(_CHUNK_SIZE, length - start))
        return None

    def _request(self, body: bytes) -> Request:
        target = urlsplit(self.path)
        host = self.headers.get("Host", "localhost")
        url = f"http://{host}{target.path}" + (f"?{target.query}" if target.query else "")
        _ = urlsplit(url).port  # raises ValueError for an invalid Host
        headers = {name.lower(): ",".join(self.headers.get_all(name, [])) for name in self.headers}
        client = "{}:{}".format(*self.client_address[:2])  # as Azure's front end writes it
        forwarded_for = filter(None, [headers.get(_FORWARDED_FOR), client])
        headers[_FORWARDED_FOR] = ", ".join(forwarded_for)
        query = parse_qs(target.query, keep_blank_values=True)
        return Request(
            method=self.command,
            url=url,
            path=unquote(target.path),
            query={name: ",".join(values) for name, values in query.items()},
            headers=headers,
            body=body,
        )

    def _send(self, response: HttpResponse) -> None:
        body, headers = response.get_body(), response.headers
        self.send_response(response.status_code)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-type" not in headers:
            text = response.mimetype.startswith("text/")
            charset = f"; charset={response.charset}" if text else ""
            self.send_header("Content-Type", response.mimetype + charset)
        has_no_body = response.status_code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if "content-length" not in headers and not has_no_body:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not has_no_body and self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the base class cannot parse as HTTP/1, without a body, which would quote
        it."""
        self.close_connection = True
        self.command = self.command or "-"
        self.path = getattr(self, "path", "-")
        self._send(HttpResponse(status_code=code))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log one line without the query, which may hold a key, and without the secret of a shared
        link. Successes are logged at DEBUG only: the app logs them itself."""
        path = _LINK_SECRET.sub("...", unquote(self.path.partition("?")[0]))
        level = logging.DEBUG if int(code) < HTTPStatus.BAD_REQUEST else logging.INFO
        request_line = ascii(f"{self.command[:20]} {path[:MAX_LOGGED_PATH]}")[1:-1]
        _LOG.log(level, "%s %d", request_line, int(code))

    def log_message(self, format: str, *args: object) -> None:
        """Log a malformed request without its text, which may hold a key."""
        _LOG.info("refused a malformed request from %s", self.address_string())


class Readable(Protocol):
    """A stream from which a body is read."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


def skip_chunked(body: Readable) -> None:
    """Read a body in the chunked transfer coding (RFC 9112, section 7.1) to its end, and discard
    it. Raises ValueError if it is malformed, ConnectionError if it ends early."""
    while size := _chunk_size(body):
        for start in range(0, size, _CHUNK_SIZE):
            _read_exactly(body, min(_CHUNK_SIZE, size - start))
        if _read_line(body).strip():
            raise ValueError("a chunk is longer than it says")
    for _ in range(MAX_TRAILERS):
        if not _read_line(body).strip():
            return
    raise ValueError("the body has too many trailers")


def _chunk_size(body: Readable) -> int:
    header = _CHUNK_HEADER.fullmatch(_read_line(body))
    if header is None:
        raise ValueError("a chunk has no size")
    return int(header[1], 16)


def _read_line(body: Readable) -> bytes:
    line = body.readline(MAX_CHUNK_LINE)
    if not line:
        raise ConnectionError("the body ended early")
    if not line.endswith(b"\n"):
        raise ValueError("a line of a chunked body is cut or too long")
    return line


def _read_exactly(body: Readable, size: int) -> bytes:
    content = body.read(size)
    if len(content) < size:
        raise ConnectionError("the body ended early")
    return content
