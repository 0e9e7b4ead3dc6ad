"""A channel in JSON: where it leads only in part, since addresses hold passwords and tokens."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from function_app.notifications.rule_json import rule_to_json
from function_app.notify.channels import Channel
from function_app.notify.deliveries import State
from function_app.notify.notification import Address
from function_app.notify.rules import moment_to_json
from function_app.settings import Network
from photo_wire.moment import format_time

WEBPUSH, WEBHOOK, APPRISE = KINDS = ("webpush", "webhook", "apprise")
OFF, STOPPED, FAILING, WORKING, UNUSED = "off", "stopped", "failing", "working", "unused"


def channel_to_json(channel: Channel, state: State | None, network: Network) -> dict[str, Any]:
    """Return the channel as the API has it. `state` is None if it is being removed."""
    state = state or State(channel.owner)
    counts = state.counts
    return {
        "id": channel.id,
        "owner": channel.owner,
        "label": channel.label,
        "kind": channel.address.kind,
        "destination": _destination(channel.address),
        "browser": _browser(channel.address),
        "rule": rule_to_json(channel.rule),
        "created_at": format_time(channel.created_at),
        "link_origin": channel.link("", network),
        "state": _state(channel, state),
        "failing_since": moment_to_json(state.failing_since),
        "why": state.stopped or state.why or None,
        "sent_at": moment_to_json(state.sent_at),
        "pending": state.pending,
        "counts": {
            "events": counts.events,
            "sent": counts.sent,
            "messages": counts.messages,
            "failed": counts.failed,
            "left_out": sum(counts.left_out.values()),
        },
    }


def endpoint_of(address: Address) -> str | None:
    """Return the URL of a browser's subscription; None for other kinds."""
    return str(json.loads(address.text)["endpoint"]) if address.kind == WEBPUSH else None


def _state(channel: Channel, state: State) -> str:
    if not channel.rule.is_on:
        return OFF
    if state.stopped:
        return STOPPED
    if state.failing_since:
        return FAILING
    return WORKING if state.sent_at else UNUSED


def _destination(address: Address) -> str:
    """Return the part of the address that is no secret. Of Apprise's, the host may be one."""
    if address.kind == APPRISE:
        return f"{address.text.partition('://')[0].lower()}://"
    return urlsplit(endpoint_of(address) or address.text).hostname or ""


def _browser(address: Address) -> str | None:
    endpoint = endpoint_of(address)
    return sha256(endpoint.encode()).hexdigest()[:16] if endpoint else None
