"""What a person is told, where, and what became of it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol, TypedDict

from function_app.localization.translation import Language


class SnoozeTexts(TypedDict):
    """What a browser says of a snooze: its button, and once it is done, a title in which `{end}`
    stands for its end, and a body."""

    button: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Notification:
    """What a channel is told of one event. `id` is always the same for one event and channel, so
    that a receiver recognizes what it got before. `kind` is "photo" or the kind of an alert. `at`
    is when it happened. `tag` is the same for what may replace each other on a screen.
    `thumbnail` is a JPEG. `url` opens the gallery where the event is; None if nobody has said where
    the gallery is reached. All texts are in `language`."""

    id: str
    kind: str
    title: str
    body: str
    url: str | None
    camera: str
    at: datetime
    photo_id: str | None = None
    thumbnail: bytes | None = field(default=None, repr=False)
    tag: str = ""
    snooze_url: str | None = None
    language: Language = "en"
    snooze: SnoozeTexts | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel leads. `kind` is "webpush", "webhook" or "apprise"; `text` is the
    subscription (JSON) or the URL, and `secret` signs what is sent to a webhook."""

    kind: str
    text: str = field(repr=False)
    secret: str = field(default="", repr=False)


class Trust(IntEnum):
    """How far a channel can be expected to take what is sent: its last attempts say so."""

    WORKING = 0
    NEW = 1  # nothing was sent yet
    FAILING = 2


class Outcome(StrEnum):
    """What became of an attempt to send."""

    SENT = "sent"
    RETRY = "retry"  # it may be sent later
    REJECTED = "rejected"  # the receiver will never take this notification
    GONE = "gone"  # the receiver is no more
    BUSY = "busy"  # nothing was tried: too much else is being sent


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of an attempt. `why` has no secret. `after` are the seconds after which to try
    again, if the receiver said so or others were sending."""

    outcome: Outcome
    why: str = ""
    after: float | None = None


class Send(Protocol):
    """Sends a notification to an address within a deadline of its own; does not raise."""

    def __call__(self, address: Address, notification: Notification) -> Result: ...


class OpenSender(Protocol):
    """Opens what sends, for the notifications of one person that are sent one after the other, to
    channels of this trust."""

    def __call__(self, person: str, trust: Trust) -> AbstractContextManager[Send]: ...
