"""The HTTP client of the backend: what is sent, and what counts as a receipt."""

import hashlib
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from typing import NamedTuple, Protocol

import requests
from requests.utils import default_headers
from urllib3.exceptions import HTTPError

from photo_wire import __version__
from photo_wire.alert import (
    ALERTS_PATH,
    Alert,
    AlertsReceipt,
    alerts_to_json,
    parse_alerts_receipt,
)
from photo_wire.errors import WireError
from photo_wire.headers import (
    CONTENT_DIGEST,
    CONTENT_TYPE,
    FUNCTION_KEY,
    UPLOAD_PATH,
    WAITING,
    PhotoHeaders,
    content_digest,
)
from photo_wire.heartbeat import HEARTBEAT, Heartbeat, heartbeat_path
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, HeartbeatReply, parse_reply
from photo_wire.known import KNOWN_PATH, KnownPhotos, ids_to_json, parse_known
from photo_wire.motion import LABELS, Label, format_labels
from photo_wire.problem import parse_problem
from photo_wire.receipt import Receipt, parse_receipt
from pi_uploader.client.blobs import BlobClient
from pi_uploader.client.connection import Adapter, route_to
from pi_uploader.client.dates import response_date, retry_after
from pi_uploader.client.deadlines import Deadlines
from pi_uploader.client.errors import RejectedError, UnavailableError, unavailable
from pi_uploader.identity import Identity
from pi_uploader.spool import SpooledPhoto

MAX_PUT_SECONDS = 230.0  # from the first byte to the last; Azure's load balancer ends it then
MAX_CALL_SECONDS = 2 * MAX_PUT_SECONDS + 60.0  # two tries, and handling the response
MAX_RESPONSE_BYTES = 64 * 1024  # a receipt has 300
QUICK_RETRY_SECONDS = 0.1, 0.5  # at least and at most
_REJECTED = {400, 409, 411, 413, 415, 422}  # status codes about the content of the request
_HINTS = {
    **dict.fromkeys(
        (301, 307, 308), "a redirect is not followed; set BASE_URL to the final address"
    ),
    302: "a redirect is not followed; is there a login page in between?",
    401: "the key is not accepted; check AZURE_FUNCTION_KEY",
    403: "access is denied; check AZURE_FUNCTION_KEY and the network rules of the function app",
    404: "there is no upload endpoint at this address; check BASE_URL and the deployment",
}


class Body(Protocol):
    """The part of a file's interface that `requests` needs to send it."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, position: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


@dataclass(frozen=True)
class Response:
    """The backend's response to a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HeartbeatResponse(NamedTuple):
    """The reply to a heartbeat, and the time of the server's clock when it came, if it was told."""

    reply: HeartbeatReply
    server_time: datetime | None


@dataclass
class CarriedHeartbeat:
    """A heartbeat in the headers of an upload: `header` is that of the request, `reply` that of the
    response, None without one."""

    header: str
    reply: str | None = None


