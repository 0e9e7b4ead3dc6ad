"""The messages in the queue `notifications`: small JSON, version 1. They name what happened; the
reader looks up the rest, so that it tells what is true then."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from photo_wire.alert import check_kind
from photo_wire.errors import WireError, parse_json_object, quoted
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, check_camera, parse_name

MESSAGE_VERSION = 1
_MAX_KEY_LENGTH = 512  # of an alert's key, and of a channel's id


@dataclass(frozen=True, slots=True)
class PhotoMessage:
    """A photo came in at `at`. It may not be indexed yet, and it may be told of twice."""

    name: PhotoName
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert was stored, under `key` (models.alert_key). It may be told of twice."""

    name: PhotoName
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """Deliveries of a channel are due."""

    channel: str


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """The summary of what was held back of a camera for a channel is due."""

    channel: str
    camera: str


@dataclass(frozen=True, slots=True)
class LostMessage:
    """As was known at `at`, `count` messages could not be put."""

    count: int
    at: datetime


Message = LostMessage | PhotoMessage | AlertMessage | ChannelMessage | HeldMessage


def format_message(message: Message) -> str:
    """Return the text of a message."""
    match message:
        case PhotoMessage(name, at):
            content = {"kind": "photo", "id": str(name), "at": format_time(at)}
        case AlertMessage(name, kind, key):
            content = {
                "kind": "alert",
                "camera": name.camera,
                "id": str(name),
                "alert": kind,
                "key": key,
            }
        case ChannelMessage(channel):
            content = {"kind": "channel", "channel": channel}
        case HeldMessage(channel, camera):
            content = {"kind": "held", "channel": channel, "camera": camera}
        case LostMessage(count, at):
            content = {"kind": "lost", "count": str(count), "at": format_time(at)}
    return json.dumps({"v": MESSAGE_VERSION, **content}, separators=(",", ":"))


def parse_message(text: str) -> Message:
    """Return the message of a text. Raises WireError for anything else, such as a message of a
    later version."""
    content = parse_json_object(text.encode(), "message")
    version, kind = content.get("v"), content.get("kind")
    if version != MESSAGE_VERSION:
        raise WireError("v", f"must be {MESSAGE_VERSION}, not {quoted(str(version))}")
    match kind:
        case "photo":
            return PhotoMessage(
                parse_name(_text(content, "id")), parse_time(_text(content, "at"), "at")
            )
        case "alert":
            check_kind(alert := _text(content, "alert"))
            return AlertMessage(parse_name(_text(content, "id")), alert, _text(content, "key"))
        case "channel":
            return ChannelMessage(_text(content, "channel"))
        case "held":
            return HeldMessage(_text(content, "channel"), check_camera(_text(content, "camera")))
        case "lost":
            count = _text(content, "count")
            if not (count.isascii() and count.isdigit() and len(count) <= 9):
                raise WireError("count", "must be digits")
            return LostMessage(int(count), parse_time(_text(content, "at"), "at"))
    raise WireError("kind", f"{quoted(str(kind))} is not a kind of message")


def _text(content: Mapping[str, Any], field: str) -> str:
    value = content.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_KEY_LENGTH:
        raise WireError(field, f"must be a text of 1 to {_MAX_KEY_LENGTH} characters")
    return value
