"""The keys of what people are told: channels, the events that they remember, messages that wait."""

import hashlib
from datetime import datetime

from function_app.storage.row_keys import UNKNOWN_SUFFIX, count_up


def channel_key(owner: str, channel_id: str) -> str:
    """Return the key of a person's channel of notifications."""
    return f"{owner}~{channel_id}"


def channels_of(owner: str) -> tuple[str, str]:
    """Return the keys between which a person's channels are."""
    return channel_key(owner, ""), channel_key(owner, "~")


NEWEST_CHANNEL = "~"
"""The key of the row after all channels, which says which was made last."""


def owner_and_channel(key: str) -> tuple[str, str]:
    """Return the person's name and the channel's id of this key."""
    owner, _, channel_id = key.rpartition("~")
    return owner, channel_id


def event_id(name: str, kind: str | None) -> str:
    """Return the id by which a channel remembers an event: a photo's, or an alert's with its
    kind."""
    return name if kind is None else f"{name}~{kind}"


def unqueued_key(moment: datetime, text: str) -> str:
    """Return the key of a message that waits since this moment: the oldest has the lowest."""
    return f"{count_up(moment)}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def unknown_event_id(name: str) -> str:
    """Return the id of the event of a photo of an unknown sender. No kind of alert has a tilde."""
    return event_id(name, UNKNOWN_SUFFIX)


def rate_key(camera: str, group: str) -> str:
    """Return the key of the row by which a group of a camera's events is paced."""
    return f"R-{camera}~{group}"


def rates_of(camera: str) -> tuple[str, str]:
    """Return the keys between which the groups of a camera are."""
    return rate_key(camera, ""), rate_key(camera, "~")


def camera_of_rate_key(key: str) -> str:
    """Return the camera whose events are paced by this row."""
    return key.removeprefix("R-").partition("~")[0]


def group_of_rate_key(key: str) -> str:
    """Return the group of events that is paced by this row."""
    return key.partition("~")[2]
