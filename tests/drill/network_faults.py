"""What the network and the backend do to a request. Each request's fate follows from the seed and
the request's number, so that both clients meet the same."""

import random
from collections.abc import Collection
from datetime import UTC, datetime

from tests.support import faults
from tests.support.fault_server import Answer, Exchange, keep

LATENCY = 0.015  # seconds; a kill finds photos on their way
FAULTY = 0.2  # of all requests
LOGIN = "/login"
NUMBER = len(b"photo 000000")  # bytes at the beginning of each photo, and of no other request


def fair(exchange: Exchange) -> None:
    """All is well, and takes its time."""
    if exchange.request.content_length:
        exchange.stopped.wait(LATENCY)
    keep(exchange)


def _busy_until(exchange: Exchange) -> None:
    faults.retry_at(503, 20, datetime.now(UTC))(exchange)


FAULTS: tuple[tuple[int, Answer], ...] = (
    (24, faults.commit_then_cut()),
    (6, faults.cut_reply(at=40)),
    (14, faults.cut_request(after=1_000)),
    (8, faults.login_page),
    (8, faults.redirect(LOGIN)),
    (6, faults.status(503, retry_after="30")),
    (3, _busy_until),
    (6, faults.status(429, retry_after="10")),
    (6, faults.status(500)),
    (4, faults.keep_and_close),
    (2, faults.hang),
)
ON_A_PHOTO: tuple[tuple[int, Answer], ...] = (
    (3, faults.half_a_receipt),
    (2, faults.receipt_of_another_photo),
    (2, faults.receipt_with_another_hash),
    (1, faults.receipt_with_another_size),
)


def rough(seed: int) -> Answer:
    """One of five requests goes wrong, in any way there is."""

    def answer(exchange: Exchange) -> None:
        chance = random.Random(f"{seed} request {exchange.number}")
        if chance.random() >= FAULTY:
            fair(exchange)
            return
        known = FAULTS + (ON_A_PHOTO if exchange.request.method == "PUT" else ())
        weights = [weight for weight, _ in known]
        _, fault = chance.choices(known, weights)[0]
        fault(exchange)

    return answer


def over(weather: Answer, poisoned: Collection[int]) -> Answer:
    """This weather, with the login page there for all who follow a redirect to it, and with these
    photos, by their numbers, rejected whenever they come."""
    rejected = faults.status(422)

    def answer(exchange: Exchange) -> None:
        if exchange.request.path == LOGIN:
            faults.login_page(exchange)
        elif exchange.request.method == "PUT" and _number(exchange) in poisoned:
            rejected(exchange)
        else:
            weather(exchange)

    return answer


def _number(exchange: Exchange) -> int | None:
    """The number of the photo on its way; None for a file that ends before it."""
    beginning = exchange.read(NUMBER).decode("latin-1")
    return int(beginning[-6:]) if len(beginning) == NUMBER else None
