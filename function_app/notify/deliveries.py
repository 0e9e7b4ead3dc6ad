"""What the rows of a channel's outbox hold: its state with the counts of events, and its
deliveries."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from function_app.notify.notification import Trust
from function_app.notify.rules import moment_to_json, parse_moment
from function_app.storage.table_store import Entity
from photo_wire.moment import format_time, parse_time

LEASE = timedelta(seconds=60)  # longer than one attempt to send, with the requests around it


class DeliveryState(StrEnum):
    """The values are persisted."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Counts:
    """The events that were accepted, and what became of them; the others wait, to be sent or in a
    summary. `messages` are the notifications that were sent. `left_out` is by reason."""

    events: int = 0
    sent: int = 0
    messages: int = 0
    failed: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    def with_left_out(self, why: str, events: int) -> "Counts":
        left_out = {**self.left_out, why: self.left_out.get(why, 0) + events}
        return replace(self, left_out=left_out)


@dataclass(frozen=True, slots=True)
class State:
    """The state of a channel. The deliveries from `first` on, before `next`, are pending. `holder`
    may send alone until `lease_until`. A message in the queue goes on with the channel at
    `wake_at`. Since `failing_since`, `failures` attempts failed for the reason `why`, and the next
    one is due at `retry_at`. `stopped` is why nothing is sent any more, such as a browser that gave
    its subscription up. `resumed_at` is when its person last had it tried at once. `spent_until`
    is how far its messages of photos have spent the budget (budget.py), and what is over is
    collected, to be told at `collected_due`."""

    owner: str
    first: int = 1
    next: int = 1
    holder: str = ""
    lease_until: datetime | None = None
    wake_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    why: str = ""
    stopped: str = ""
    sent_at: datetime | None = None
    counts: Counts = Counts()
    resumed_at: datetime | None = None
    spent_until: datetime | None = None
    collected_due: datetime | None = None

    @property
    def pending(self) -> int:
        """How many deliveries are to be sent."""
        return self.next - self.first

    @property
    def trust(self) -> Trust:
        if self.failures:
            return Trust.FAILING
        return Trust.WORKING if self.sent_at else Trust.NEW

    def is_leased(self, now: datetime, to: str | None = None) -> bool:
        """Return whether somebody (or `to`, if given) has the lease."""
        if self.lease_until is None or now >= self.lease_until:
            return False
        return to is None or self.holder == to

    def leased(self, holder: str, now: datetime) -> "State":
        return replace(self, holder=holder, lease_until=now + LEASE)

    def released(self) -> "State":
        return replace(self, holder="", lease_until=None)

    def working(self) -> "State":
        """Return the state after something was sent, or nothing was in its way."""
        return replace(self, failures=0, failing_since=None, retry_at=None, why="")

    def failing(self, why: str, now: datetime) -> "State":
        """Return the state after an attempt failed for this reason."""
        return replace(
            self, failures=self.failures + 1, failing_since=self.failing_since or now, why=why
        )

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the row."""
        members = asdict(self)
        for name in _MOMENTS:
            members[name] = moment_to_json(members[name])
        return {"owner": self.owner, "state": json.dumps(members, separators=(",", ":"))}


_MOMENTS = (
    "lease_until",
    "wake_at",
    "failing_since",
    "retry_at",
    "sent_at",
    "resumed_at",
    "spent_until",
    "collected_due",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be told of `events` events: of the one that `reference` names, which has the id
    `event`, and that `more` others were. `at` is when it was accepted. `title`, `why` and `done_at`
    are what became of it."""

    number: int
    event: str
    reference: Mapping[str, str]
    at: datetime
    events: int = 1
    more: int = 0
    state: DeliveryState = DeliveryState.PENDING
    title: str = ""
    why: str = ""
    done_at: datetime | None = None

    def to_properties(self) -> dict[str, str]:
        """Return the columns of the row."""
        return {
            "event": self.event,
            "reference": json.dumps(dict(self.reference), separators=(",", ":")),
            "at": format_time(self.at),
            "events": str(self.events),
            "more": str(self.more),
            "state": self.state,
            "title": self.title,
            "why": self.why,
            "done_at": moment_to_json(self.done_at) or "",
        }


def parse_state(row: Entity) -> State:
    """Return the state in the row that `State.to_properties` described."""
    members: dict[str, Any] = json.loads(row.properties["state"])
    for name in _MOMENTS:
        members[name] = parse_moment(members.get(name))  # older rows lack some
    return State(**{**members, "counts": Counts(**members["counts"])})


def parse_delivery(row: Entity) -> Delivery:
    """Return the delivery in the row that `Delivery.to_properties` described."""
    properties = row.properties
    return Delivery(
        int(row.key.removeprefix("D-")),
        properties["event"],
        json.loads(properties["reference"]),
        parse_time(properties["at"]),
        int(properties["events"]),
        int(properties["more"]),
        DeliveryState(properties["state"]),
        properties["title"],
        properties["why"],
        parse_moment(properties["done_at"] or None),
    )
