"""Receivers of notifications on loopback: what webhooks and services were sent."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from function_app.notify.notification import Notification
from tests.support.fault_server import Exchange
from tests.support.store import JSON, Request, Response

OK = Response(200, b"{}", JSON)


@dataclass
class Inbox:
    """A Handler of a FaultServer that takes each message with `response`. `messages` are requests
    and bodies in their order."""

    response: Response = OK
    messages: list[tuple[Request, bytes]] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        self.messages.append((exchange.request, exchange.read()))
        exchange.send(self.response)

    @property
    def bodies(self) -> list[bytes]:
        """The bodies alone."""
        return [body for _, body in self.messages]


def notification(**changes: Any) -> Notification:
    """Return a notification of a photo, with these fields changed."""
    fields: dict[str, Any] = {
        "id": "event1.channel1",
        "kind": "photo",
        "title": "gate: motion",
        "body": "14:03:22",
        "url": "https://photos.example/?photo=gate-1",
        "camera": "gate",
        "at": datetime(2026, 11, 28, 14, 3, 22, tzinfo=UTC),
        "photo_id": "gate-1",
        "tag": "gate",
    }
    return Notification(**(fields | changes))
