"""What can go wrong between a device and its backend: an Answer for each, for a FaultServer.

Combine them with `in_turn` and `for_photo`; an Answer of a test's own is any function that is given
the Exchange, such as `lambda x: (status(503) if x.number % 3 else keep)(x)`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import chain, repeat

from photo_wire.headers import parse_headers
from photo_wire.name import new_name
from photo_wire.receipt import Receipt
from tests.support.fault_server import Answer, Exchange, keep
from tests.support.store import JSON, Reply, problem, receipt_for, with_receipt

HTML = {"Content-Type": "text/html; charset=utf-8"}
LOGIN_PAGE = b"<!doctype html><title>Hotel Wi-Fi</title><p>Please accept our terms."


def in_turn(*answers: Answer, then: Answer = keep) -> Answer:
    """The first request gets the first of these answers, and so on; every further one gets
    `then`."""
    turns = chain(answers, repeat(then))
    return lambda exchange: next(turns)(exchange)


def for_photo(ids: Collection[str], answer: Answer, others: Answer = keep) -> Answer:
    """`answer` for the photos with these ids, whenever they come, and `others` for all others."""
    return lambda x: (answer if x.request.photo_id in ids else others)(x)


# --- silence


def hang(exchange: Exchange) -> None:
    """Take the whole request and never answer."""
    exchange.read()
    exchange.wait_for_hang_up()


def stop_reading(after: int) -> Answer:
    """Take `after` bytes of the body and no more, and never answer."""

    def answer(exchange: Exchange) -> None:
        exchange.read(after)
        exchange.stopped.wait()

    return answer


def drip(interval: float) -> Answer:
    """Store the photo and reply one byte per `interval` seconds, from the status line on."""

    def answer(exchange: Exchange) -> None:
        for byte in _kept(exchange).to_bytes():
            exchange.send_bytes(bytes([byte]))
            if exchange.stopped.wait(interval):
                return

    return answer


# --- cut connections


def cut_request(after: int, reset: bool = True) -> Answer:
    """Cut the connection when `after` bytes of the body have come; nothing is stored."""

    def answer(exchange: Exchange) -> None:
        exchange.read(after)
        exchange.cut(reset)

    return answer


def cut_reply(at: int, reset: bool = False) -> Answer:
    """Store the photo and cut the connection when `at` bytes of the reply, headers first, are
    sent. With `reset` the client may not even see these."""

    def answer(exchange: Exchange) -> None:
        exchange.send_bytes(_kept(exchange).to_bytes()[:at])
        exchange.cut(reset)

    return answer


def commit_then_cut(reset: bool = True) -> Answer:
    """Store the photo and cut the connection without a word."""
    return cut_reply(0, reset)


def keep_and_close(exchange: Exchange) -> None:
    """Store the photo, reply as if the connection stayed open, and close it: what a server does to
    a connection that has been idle for too long, as the client finds it."""
    keep(exchange)
    exchange.cut(reset=False)


# --- what is no receipt for the photo


def redirect(location: str, code: int = 302) -> Answer:
    """Send the client elsewhere, as a captive portal does. `location` is a URL or a path."""
    return reply(Reply(code, b"", {"Location": location}))


def reply(fixed: Reply) -> Answer:
    """Take the request and answer just this."""

    def answer(exchange: Exchange) -> None:
        exchange.read()
        exchange.send(fixed)

    return answer


login_page = reply(Reply(200, LOGIN_PAGE, HTML))


def receipt_of_another_photo(exchange: Exchange) -> None:
    receipt = _receipt(exchange)
    other = new_name(receipt.name.camera, receipt.name.captured_at + timedelta(seconds=1))
    exchange.send(with_receipt(200, replace(receipt, name=other)))


def receipt_with_another_hash(exchange: Exchange) -> None:
    exchange.send(with_receipt(200, replace(_receipt(exchange), sha256="0" * 64)))


def receipt_with_another_size(exchange: Exchange) -> None:
    receipt = _receipt(exchange)
    exchange.send(with_receipt(200, replace(receipt, size=receipt.size - 1)))


def half_a_receipt(exchange: Exchange) -> None:
    """A whole reply with a right Content-Length, but JSON that ends in the middle."""
    body = _receipt(exchange).to_json().encode()
    exchange.send(Reply(200, body[: len(body) // 2], JSON))


# --- refusals


REJECTION_CODES = (400, 409, 411, 413, 415, 422)
"""Status codes by which the backend rejects one photo or alert for its content."""


def status(code: int, retry_after: str | None = None, date: str | None = None) -> Answer:
    """Take the request and refuse it with a problem that the backend could have written."""
    said = {"Retry-After": retry_after, "Date": date}
    headers = {header: value for header, value in said.items() if value is not None}
    return reply(problem(code, f"The test wants {code}.", headers))


def retry_at(code: int, seconds: float, clock: datetime) -> Answer:
    """Refuse with a Retry-After that is a date `seconds` after what the server's clock (aware, in
    UTC) shows, and with a Date header by that clock, however wrong it is."""
    then = clock + timedelta(seconds=seconds)
    return status(code, format_datetime(then, usegmt=True), format_datetime(clock, usegmt=True))


def refuse_early(code: int) -> Answer:
    """Refuse with this status as soon as the headers have come, and close the connection when the
    client has finished: what a proxy does with a body over its limit."""

    def answer(exchange: Exchange) -> None:
        exchange.send(problem(code, f"The test wants {code}.", {"Connection": "close"}))
        exchange.say_no_more()

    return answer


wrong_key = reply(Reply(401))
"""The empty 401 of the Functions host."""


def _kept(exchange: Exchange) -> Reply:
    return exchange.store.take(exchange.request, exchange.read())


def _receipt(exchange: Exchange) -> Receipt:
    """The receipt that the photo would have earned; it is not stored."""
    return receipt_for(parse_headers(exchange.request.headers), exchange.read())
