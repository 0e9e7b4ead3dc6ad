"""How many messages of photos a channel gets, whichever cameras took them. Nothing here reads or
writes anything.

Each camera is paced by itself (pacing.py), so a hundred cameras would still be hundreds of
messages. A channel gets AT_ONCE of them, and from then on one in a pause. What is over is collected
and told in one message when the pause ends. In ten minutes, with the interval of five minutes, that
is at most eight, and three after them. Alerts are not counted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.name import parse_name

AT_ONCE = 4
MAX_PAUSE = timedelta(seconds=150)
MAX_SKEW = timedelta(minutes=1)  # between the clocks of the processes that tell of photos
COLLECTED = BACKEND  # the camera that a HeldMessage about what is collected names
PHOTOS = "photos"  # the kind of the reference of what was collected
MAX_CAMERAS = 100  # that a row names; their photos beyond it are counted


def pause(interval: timedelta) -> timedelta:
    """Return the time between two messages of photos, for a channel with this interval."""
    return min(interval / 2, MAX_PAUSE)


def next_at(spent_until: datetime | None, interval: timedelta, now: datetime) -> datetime:
    """Return when the next message of a photo may be sent; `spent_until` is what `spend` returned
    for the last one."""
    begin = _begin(spent_until, interval, now)
    return max(now, begin - (AT_ONCE - 1) * pause(interval))


def spend(spent_until: datetime | None, interval: timedelta, now: datetime) -> datetime:
    """Return until when the channel's budget is spent, after one more message."""
    return _begin(spent_until, interval, now) + pause(interval)


def _begin(spent_until: datetime | None, interval: timedelta, now: datetime) -> datetime:
    """Return when the spent budget ends, or now if that is over or further in the future than can
    be: then a wrong clock wrote it, or it is of another interval. Another process's clock may be
    ahead by MAX_SKEW."""
    latest = now + AT_ONCE * pause(interval) + MAX_SKEW
    if spent_until is None or not now < spent_until <= latest:
        return now
    return spent_until


@dataclass(frozen=True, slots=True)
class Share:
    """How many photos of a camera were collected, and the id of the last one."""

    photos: int
    newest: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What is told together, by camera. `events` are those of the outbox; there may be more photos,
    since further ones of an event are left out there, and only counted here. `others` are the
    photos of further cameras."""

    events: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)
    others: int = 0

    @property
    def photos(self) -> int:
        return self.others + sum(share.photos for share in self.shares.values())

    @property
    def newest(self) -> str:
        """The id of the last photo."""
        return max((share.newest for share in self.shares.values()), key=_captured_at)

    def plus(self, photo_id: str, photos: int, events: int) -> "Collected":
        """Return what was collected with these photos of a camera, of which `photo_id` is the
        last."""
        camera, total = parse_name(photo_id).camera, replace(self, events=self.events + events)
        known = self.shares.get(camera)
        if known is None and len(self.shares) >= MAX_CAMERAS:
            return replace(total, others=self.others + photos)
        share = Share(photos, photo_id)
        if known:
            newest = max(known.newest, photo_id, key=_captured_at)
            share = Share(known.photos + photos, newest)
        return replace(total, shares={**self.shares, camera: share})

    def to_text(self) -> str:
        """Return it as its row stores it."""
        shares = {camera: [one.photos, one.newest] for camera, one in self.shares.items()}
        members = {"events": self.events, "shares": shares, "others": self.others}
        return json.dumps(members, separators=(",", ":"))

    def reference(self) -> Mapping[str, str]:
        """Return the reference of the delivery that tells of it."""
        return {"kind": PHOTOS, "id": self.newest, "collected": self.to_text()}


def parse_collected(text: str) -> Collected:
    """Return what `Collected.to_text` described. Raises KeyError, TypeError or ValueError."""
    members = json.loads(text)
    shares = {camera: Share(*one) for camera, one in members["shares"].items()}
    return Collected(members["events"], shares, members["others"])


def _captured_at(photo_id: str) -> datetime:
    return parse_name(photo_id).captured_at
