"""One request to the backend: what is sent, and what counts as its receipt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO

import requests
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random
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
from photo_wire.headers import CONTENT_TYPE, FUNCTION_KEY, UPLOAD_PATH, PhotoHeaders
from photo_wire.known import KNOWN_PATH, KnownPhotos, ids_to_json, parse_known
from photo_wire.problem import parse_problem
from photo_wire.receipt import Receipt, parse_receipt
from pi_uploader.errors import NightjarError
from pi_uploader.spool import SpooledPhoto
from pi_uploader.upload.body import Body
from pi_uploader.upload.connection import deadline, open_session
from pi_uploader.upload.reasons import no_connection, tls_problem
from pi_uploader.upload.route import Route, route_to

CONNECT_TIMEOUT = 10.0  # seconds
SILENCE_TIMEOUT = 30.0  # seconds without a byte in either direction
MAX_PUT = 230.0  # seconds from the first byte to the last; Azure's load balancer ends it then
MAX_CALL = 2 * MAX_PUT + 60.0  # seconds: two tries, and what is done with the answer
MAX_REPLY = 64 * 1024  # bytes; a receipt has 300
ABOUT_THE_PHOTO = {400, 409, 411, 413, 415, 422}


class UnavailableError(NightjarError):
    """The way to the cloud, or what answers there, is not fit to take photos now. It says nothing
    about the photo. `retry_after` is the wait in seconds that the server asked for, if it did;
    `status` that of its answer, if there was one."""

    retryable = True

    def __init__(
        self,
        problem: str,
        retry_after: float | None = None,
        cut: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(problem)
        self.retry_after = retry_after
        self.cut = cut
        self.status = status


class RejectedError(NightjarError):
    """The backend will not take this photo: its status code, and its sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"rejected with {status}: {detail or 'no reason given'}")
        self.status = status


