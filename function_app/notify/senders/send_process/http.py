"""HTTP requests of this process: HTTPS, no redirects, and little of each response.

`install` changes `requests` itself, since the plug-ins of Apprise call it as they like.
"""

import threading
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from .answer_text import excerpt
from .exchange import Exchange
from .failures import name_of
from .guard import IPNetwork, PlainTextError, is_listed

MAX_RESPONSE_BYTES = 64 * 1024
TIMEOUT = (5, 10)  # seconds to connect, and between bytes; `Exchange.seconds_left` shortens them
MAX_BODY_SECONDS = 2.0
USER_AGENT = "Nightjar"


def install(exchange: Exchange, networks: Sequence[IPNetwork]) -> None:
    """Make all requests of this process obey, and tell `exchange` what they led to. Without TLS
    they go to addresses in `networks` alone."""
    send_at_all: Callable[..., requests.Response] = HTTPAdapter.send

    def send(
        adapter: HTTPAdapter, request: requests.PreparedRequest, stream: bool = False, **_: object
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        host = (parts.hostname or "").removesuffix(".")
        if parts.scheme != "https" and not is_listed(host, networks):
            exchange.error = PlainTextError.__name__
            raise PlainTextError("is not HTTPS")
        exchange.requests += 1
        timeout = tuple(min(one, exchange.seconds_left()) for one in TIMEOUT)
        try:
            response = send_at_all(adapter, request, stream=True, timeout=timeout, verify=True)
        except requests.RequestException as error:
            exchange.error = name_of(error)
            raise
        # The status decides. A receiver that answers and does not end its answer has answered.
        exchange.record(response.status_code, response.headers.get("Retry-After"))
        is_taken = 200 <= response.status_code < 300
        body = b"" if stream and is_taken else _read(response, exchange)
        if not is_taken:
            exchange.answer = excerpt(body, response.headers.get("Content-Type", ""))
        response._content, response._content_consumed = body, True  # type: ignore[attr-defined]
        response.raw.close()
        response.headers.pop("Location", None)  # so that nobody follows it
        return response

    HTTPAdapter.send = send  # type: ignore[method-assign, assignment]


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Send a POST request. Its status is in the exchange. Raises requests.RequestException."""
    with requests.Session() as session:
        session.trust_env = False
        # stream: nobody needs the body of an answer that is no refusal
        session.post(url, data=body, headers={"User-Agent": USER_AGENT, **headers}, stream=True)


def _read(response: requests.Response, exchange: Exchange) -> bytes:
    """Return the first MAX_RESPONSE_BYTES of a body; nothing if it cannot be read, or takes longer
    than MAX_BODY_SECONDS, which the exchange remembers."""
    seconds = min(MAX_BODY_SECONDS, exchange.seconds_left())
    # A timeout of the socket would be for each byte.
    timer = threading.Timer(seconds, response.raw.shutdown)
    try:
        timer.start()
        body: bytes = response.raw.read(MAX_RESPONSE_BYTES, decode_content=True)
        return body
    except Exception:  # noqa: BLE001 - of http.client, ssl, zlib and urllib3
        exchange.error = "CutAnswer"
        return b""
    finally:
        timer.cancel()
