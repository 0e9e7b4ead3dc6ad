"""Faults between a device and its backend: a Handler for each, for a FaultServer.

Combine them with `in_turn` and `for_photo`. A test's own Handler is any function that is given the
Exchange, such as `lambda x: (status(503) if x.number % 3 else store_photo)(x)`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import chain, repeat

from photo_wire.headers import parse_headers
from photo_wire.name import new_name
from photo_wire.receipt import Receipt
from tests.support.fault_server import Exchange, Handler, store_photo
from tests.support.store import JSON, Response, problem, receipt_for, with_receipt

HTML = {"Content-Type": "text/html; charset=utf-8"}
LOGIN_PAGE = b"<!doctype html><title>Hotel Wi-Fi</title><p>Please accept our terms."


def in_turn(*handlers: Handler, then: Handler = store_photo) -> Handler:
    """Return a handler that uses each of these for one request, and then always `then`."""
    turns = chain(handlers, repeat(then))
    return lambda exchange: next(turns)(exchange)


def for_photo(ids: Collection[str], handler: Handler, others: Handler = store_photo) -> Handler:
    """Return a handler that uses `handler` for the photos with these ids, and `others` for the
    rest."""
    return lambda x: (handler if x.request.photo_id in ids else others)(x)


# --- silence


def hang(exchange: Exchange) -> None:
    """Read the whole request and never respond."""
    exchange.read()
    exchange.wait_for_close()


def stop_reading(after: int) -> Handler:
    """Read `after` bytes of the body and no more, and never respond."""

    def handler(exchange: Exchange) -> None:
        exchange.read(after)
        exchange.stopped.wait()

    return handler


def drip(interval: float) -> Handler:
    """Store the photo and respond with one byte per `interval` seconds, from the status line on."""

    def handler(exchange: Exchange) -> None:
        for byte in _stored(exchange).to_bytes():
            exchange.send_bytes(bytes([byte]))
            if exchange.stopped.wait(interval):
                return

    return handler


# --- cut connections


def cut_request(after: int, reset: bool = True) -> Handler:
    """Cut the connection after `after` bytes of the body; nothing is stored."""

    def handler(exchange: Exchange) -> None:
        exchange.read(after)
        exchange.cut(reset)

    return handler


def cut_response(at: int, reset: bool = False) -> Handler:
    """Store the photo and cut the connection after `at` bytes of the response, headers included.
    With `reset` the client may not even see these."""

    def handler(exchange: Exchange) -> None:
        exchange.send_bytes(_stored(exchange).to_bytes()[:at])
        exchange.cut(reset)

    return handler


def store_then_cut(reset: bool = True) -> Handler:
    """Store the photo and cut the connection without a response."""
    return cut_response(0, reset)


def store_and_close(exchange: Exchange) -> None:
    """Store the photo, respond as if the connection stayed open, and close it. To the client, this
    is a server that closes an idle connection."""
    store_photo(exchange)
    exchange.cut(reset=False)


# --- responses without the photo's receipt


def redirect(location: str, code: int = 302) -> Handler:
    """Redirect the client, as a captive portal does. `location` is a URL or a path."""
    return respond_with(Response(code, b"", {"Location": location}))


def respond_with(response: Response) -> Handler:
    """Read the request and send this response."""

    def handler(exchange: Exchange) -> None:
        exchange.read()
        exchange.send(response)

    return handler


login_page = respond_with(Response(200, LOGIN_PAGE, HTML))


def receipt_of_another_photo(exchange: Exchange) -> None:
    receipt = _receipt_of(exchange)
    other = new_name(receipt.name.camera, receipt.name.captured_at + timedelta(seconds=1))
    exchange.send(with_receipt(200, replace(receipt, name=other)))


def receipt_with_another_hash(exchange: Exchange) -> None:
    exchange.send(with_receipt(200, replace(_receipt_of(exchange), sha256="0" * 64)))


def receipt_with_another_size(exchange: Exchange) -> None:
    receipt = _receipt_of(exchange)
    exchange.send(with_receipt(200, replace(receipt, size=receipt.size - 1)))


def truncated_receipt(exchange: Exchange) -> None:
    """Send a complete response with a right Content-Length, but JSON that ends in the middle."""
    body = _receipt_of(exchange).to_json().encode()
    exchange.send(Response(200, body[: len(body) // 2], JSON))


# --- problems


REJECTION_CODES = (400, 409, 411, 413, 415, 422)
"""Status codes by which the backend rejects one photo or alert for its content."""


def status(code: int, retry_after: str | None = None, date: str | None = None) -> Handler:
    """Read the request and respond with a problem, as the backend would."""
    optional = {"Retry-After": retry_after, "Date": date}
    headers = {header: value for header, value in optional.items() if value is not None}
    return respond_with(problem(code, f"The test wants {code}.", headers))


def retry_after_date(code: int, seconds: float, clock: datetime) -> Handler:
    """Respond with a Retry-After date that is `seconds` after the server's clock (aware, in UTC),
    and with a Date header by that clock, however wrong it is."""
    then = clock + timedelta(seconds=seconds)
    return status(code, format_datetime(then, usegmt=True), format_datetime(clock, usegmt=True))


def reject_early(code: int) -> Handler:
    """Respond with this status to the headers alone, and close the connection when the client has
    finished: as a proxy does with a body over its limit."""

    def handler(exchange: Exchange) -> None:
        exchange.send(problem(code, f"The test wants {code}.", {"Connection": "close"}))
        exchange.half_close()

    return handler


wrong_key = respond_with(Response(401))
"""The empty 401 of the Functions host."""


def _stored(exchange: Exchange) -> Response:
    return exchange.store.handle(exchange.request, exchange.read())


def _receipt_of(exchange: Exchange) -> Receipt:
    """Return the receipt for the photo, which is not stored."""
    return receipt_for(parse_headers(exchange.request.headers), exchange.read())
