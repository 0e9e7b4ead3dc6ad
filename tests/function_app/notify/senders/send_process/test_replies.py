"""What an attempt means for the channel."""

import pytest

from function_app.notify.senders.send_process.exchange import Exchange
from function_app.notify.senders.send_process.replies import (
    _ERRORS,
    _REJECTED_ERRORS,
    reply,
)


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        *(("webpush", status, "gone") for status in (404, 410)),
        *(("webpush", status, "rejected") for status in (400, 401, 403, 413)),
        *(("webpush", status, "retry") for status in (302, 408, 429, 500, 503)),
        ("webhook", 410, "gone"),
        *(("webhook", status, "rejected") for status in (400, 413, 415, 422)),
        *(("webhook", status, "retry") for status in (301, 401, 403, 404, 408, 425, 429, 500, 502)),
        ("apprise", 410, "retry"),
        ("apprise", 400, "rejected"),
        ("apprise", 401, "retry"),
    ],
)
def test_statuses(kind: str, status: int, outcome: str) -> None:
    found = reply(kind, False, None, Exchange(requests=1, status=status))
    assert found["outcome"] == outcome
    assert str(status) in found["why"]


@pytest.mark.parametrize(
    ("code", "outcome"), [(550, "rejected"), (535, "retry"), (421, "retry"), (554, "rejected")]
)
def test_replies_of_mail_servers(code: int, outcome: str) -> None:
    exchange = Exchange()
    exchange.record_mail(250)
    exchange.record_mail(code)
    assert reply("apprise", False, None, exchange)["outcome"] == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("BlockedError", "rejected"),
        ("UnknownAddressError", "rejected"),
        ("InvalidURL", "rejected"),
        ("ConnectionError", "retry"),
        ("ReadTimeout", "retry"),
        ("KeyError", "retry"),
        ("", "retry"),
    ],
)
def test_errors(error: str, outcome: str) -> None:
    found = reply("apprise", False, None, Exchange(error=error))
    assert found["outcome"] == outcome
    assert found["why"]


def test_what_is_sent_is_sent() -> None:
    """Whatever came between, such as a first try with the picture."""
    found = reply("apprise", True, "10.0.0.1", Exchange(requests=2, status=400))
    assert found == {"outcome": "sent", "why": "", "after": None, "blocked": ""}


def test_the_refused_address_is_for_the_parent_alone() -> None:
    """Which has words for it; where a name leads in a private network is told to nobody."""
    found = reply("webhook", False, "10.0.0.1", Exchange(error="ConnectionError"))
    assert (found["outcome"], found["blocked"]) == ("rejected", "10.0.0.1")
    assert "10.0.0.1" not in found["why"]


def test_each_reason_says_what_can_be_done() -> None:
    errors = [Exchange(error=one) for one in (*_ERRORS, *_REJECTED_ERRORS, "KeyError", "")]
    statuses = [Exchange(status=one) for one in (*range(300, 309), *range(400, 430), 500, 503)]
    mail = [Exchange(status=one, is_mail=True) for one in (421, 450, 530, 535, 550, 554)]
    for exchange in (*errors, *statuses, *mail):
        for kind in ("webpush", "webhook", "apprise"):
            happened, separator, todo = reply(kind, False, None, exchange)["why"].partition("; ")
            assert happened
            assert separator
            assert todo