@dataclass(frozen=True)
class Reply:
    """What came back for a PUT."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BackendClient:
    """The open line to the backend: one session for the life of the process."""

    def __init__(
        self,
        base_url: str,
        function_key: str | None,
        connections: int = 1,
        longest_put: float = MAX_PUT,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._longest_put = longest_put
        self.server_time: datetime | None = None  # by its last receipt, if that had a date
        self._route = route_to(base_url)
        self._session = open_session(self._route, connections)
        self._session.headers["User-Agent"] = f"pi-uploader/{__version__}"
        if function_key:
            self._session.headers[FUNCTION_KEY] = function_key

    def send(self, photo: SpooledPhoto, body: Body, waiting: int | None = None) -> Receipt:
        """PUT the photo and return the receipt that repeats its id, SHA-256 and size. `waiting` is
        how many photos are left then.

        Raises RejectedError if the backend says that this photo cannot be stored, and
        UnavailableError for everything else that is not such a receipt: no answer, a redirect, the
        page of a captive portal, a wrong key, a receipt for other bytes.
        """
        said = replace(photo.headers, waiting=waiting)
        headers = said.to_headers() | {"Content-Length": str(photo.size)}
        reply = self._ask("PUT", UPLOAD_PATH, body, headers)
        try:
            receipt = parse_receipt(reply.body)
        except WireError as error:
            raise _no_receipt(reply, error) from None
        if not receipt.confirms(photo.name, photo.sha256, photo.size):
            raise UnavailableError(f"answered with a receipt for other bytes than {photo.name}")
        self.server_time = _date(reply.headers)
        return receipt

    def report(self, alerts: list[Alert], waiting: int | None = None) -> AlertsReceipt:
        """POST up to 100 alerts and return what became of them. `waiting` is how many photos wait.
        Raises as `send` does."""
        body = BytesIO(alerts_to_json(alerts))
        headers = PhotoHeaders(content_type="application/json", waiting=waiting).to_headers()
        reply = self._ask("POST", ALERTS_PATH, body, headers)
        try:
            return parse_alerts_receipt(reply.body)
        except WireError as error:
            raise _no_receipt(reply, error) from None

    def find_known(self, ids: list[str]) -> KnownPhotos:
        """POST up to 100 ids of photos and return which of them the backend knows. Raises as `send`
        does; a backend of before there was this question answers 404."""
        body = BytesIO(ids_to_json(ids))
        reply = self._ask("POST", KNOWN_PATH, body, {CONTENT_TYPE: "application/json"})
        try:
            known = parse_known(reply.body)
        except WireError as error:
            raise _no_receipt(reply, error) from None
        if known.known | known.missing != set(ids) or known.known & known.missing:
            raise UnavailableError("answered for other photos than were asked for")
        return known

    @retry(
        # A connection that was kept open may have been closed by the server meanwhile, which only
        # its next use shows. One quick second try; every longer wait is the gate's.
        retry=retry_if_exception(lambda error: isinstance(error, UnavailableError) and error.cut),
        stop=stop_after_attempt(2),
        wait=wait_random(0.1, 0.5),
        reraise=True,
    )
    def _ask(self, method: str, path: str, body: Body, headers: dict[str, str]) -> Reply:
        """The reply to one request, if it has the status of a success; raises otherwise."""
        body.seek(0)
        with deadline(self._longest_put) as struck:
            try:
                with self._session.request(
                    method,
                    self._base_url + path,
                    # of an empty file `requests` would make a chunked body
                    data=body if headers.get("Content-Length") != "0" else b"",
                    headers=headers,
                    timeout=(CONNECT_TIMEOUT, SILENCE_TIMEOUT),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = response.raw.read(MAX_REPLY, decode_content=True)
                    return _success(Reply(response.status_code, response.headers, content))
            except (requests.exceptions.RequestException, HTTPError, OSError) as error:
                if struck.is_set():
                    raise UnavailableError(f"took longer than {self._longest_put:g} s") from None
                raise _unavailable(error, self._route) from None


def _unavailable(error: Exception, route: Route) -> UnavailableError:
    """What a failure of the connection means, in words without keys."""
    match error:
        case requests.exceptions.SSLError():
            return UnavailableError(tls_problem(error, route))
        case requests.exceptions.ConnectTimeout():
            return UnavailableError(f"gave no connection within {CONNECT_TIMEOUT:g} s ({route})")
        case requests.exceptions.ReadTimeout():
            return UnavailableError(f"was silent for {SILENCE_TIMEOUT:g} s ({route})")
        case requests.exceptions.ConnectionError() if sentence := no_connection(error, route):
            return UnavailableError(sentence)
        case requests.exceptions.ConnectionError() | HTTPError() | OSError():
            return UnavailableError(f"cut the connection ({route})", cut=True)
    return UnavailableError(f"gave no readable answer ({type(error).__name__})")


def _success(reply: Reply) -> Reply:
    if reply.status in (200, 201):
        return reply
    problem = parse_problem(reply.status, reply.body)
    if reply.status in ABOUT_THE_PHOTO:
        raise RejectedError(reply.status, problem.detail)
    hint = _HINTS.get(reply.status, problem.detail or "it will be tried again")
    raise UnavailableError(
        f"answered {reply.status}: {hint}", _retry_after(reply.headers), status=reply.status
    )


def _no_receipt(reply: Reply, error: WireError) -> UnavailableError:
    return UnavailableError(
        f"answered {reply.status}, but not with a receipt ({error}); is BASE_URL right, or is "
        "there a login page in between?"
    )


_HINTS = {
    301: "a redirect is not followed; set BASE_URL to the final address",
    302: "a redirect is not followed; is there a login page in between?",
    307: "a redirect is not followed; set BASE_URL to the final address",
    308: "a redirect is not followed; set BASE_URL to the final address",
    401: "the key is not accepted; check AZURE_FUNCTION_KEY",
    403: "access is denied; check AZURE_FUNCTION_KEY and the network rules of the function app",
    404: "nothing takes photos there; check BASE_URL and that the backend is deployed",
}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After asks for (RFC 9110, 10.2.3). Its date is compared with the
    reply's own Date, since the device's clock may be wrong."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    sent = _date(headers)
    return max(0.0, (_utc(until) - sent).total_seconds()) if sent else None


def _date(headers: Mapping[str, str]) -> datetime | None:
    """What the server's clock showed at its reply; None if it does not say."""
    try:
        return _utc(parsedate_to_datetime(headers.get("Date", "")))
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
