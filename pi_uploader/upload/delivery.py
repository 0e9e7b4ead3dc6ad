"""One photo's PUT: what is sent, and what counts as its receipt."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO

import requests
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random

from photo_wire import __version__
from photo_wire.errors import WireError
from photo_wire.headers import FUNCTION_KEY, UPLOAD_PATH
from photo_wire.problem import parse_problem
from photo_wire.receipt import Receipt, parse_receipt
from pi_uploader.spool import SpooledPhoto
from pi_uploader.upload.connection import open_session

CONNECT_TIMEOUT = 10.0  # seconds
SILENCE_TIMEOUT = 30.0  # seconds without a byte in either direction
LONGEST_REPLY = 64 * 1024  # bytes; a receipt has 300
ABOUT_THE_PHOTO = {400, 409, 411, 413, 415, 422}


class UnavailableError(Exception):
    """The way to the cloud, or what answers there, is not fit to take photos now. It says nothing
    about the photo. `retry_after` is the wait in seconds that the server asked for, if it did."""

    def __init__(self, problem: str, retry_after: float | None = None, cut: bool = False) -> None:
        super().__init__(problem)
        self.retry_after = retry_after
        self.cut = cut


class RejectedError(Exception):
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


class Delivery:
    """The open line to the backend: one session for the life of the process."""

    def __init__(self, base_url: str, function_key: str | None) -> None:
        self._url = base_url.rstrip("/") + UPLOAD_PATH
        self._session = open_session()
        self._session.headers["User-Agent"] = f"pi-uploader/{__version__}"
        if function_key:
            self._session.headers[FUNCTION_KEY] = function_key

    def send(self, photo: SpooledPhoto, body: BinaryIO) -> Receipt:
        """PUT the photo and return the receipt that repeats its id, SHA-256 and size.

        Raises RejectedError if the backend says that this photo cannot be stored, and
        UnavailableError for everything else that is not such a receipt: no answer, a redirect, the
        page of a captive portal, a wrong key, a receipt for other bytes.
        """
        return _receipt(photo, self._put(photo, body))

    @retry(
        # A connection that was kept open may have been closed by the server meanwhile, which only
        # its next use shows. One quick second try; every longer wait is the schedule's.
        retry=retry_if_exception(lambda error: isinstance(error, UnavailableError) and error.cut),
        stop=stop_after_attempt(2),
        wait=wait_random(0.1, 0.5),
        reraise=True,
    )
    def _put(self, photo: SpooledPhoto, body: BinaryIO) -> Reply:
        body.seek(0)
        try:
            with self._session.put(
                self._url,
                data=body,
                headers=photo.headers.to_headers() | {"Content-Length": str(photo.size)},
                timeout=(CONNECT_TIMEOUT, SILENCE_TIMEOUT),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(LONGEST_REPLY, decode_content=True)
                return Reply(response.status_code, response.headers, content)
        except requests.exceptions.SSLError as error:
            raise UnavailableError(_tls_problem(error)) from None
        except requests.exceptions.ConnectTimeout:
            raise UnavailableError("no connection within 10 s") from None
        except requests.exceptions.ReadTimeout:
            raise UnavailableError("no answer for 30 s") from None
        except requests.exceptions.ConnectionError as error:
            refused = "NewConnectionError" in repr(error) or "NameResolution" in repr(error)
            problem = "no connection" if refused else "the connection was cut"
            raise UnavailableError(problem, cut=not refused) from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise UnavailableError(f"no readable answer ({type(error).__name__})") from None


def _receipt(photo: SpooledPhoto, reply: Reply) -> Receipt:
    if reply.status in (200, 201):
        try:
            receipt = parse_receipt(reply.body)
        except WireError as error:
            raise UnavailableError(
                f"answered {reply.status}, but not with a receipt ({error}); is BASE_URL right, "
                "or is there a login page in between?"
            ) from None
        if not receipt.confirms(photo.name, photo.sha256, photo.size):
            raise UnavailableError(f"answered with a receipt for other bytes than {photo.name}")
        return receipt
    problem = parse_problem(reply.status, reply.body)
    if reply.status in ABOUT_THE_PHOTO:
        raise RejectedError(reply.status, problem.detail)
    hint = _HINTS.get(reply.status, problem.detail or "it will be tried again")
    raise UnavailableError(f"answered {reply.status}: {hint}", _retry_after(reply.headers))


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
        sent = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return max(0.0, (_utc(until) - _utc(sent)).total_seconds())


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tls_problem(error: Exception) -> str:
    if "not yet valid" in str(error):
        return "its certificate is not yet valid; waiting for this device's clock to be set"
    reason = next((a for a in _causes(error) if isinstance(a, ssl.SSLError)), None)
    return f"no trusted TLS connection: {reason.reason or reason if reason else 'unknown reason'}"


def _causes(error: BaseException) -> list[BaseException]:
    """An exception and those wrapped in it: requests wraps urllib3 wraps ssl."""
    found: list[BaseException] = [error]
    for wrapped in [getattr(error, "reason", None), error.__context__, *error.args]:
        if isinstance(wrapped, BaseException):
            found += _causes(wrapped)
    return found
