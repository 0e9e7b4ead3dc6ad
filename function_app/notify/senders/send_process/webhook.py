"""Webhooks by the rules of Standard Webhooks: a JSON body, an id, a time and a signature."""

import json
from datetime import UTC, datetime

from standardwebhooks import Webhook

from .http import post
from .jobs import Notification


def send(url: str, notification: Notification, secret: str) -> None:
    """Send a notification to a webhook. Raises requests.RequestException."""
    now = datetime.now(UTC)
    names = ("id", "camera", "at", "title", "body", "url", "photo_id")
    data = {name: notification[name] for name in names}  # type: ignore[literal-required]
    content = {"type": notification["kind"], "timestamp": now.isoformat(), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # the signed text is id.time.body, so an id has no full stop
    message_id = notification["id"].replace(".", "_")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }
    post(url, body.encode(), headers)
