"""Blobs that the backend gave this device links to: the one with its commands, which it reads, and
those for live pictures, which it writes.

The links lead to another host than the backend's. They contain secrets, so no error and no log line
shows them.
"""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from photo_wire import __version__
from pi_uploader.client.connection import Adapter, Route, route_to
from pi_uploader.client.dates import response_date
from pi_uploader.client.deadlines import Deadlines
from pi_uploader.client.errors import UnavailableError, unavailable
from pi_uploader.settings import SettingsError

MAX_SECONDS = 60.0  # of one request, from the first byte to the last
MAX_BLOB_BYTES = 64 * 1024  # of a blob that is read
MAX_ETAG = 128  # characters; a longer one would be sent again and again
OVERHEAD_BYTES = 250  # of TCP, IP and TLS for a request and its response
_OK, _CREATED, _NOT_MODIFIED = 200, 201, 304

# It would log the address of a response whose headers cannot be parsed.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class BlobResponse:
    """The response to a request for a blob. `content` is None if the blob is still the one with
    the ETag that was named. `server_time` is its Date, if it had one; `size` is about how many
    bytes went over the network."""

    content: bytes | None
    etag: str | None
    server_time: datetime | None
    size: int


class BlobClient:
    """Reads and writes blobs, over one connection that stays open. Not thread-safe.

    `deadlines` and `context` are shared with the client of the backend. With `needs_tls`, links
    without it are refused.
    """

    def __init__(self, deadlines: Deadlines, context: ssl.SSLContext, needs_tls: bool) -> None:
        self._deadlines = deadlines
        self._context = context
        self._needs_tls = needs_tls
        self._host = ""
        self._route = Route("", 0)
        self._adapter: _BlobAdapter | None = None

    def read(self, url: str, etag: str | None = None) -> BlobResponse:
        """Return the blob, or without its content if its ETag is still this one. Raises
        UnavailableError, with the response's status code if there was one."""
        headers = {"If-None-Match": etag} if etag else {}
        return self._request("GET", url, headers, b"", (_OK, _NOT_MODIFIED))

    def write(self, url: str, content: bytes, content_type: str) -> BlobResponse:
        """Replace the blob. Raises UnavailableError as `read` does."""
        headers = {"Content-Type": content_type, "x-ms-blob-type": "BlockBlob"}
        return self._request("PUT", url, headers, content, (_CREATED,))

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        expected: tuple[int, ...],
    ) -> BlobResponse:
        """Send a request, and once more if the server had closed the idle connection."""
        try:
            return self._send_once(method, url, headers, body, expected)
        except UnavailableError as error:
            if not error.retry_at_once:
                raise
        return self._send_once(method, url, headers, body, expected)

    def _send_once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        expected: tuple[int, ...],
    ) -> BlobResponse:
        adapter = self._adapter_for(url)
        with self._deadlines.limit(MAX_SECONDS) as deadline:
            try:
                agent = {"User-Agent": f"pi-uploader/{__version__}"}
                prepared = requests.Request(method, url, {**headers, **agent}, data=body).prepare()
                with adapter.respond(prepared) as response:
                    content = response.read(MAX_BLOB_BYTES + 1, decode_content=True)
                    deadline.check()
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                if deadline.has_passed:
                    raise UnavailableError(f"took longer than {MAX_SECONDS:g} s") from None
                raise unavailable(error, self._route) from None
        status = response.status
        if status not in expected:
            raise UnavailableError(f"answered {status} ({self._route})", status=status)
        if len(content) > MAX_BLOB_BYTES:
            raise UnavailableError(f"sent more than {MAX_BLOB_BYTES} bytes ({self._route})")
        sent = len(url) + _size(prepared.headers) + len(body)
        etag = response.headers.get("ETag", "")
        return BlobResponse(
            content=content if status == _OK else None,
            etag=etag if len(etag) <= MAX_ETAG and etag.isascii() and etag.isprintable() else None,
            server_time=response_date(response.headers),
            size=sent + _size(response.headers) + len(content) + OVERHEAD_BYTES,
        )

    def _adapter_for(self, url: str) -> "_BlobAdapter":
        """Return the adapter for the host of this link: the last one, if it is the same. Raises
        UnavailableError for a link that cannot be used."""
        try:
            host = _host_of(urlsplit(url))
            if not host.startswith("https:" if self._needs_tls else "http"):
                raise ValueError
            if self._adapter is None or host != self._host:
                self._route = route_to(host)
                self._adapter = _BlobAdapter(self._route, 1, self._deadlines, self._context)
                self._host = host
        except ValueError:
            raise UnavailableError("gave a link that cannot be used") from None
        except SettingsError as error:
            raise UnavailableError(f"cannot be reached: {error}") from None
        return self._adapter


class _BlobAdapter(Adapter):
    """An adapter that remembers no addresses: there are ever new ones."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return HTTPAdapter.request_url(self, request, proxies)


def _host_of(url: SplitResult) -> str:
    """Return scheme, host and port of a link. Raises ValueError if it has none."""
    if not url.hostname or "@" in url.netloc:
        raise ValueError
    return f"{url.scheme}://{url.netloc}"


def _size(headers: Mapping[str, str]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.items())
