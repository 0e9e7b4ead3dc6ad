"""What a receiver answers is part of why a message was not taken: briefly, and without a secret."""

import pytest

from function_app.notify.notification import Address, Outcome
from function_app.notify.senders.addresses import new_webhook_secret
from function_app.notify.senders.sender import Sender
from tests.support.fault_server import FaultServer
from tests.support.receivers import Inbox, notification
from tests.support.store import Response

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"no field of the name 'url'", " \"no field of the name 'url'\""),
        (b"Cannot POST /hooks/S3CRET-path", ' "Cannot POST /hooks/***"'),
        (b"<b>\x1b[2J\r\n" + b"x" * 100_000, ' "<b> [2J ' + "x" * 151 + '…"'),
        (b"", ""),
    ],
)
def test_a_refusal_has_the_words_of_the_receiver(
    sender: Sender, receiver: FaultServer, inbox: Inbox, body: bytes, answer: str
) -> None:
    inbox.response = Response(400, body, TEXT)
    address = Address("webhook", f"{receiver.base_url}/hooks/s3cret-path", new_webhook_secret())
    result = sender(address, notification())
    assert result.outcome is Outcome.REJECTED
    assert result.why == f"it answered 400{answer}; look at the receiver's log"


def test_a_service_of_apprise_has_its_words_too(
    sender: Sender, receiver: FaultServer, inbox: Inbox
) -> None:
    inbox.response = Response(507, b'{"error": "topic s3cretpath is full"}', TEXT)
    result = sender(
        Address("apprise", f"ntfy://127.0.0.1:{receiver.port}/s3cretpath"), notification()
    )
    assert (
        result.why
        == 'it answered 507 "{"error": "topic *** is full"}"; look at the receiver\'s log'
    )
