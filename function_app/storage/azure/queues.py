"""Queues of texts, base64 as the Functions host reads them (host.json, messageEncoding)."""

import base64
import binascii
from datetime import timedelta
from functools import partial
from typing import Self
from urllib.parse import quote

from azure.core.exceptions import AzureError

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import (
    call,
    is_closed_connection,
    is_not_created_yet,
    unavailable,
)
from function_app.storage.azure.queue_connections import SentRequest
from function_app.storage.azure.queue_requests import QueueError, QueueRequests, check
from function_app.storage.errors import RejectedError
from function_app.storage.models import QueuedMessage

NOTIFICATIONS = "notifications"
# The service's codes for a message that it never takes ("Common REST API error codes" and "Queue
# Storage error codes" in Microsoft's reference). Other codes of a 400, such as InvalidHeaderValue,
# are about all requests.
_REJECTIONS = (
    "InvalidQueryParameterValue",
    "InvalidXmlDocument",
    "InvalidXmlNodeValue",
    "MessageTooLarge",
    "OutOfRangeInput",
    "OutOfRangeQueryParameterValue",
    "RequestBodyTooLarge",
)
POISON = "notifications-poison"  # where the Functions host puts what fails each time


class AzureQueue:
    """Queue in the queue of this name, which is created when it is first missed."""

    def __init__(self, account: Account, name: str) -> None:
        self._name = name
        self._requests = account.queues
        self._create = partial(create_queue, account.queues, name)

    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        query = {"visibilitytimeout": _seconds(delay)}
        content = _format_message(text)

        def post() -> None:
            try:
                self._requests.send("POST", f"{self._name}/messages", query, content)
            except QueueError as error:
                if _is_rejection(error):
                    raise RejectedError(error.message) from None
                raise

        call(post, self._create)

    def begin_put(self, text: str) -> "BegunPut | None":
        content = _format_message(text)
        try:
            sent = self._requests.begin("POST", f"{self._name}/messages", {}, content)
        except AzureError:
            return None
        return BegunPut(sent) if sent else None

    def receive(self, count: int, hidden: timedelta) -> list[QueuedMessage]:
        query = {"numofmessages": str(count), "visibilitytimeout": _seconds(hidden)}

        def get() -> list[QueuedMessage]:
            try:
                response = self._requests.send("GET", f"{self._name}/messages", query)
            except QueueError as error:
                if error.error_code != "QueueNotFound":
                    raise
                return []
            return parse_messages(response.content)

        return call(get)

    def remove(self, message: QueuedMessage) -> None:
        path = f"{self._name}/messages/{quote(message.id, safe='')}"

        def delete() -> None:
            try:
                self._requests.send("DELETE", path, {"popreceipt": message.receipt})
            except QueueError as error:
                if error.error_code not in ("MessageNotFound", "PopReceiptMismatch"):
                    raise

        call(delete)


class BegunPut:
    """A text that was sent to a queue."""

    def __init__(self, sent: SentRequest) -> None:
        self._sent = sent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sent.close()

    def finish(self) -> bool:
        try:
            check(self._sent.receive())
        except AzureError as error:
            if is_closed_connection(error) or is_not_created_yet(error) or _is_rejection(error):
                return False  # `put` creates what is missing, and knows what is rejected
            raise unavailable(error) from None
        return True


def create_queue(requests: QueueRequests, name: str) -> None:
    """Create the queue, unless it exists (204)."""
    requests.send("PUT", name, {})


def parse_messages(content: bytes) -> list[QueuedMessage]:
    """Return the messages of a response to Get Messages. Raises AzureError if it is none."""
    from xml.etree import ElementTree  # seldom needed

    try:
        return [
            QueuedMessage(
                text=_decode(one.findtext("MessageText") or ""),
                id=one.findtext("MessageId") or "",
                receipt=one.findtext("PopReceipt") or "",
                count=int(one.findtext("DequeueCount") or ""),
            )
            for one in ElementTree.fromstring(content).findall("QueueMessage")  # noqa: S314 - Azure's
        ]
    except (ElementTree.ParseError, ValueError):
        raise AzureError("the queue answered with something else than messages") from None


def _is_rejection(error: AzureError) -> bool:
    return isinstance(error, QueueError) and error.error_code in _REJECTIONS


def _format_message(text: str) -> bytes:
    encoded = base64.b64encode(text.encode())
    return b"<QueueMessage><MessageText>" + encoded + b"</MessageText></QueueMessage>"


def _decode(text: str) -> str:
    """Return the text of a message; that of one which is not base64 as it is: somebody else put
    it."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def _seconds(time: timedelta) -> str:
    return str(max(0, round(time / timedelta(seconds=1))))
