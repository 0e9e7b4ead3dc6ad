"""Faults of the network and the backend. Each request's fault follows from the seed and the number
of the request, so that both clients meet the same faults."""

import random
from collections.abc import Collection
from datetime import UTC, datetime

from tests.support import faults
from tests.support.fault_server import Exchange, Handler, store_photo

LATENCY_SECONDS = 0.015  # so that a kill finds photos in flight
FAULT_RATE = 0.2  # of all requests
LOGIN = "/login"
PHOTO_HEADER_SIZE = len(b"photo 000000")  # bytes with which each photo begins, and no other request


def no_faults(exchange: Exchange) -> None:
    """Answer as a backend in order does, after the usual latency."""
    if exchange.request.content_length:
        exchange.stopped.wait(LATENCY_SECONDS)
    store_photo(exchange)


def _busy_until(exchange: Exchange) -> None:
    faults.retry_after_date(503, 20, datetime.now(UTC))(exchange)


FAULTS: tuple[tuple[int, Handler], ...] = (
    (24, faults.store_then_cut()),
    (6, faults.cut_response(at=40)),
    (14, faults.cut_request(after=1_000)),
    (8, faults.login_page),
    (8, faults.redirect(LOGIN)),
    (6, faults.status(503, retry_after="30")),
    (3, _busy_until),
    (6, faults.status(429, retry_after="10")),
    (6, faults.status(500)),
    (4, faults.store_and_close),
    (2, faults.hang),
)
RECEIPT_FAULTS: tuple[tuple[int, Handler], ...] = (
    (3, faults.truncated_receipt),
    (2, faults.receipt_of_another_photo),
    (2, faults.receipt_with_another_hash),
    (1, faults.receipt_with_another_size),
)


def random_faults(seed: int) -> Handler:
    """Return an answer that fails one of five requests, each with one of the faults."""

    def handler(exchange: Exchange) -> None:
        chance = random.Random(f"{seed} request {exchange.number}")
        if chance.random() >= FAULT_RATE:
            no_faults(exchange)
            return
        known = FAULTS + (RECEIPT_FAULTS if exchange.request.method == "PUT" else ())
        weights = [weight for weight, _ in known]
        _, fault = chance.choices(known, weights)[0]
        fault(exchange)

    return handler


def with_rejections(answer_others: Handler, rejected: Collection[int]) -> Handler:
    """Return this answer, except that these photos, by number, are always rejected, and that the
    login page is there for clients that follow a redirect to it."""
    reject = faults.status(422)

    def handler(exchange: Exchange) -> None:
        if exchange.request.path == LOGIN:
            faults.login_page(exchange)
        elif exchange.request.method == "PUT" and _number(exchange) in rejected:
            reject(exchange)
        else:
            answer_others(exchange)

    return handler


def _number(exchange: Exchange) -> int | None:
    """Return the number of the photo in this request; None for a file that ends before it."""
    beginning = exchange.read(PHOTO_HEADER_SIZE).decode("latin-1")
    return int(beginning[-6:]) if len(beginning) == PHOTO_HEADER_SIZE else None
