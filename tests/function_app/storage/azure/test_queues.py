"""What a queue does with what others put into it, or answer in its place."""

import base64

import pytest
from azure.core.exceptions import AzureError

from function_app.storage.azure.queues import parse_messages


def response(text: str) -> bytes:
    return (
        '﻿<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>'
        "<MessageId>1</MessageId><PopReceipt>a+/=</PopReceipt><DequeueCount>3</DequeueCount>"
        f"<MessageText>{text}</MessageText></QueueMessage></QueueMessagesList>"
    ).encode()


@pytest.mark.parametrize("text", ["plain words", "/w==", ""])
def test_a_text_that_is_not_base64_is_received_as_it_is(text: str) -> None:
    (message,) = parse_messages(response(text))
    assert (message.text, message.id, message.receipt, message.count) == (text, "1", "a+/=", 3)


def test_base64_is_decoded() -> None:
    (message,) = parse_messages(response(base64.b64encode("ä".encode()).decode()))
    assert message.text == "ä"


@pytest.mark.parametrize("content", [b"", b"<html>", response("").replace(b"3<", b"many<")])
def test_another_response_is_an_error(content: bytes) -> None:
    with pytest.raises(AzureError, match="something else than messages"):
        parse_messages(content)
