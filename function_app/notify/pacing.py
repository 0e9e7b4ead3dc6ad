"""How often a channel is told of a camera. Nothing here reads or writes anything.

The first photo of an event is told at once. Further photos of it are not, until the interval is
over. Photos of other events within the interval are held, and told together when it is over. Alerts
are told at once, except for those of single photos, of which a device may report a thousand.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.notify.events import JOINED_KINDS, PHOTO, PHOTO_ALERTS, Event
from function_app.notify.rules import MAX_INTERVAL_MINUTES, moment_to_json, parse_moment

EVENT_GAP = timedelta(seconds=60)  # between two photos of one event, as in the gallery
OLD = timedelta(hours=24)  # a photo that comes later than this after its capture is not news
MAX_NAMES = 500  # devices that an alert named, as a row remembers them
PHOTO_GROUPS = ("photos", "late", "unknown")  # the first are those of the camera's device
SAME_EVENT, NAMED = "same-event", "named-already"  # why something is left out


@dataclass(frozen=True, slots=True)
class Rate:
    """What a channel was last told of a camera, and what is held since. `last_at` is when it was
    told, `begin` and `end` are the captures between which the event that was told lies so far, and
    `more` counts its further photos. `held` counts what is held until `due`, and `newest` is the
    reference to the last of it, captured at `newest_at`. `named` are the devices that alerts named
    that others may be joined to."""

    last_at: datetime | None = None
    begin: datetime | None = None
    end: datetime | None = None
    more: int = 0
    held: int = 0
    due: datetime | None = None
    newest: Mapping[str, str] | None = None
    newest_at: datetime | None = None
    named: frozenset[str] = frozenset()

    def to_text(self) -> str:
        """Return the state as its row stores it."""
        return json.dumps(
            {
                "last_at": moment_to_json(self.last_at),
                "begin": moment_to_json(self.begin),
                "end": moment_to_json(self.end),
                "more": self.more,
                "held": self.held,
                "due": moment_to_json(self.due),
                "newest": dict(self.newest) if self.newest else None,
                "newest_at": moment_to_json(self.newest_at),
                "named": sorted(self.named)[:MAX_NAMES],
            },
            separators=(",", ":"),
        )

    def is_idle(self, now: datetime) -> bool:
        """Return whether nothing is lost if this is forgotten."""
        latest = self.last_at or self.newest_at
        is_old = latest is None or now - latest > timedelta(minutes=MAX_INTERVAL_MINUTES)
        return is_old and not self.held and not self.named


def parse_rate(text: str) -> Rate:
    """Return the state that `Rate.to_text` described. Raises KeyError or ValueError."""
    members = json.loads(text)
    return Rate(
        last_at=parse_moment(members["last_at"]),
        begin=parse_moment(members["begin"]),
        end=parse_moment(members["end"]),
        more=members["more"],
        held=members["held"],
        due=parse_moment(members["due"]),
        newest=members["newest"],
        newest_at=parse_moment(members["newest_at"]),
        named=frozenset(members["named"]),
    )


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell of it now. `more` others of its kind are said to have been, of which `held` were held,
    and are told of by this."""

    more: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Tell of it in a summary, at `due`."""

    due: datetime


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Do not tell of it, and record why."""

    why: str


Decision = Tell | Hold | LeaveOut


def is_old(event: Event) -> bool:
    """Return whether a photo came so late that it is told only in a summary of late ones."""
    return event.kind == PHOTO and event.arrived_at - event.at > OLD


def rate_group(event: Event, sees_all: bool) -> str | None:
    """Return what the events that are paced together have in common, beside their camera; None for
    an event that is always told."""
    if event.kind == PHOTO:
        if event.is_of_unknown_sender:  # what strangers send hides no photo of the device
            return "unknown"
        return "late" if is_old(event) else "photos"
    if event.kind in PHOTO_ALERTS or (sees_all and event.kind in JOINED_KINDS):
        return event.kind
    return None


def pace(
    rate: Rate, event: Event, devices: Collection[str], interval: timedelta, now: datetime
) -> tuple[Decision, Rate]:
    """Return what becomes of an event of a group at this moment, and the group's state after it.
    `devices` are those that an alert names."""
    if event.kind in JOINED_KINDS:
        return _pace_joined(rate, event, frozenset(devices))
    if is_old(event):
        return _hold(rate, event, max(now, rate.last_at or now) + interval)
    if not _is_running(rate, interval, now):
        more = rate.more if _belongs(event, rate) else 0
        return Tell(more + rate.held, rate.held), _after_telling(event, rate, now)
    if event.kind == PHOTO and _belongs(event, rate):
        return LeaveOut(SAME_EVENT), replace(
            rate,
            more=rate.more + 1,
            begin=min(event.at, rate.begin or event.at),
            end=max(event.at, rate.end or event.at),
        )
    return _hold(rate, event, (rate.last_at or now) + interval)


def summarize(rate: Rate, now: datetime) -> Rate:
    """Return the state of a group after its summary was told at this moment."""
    return Rate(now, rate.newest_at, rate.newest_at, named=rate.named)


def _pace_joined(rate: Rate, event: Event, devices: frozenset[str]) -> tuple[Decision, Rate]:
    """Decide on an alert of several devices: one that begins names its devices anew; one that was
    joined to it is left out if it names nothing new."""
    if event.stored and event.stored.is_joined:
        if devices <= rate.named:
            return LeaveOut(NAMED), rate
        return Tell(), replace(rate, named=rate.named | devices)
    return Tell(), replace(rate, named=devices)


def _hold(rate: Rate, event: Event, due: datetime) -> tuple[Decision, Rate]:
    is_newest = rate.newest_at is None or event.at >= rate.newest_at
    due = rate.due if rate.held and rate.due else due
    held = replace(
        rate,
        held=rate.held + 1,
        due=due,
        newest=event.reference if is_newest else rate.newest,
        newest_at=event.at if is_newest else rate.newest_at,
    )
    return Hold(due), held


def _after_telling(event: Event, rate: Rate, now: datetime) -> Rate:
    begin, end = event.at, event.at
    if _belongs(event, rate):
        begin, end = min(begin, rate.begin or begin), max(end, rate.end or end)
    return Rate(now, begin, end, named=rate.named)


def _is_running(rate: Rate, interval: timedelta, now: datetime) -> bool:
    """Return whether the interval since the last notification is not over. A time that is further
    in the future than that was written by a wrong clock."""
    return rate.last_at is not None and abs(now - rate.last_at) < interval


def _belongs(event: Event, rate: Rate) -> bool:
    """Return whether a photo belongs to the event that was told."""
    if rate.begin is None or rate.end is None:
        return False
    return rate.begin - EVENT_GAP <= event.at <= rate.end + EVENT_GAP