class BackendClient:
    """The client, with one pool of connections for the life of the process. Threads share it.

    `connections` is how many photos are sent at once. Two connections more are kept open, since a
    report and a heartbeat may be sent at the same time. `max_put_seconds` is the time limit of one
    request. `identity` signs each attempt of a request. Raises SettingsError as `route_to` and
    `Adapter` do.
    """

    def __init__(
        self,
        base_url: str,
        function_key: str | None,
        connections: int = 1,
        max_put_seconds: float = MAX_PUT_SECONDS,
        identity: Identity | None = None,
    ) -> None:
        self.connections = connections
        self._max_put_seconds = max_put_seconds
        self._identity = identity
        self.server_time: datetime | None = None  # the Date of the last receipt, if it had one
        self._route = route_to(base_url)
        self._deadlines = Deadlines()
        self._adapter = Adapter(self._route, connections + 2, self._deadlines)
        self._needs_tls = base_url.startswith("https:")
        self._base_url = base_url.rstrip("/")
        self._headers = default_headers()
        self._headers["User-Agent"] = f"pi-uploader/{__version__}"
        if function_key:
            self._headers[FUNCTION_KEY] = function_key
        methods = {UPLOAD_PATH: "PUT", ALERTS_PATH: "POST", KNOWN_PATH: "POST"}
        self._templates = {path: self._template(method, path) for path, method in methods.items()}

    def _template(self, method: str, path: str) -> requests.PreparedRequest:
        """Return a request with the headers that all requests have. It is prepared once: that costs
        as much as sending a small photo."""
        template = requests.Request(method, self._base_url + path, self._headers).prepare()
        # A dictionary is enough: each name is written in one way only.
        template.headers = dict(template.headers)  # type: ignore[assignment]
        return template

    def blobs(self) -> BlobClient:
        """Return a client for the blobs that the backend links to. It shares certificates and
        deadlines with this one."""
        return BlobClient(self._deadlines, self._adapter.context, self._needs_tls)

    def send_photo(
        self,
        photo: SpooledPhoto,
        body: Body,
        waiting: int | None = None,
        carried: CarriedHeartbeat | None = None,
        labels: Sequence[Label] = (),
    ) -> Receipt:
        """PUT the photo and return the receipt that repeats its id, SHA-256 and size. `waiting` is
        how many photos of its camera will be left in the spool. `carried` is a heartbeat for the
        same request, which gets the backend's reply to it. `labels` tell what the photo shows.

        Raises RejectedError if the backend says that this photo cannot be stored. Raises
        UnavailableError for everything else that is not such a receipt: no response, a redirect,
        the page of a captive portal, a wrong key, a receipt for other bytes.
        """
        headers = photo.headers.to_headers()
        if waiting is not None:
            headers[WAITING] = str(waiting)
        if labels:
            headers[LABELS] = format_labels(labels)
        if carried:
            headers[HEARTBEAT] = carried.header
        response = self._request(UPLOAD_PATH, headers, body, photo.size)
        if carried:
            carried.reply = response.headers.get(HEARTBEAT_REPLY)
        try:
            receipt = parse_receipt(response.body)
        except WireError as error:
            raise _no_receipt(response, error) from None
        if not receipt.confirms(photo.name, photo.sha256, photo.size):
            raise UnavailableError(f"returned a receipt that does not match {photo.name}")
        self.server_time = response_date(response.headers)
        return receipt

    def send_alerts(self, alerts: list[Alert], waiting: int | None = None) -> AlertsReceipt:
        """POST up to 100 alerts and return which of them are on record. `waiting` is how many
        photos wait in the spool. Raises as `send_photo` does."""
        body = alerts_to_json(alerts)
        headers = PhotoHeaders(waiting=waiting).to_headers() | self._describe_json(body)
        response = self._request(ALERTS_PATH, headers, BytesIO(body), len(body))
        try:
            return parse_alerts_receipt(response.body)
        except WireError as error:
            raise _no_receipt(response, error) from None

    def find_known(self, ids: list[str]) -> KnownPhotos:
        """POST up to 100 photo ids and return which of them the backend has. Raises as `send_photo`
        does; a backend that is too old for this request responds with 404."""
        body = ids_to_json(ids)
        response = self._request(KNOWN_PATH, self._describe_json(body), BytesIO(body), len(body))
        try:
            known = parse_known(response.body)
        except WireError as error:
            raise _no_receipt(response, error) from None
        if known.known | known.missing != set(ids) or known.known & known.missing:
            raise UnavailableError("returned ids that were not requested")
        return known

    def send_heartbeat(self, device: str, heartbeat: Heartbeat) -> HeartbeatResponse:
        """POST the state of this device. Raises as `send_photo` does; a backend that is too old for
        heartbeats responds with 404."""
        path, body = heartbeat_path(device), heartbeat.to_json()
        if path not in self._templates:
            self._templates[path] = self._template("POST", path)
        response = self._request(path, self._describe_json(body), BytesIO(body), len(body))
        try:
            reply = parse_reply(response.body)
        except WireError as error:
            raise _no_receipt(response, error) from None
        return HeartbeatResponse(reply, response_date(response.headers))

    def _describe_json(self, body: bytes) -> dict[str, str]:
        """Return the headers that describe a body of JSON; only a signature needs its digest."""
        headers = {CONTENT_TYPE: "application/json"}
        if self._identity:
            headers[CONTENT_DIGEST] = content_digest(hashlib.sha256(body).hexdigest())
        return headers

    def _request(self, path: str, headers: dict[str, str], body: Body, size: int) -> Response:
        """Return the response to one request with a body of `size` bytes. Raises RejectedError and
        UnavailableError unless its status code is one of success.

        The server may have closed a connection that was kept open, which only its next use shows;
        and it may have seen a higher counter of this device, if the card was replaced. So there is
        one quick retry; every longer wait is up to the caller.
        """
        try:
            return self._send_once(path, headers, body, size)
        except UnavailableError as error:
            if error.counter_above is not None:
                if not (self._identity and self._identity.jump_above(error.counter_above)):
                    raise
            elif error.retry_at_once:
                time.sleep(random.uniform(*QUICK_RETRY_SECONDS))  # noqa: S311  no secret
            else:
                raise
        return self._send_once(path, headers, body, size)

    def _send_once(self, path: str, headers: dict[str, str], body: Body, size: int) -> Response:
        """Send the request once. Raises as `_request` does."""
        body.seek(0)
        template = self._templates[path]
        request = requests.PreparedRequest()
        request.method, request.url = template.method, template.url
        request.headers = {  # type: ignore[assignment]
            **template.headers,
            **headers,
            "Content-Length": str(size),
            **(self._identity.sign(template.method or "", path, headers) if self._identity else {}),
        }
        # An empty file would be sent in chunks. (The types of `requests` do not know of files.)
        request.body = body if size else b""  # type: ignore[assignment]
        with self._deadlines.limit(self._max_put_seconds) as deadline:
            try:
                with self._adapter.respond(request) as response:
                    content = response.read(MAX_RESPONSE_BYTES, decode_content=True)
                    deadline.check()
                    return _checked(Response(response.status, response.headers, content))
            except (requests.RequestException, HTTPError, OSError) as error:
                if deadline.has_passed:
                    raise UnavailableError(
                        f"took longer than {self._max_put_seconds:g} s"
                    ) from None
                raise unavailable(error, self._route) from None


def _checked(response: Response) -> Response:
    """Return a successful response. Raises RejectedError and UnavailableError for all others."""
    if response.status in (200, 201, 202):  # 202: a heartbeat of a device that is not approved yet
        return response
    problem = parse_problem(response.status, response.body)
    if response.status in _REJECTED:
        raise RejectedError(response.status, problem.detail)
    hint = _HINTS.get(response.status, problem.detail or "it will be tried again")
    if response.status == HTTPStatus.FORBIDDEN and problem.detail:
        hint = problem.detail  # of the backend itself, such as that the key waits for approval
    if problem.counter_above is not None:
        hint = "the counter of this device's requests is too low"
    raise UnavailableError(
        f"answered {response.status}: {hint}",
        retry_after(response.headers),
        status=response.status,
        counter_above=problem.counter_above,
    )


def _no_receipt(response: Response, error: WireError) -> UnavailableError:
    return UnavailableError(
        f"answered {response.status}, but not with a receipt ({error}); is BASE_URL right, or is "
        "there a login page in between?"
    )
