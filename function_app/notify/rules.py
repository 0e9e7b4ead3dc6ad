"""What a channel is told of, and at which hours. Nothing here reads or writes anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from function_app.localization.translation import LANGUAGES, Language, Translation
from function_app.notify.events import PHOTO, Event
from photo_wire.moment import format_time, parse_time
from photo_wire.motion import UNKNOWN

DEFAULT_INTERVAL_MINUTES, MAX_INTERVAL_MINUTES = 5, 24 * 60
MAX_SNOOZE = timedelta(days=7)
ALL_DAYS = frozenset(range(7))  # Monday is 0

# Why something is left out. Persisted, and shown.
HOURS, QUIET, SNOOZED = "hours", "quiet-hours", "snoozed"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day, over midnight if they end before they begin; all day if the two are the
    same."""

    begin: time
    end: time

    def contain(self, at: time) -> bool:
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def begin_yesterday(self, at: time) -> bool:
        """Return whether hours that contain this time began on the day before."""
        return self.begin > self.end and at < self.end


@dataclass(frozen=True, slots=True)
class Rule:
    """What a channel is told of. `cameras`, `triggers` of photos and kinds of `alerts` are None for
    all and empty for none. With `labels` it is told of photos that have one of these or UNKNOWN.
    Photos are told on `days` (those on which the hours begin) within `hours`, and not within
    `quiet` hours, all in the time zone `zone`; alerts always, unless `quiet_alerts` has them be
    quiet, too, and during a snooze. `interval_minutes` lie between two notifications of a camera.
    `snoozed_cameras` has until when each is snoozed. Messages are in `language`; in English if it
    is None, which is so until the person saves the rule of a channel of an earlier version."""

    cameras: frozenset[str] | None = None
    triggers: frozenset[str] | None = None
    alerts: frozenset[str] | None = None
    days: frozenset[int] = ALL_DAYS
    hours: Hours | None = None
    quiet: Hours | None = None
    quiet_alerts: bool = False
    zone: str = "UTC"
    interval_minutes: int = DEFAULT_INTERVAL_MINUTES
    snoozed_until: datetime | None = None
    snoozed_cameras: Mapping[str, datetime] = field(default_factory=dict)
    is_on: bool = True
    labels: frozenset[str] | None = None
    language: Language | None = None

    @property
    def t(self) -> Translation:
        """The texts in the person's language."""
        return Translation(self.language or "en")

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.interval_minutes)

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the person's clock; in UTC if their zone is not known here, such as
        one that was renamed, or if its year were not one from 1 to 9999."""
        try:
            return moment.astimezone(ZoneInfo(self.zone) if self.zone != "UTC" else UTC)
        except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):  # a folder's name
            return moment.astimezone(UTC)

    def asks_for(self, event: Event) -> bool:
        """Return whether the person wants to know of such an event at all."""
        if not self.is_on:
            return False
        if event.person is not None:  # of no camera
            return _is_among(event.kind, self.alerts)
        if not _is_among(event.camera, self.cameras):
            return False
        if event.kind == PHOTO:
            wanted = self.labels and self.labels | {UNKNOWN.word}  # nobody else looks at those
            has_label = wanted is None or not wanted.isdisjoint(event.labels)
            return _is_among(event.trigger, self.triggers) and has_label
        return _is_among(event.kind, self.alerts)

    def leaves_out(self, event: Event, now: datetime) -> str | None:
        """Return why the person is not told of this event at this moment; None if they are."""
        if event.kind != PHOTO and not self.quiet_alerts:
            return None
        if self.is_snoozed(event.camera, now):
            return SNOOZED
        local = self.local(now)
        if self.quiet and self.quiet.contain(local.time()):
            return QUIET
        if event.kind == PHOTO and not self._is_within_hours(local):
            return HOURS
        return None

    def is_for_camera(self, camera: str, now: datetime) -> bool:
        """Return whether the person wants to know of photos of this camera at this moment."""
        return _is_among(camera, self.cameras) and not self.is_snoozed(camera, now)

    def is_snoozed(self, camera: str, now: datetime) -> bool:
        """Return whether a snooze, of this camera or of all, is not over."""
        ends = (self.snoozed_until, self.snoozed_cameras.get(camera))
        return any(end and now < end for end in ends)

    def _is_within_hours(self, local: datetime) -> bool:
        at, day = local.time(), local.weekday()
        if self.hours is None:
            return day in self.days
        if not self.hours.contain(at):
            return False
        began_on = (day - 1) % 7 if self.hours.begin_yesterday(at) else day
        return began_on in self.days

    def snoozed(self, camera: str | None, until: datetime, now: datetime) -> "Rule":
        """Return the rule with a snooze of one camera, or of all, until a moment; one that is not
        in the future ends the snooze. Snoozes that are over are forgotten."""
        until = min(until, now + MAX_SNOOZE)
        if camera is None:
            return replace(self, snoozed_until=until if until > now else None)
        snoozed = {**self.snoozed_cameras, camera: until}
        return replace(
            self, snoozed_cameras={one: end for one, end in snoozed.items() if end > now}
        )

    def to_text(self) -> str:
        """Return the rule as its row stores it."""
        return json.dumps(
            {
                "cameras": names_to_json(self.cameras),
                "triggers": names_to_json(self.triggers),
                "alerts": names_to_json(self.alerts),
                "days": sorted(self.days),
                "hours": _hours_to_json(self.hours),
                "quiet": _hours_to_json(self.quiet),
                "quiet_alerts": self.quiet_alerts,
                "zone": self.zone,
                "interval_minutes": self.interval_minutes,
                "snoozed_until": moment_to_json(self.snoozed_until),
                "snoozed_cameras": {
                    camera: format_time(end) for camera, end in self.snoozed_cameras.items()
                },
                "is_on": self.is_on,
                "labels": names_to_json(self.labels),
                "language": self.language,
            },
            separators=(",", ":"),
        )


def parse_rule(text: str) -> Rule:
    """Return the rule that `Rule.to_text` described. Raises KeyError or ValueError for another
    text."""
    members = json.loads(text)
    return Rule(
        cameras=_set(members["cameras"]),
        triggers=_set(members["triggers"]),
        alerts=_set(members["alerts"]),
        days=frozenset(members["days"]),
        hours=_parse_hours(members["hours"]),
        quiet=_parse_hours(members["quiet"]),
        quiet_alerts=members["quiet_alerts"],
        zone=members["zone"],
        interval_minutes=members["interval_minutes"],
        snoozed_until=parse_moment(members["snoozed_until"]),
        snoozed_cameras={
            camera: parse_time(end) for camera, end in members["snoozed_cameras"].items()
        },
        is_on=members["is_on"],
        labels=_set(members.get("labels")),  # older versions knew none
        # They knew one language, and a later version may know more.
        language=next((one for one in LANGUAGES if one == members.get("language")), None),
    )


def _is_among(name: str, chosen: frozenset[str] | None) -> bool:
    return chosen is None or name in chosen


def names_to_json(names: frozenset[str] | None) -> list[str] | None:
    """Return the names in their order; None for all."""
    return None if names is None else sorted(names)


def _set(names: Any) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _hours_to_json(hours: Hours | None) -> list[str] | None:
    return [f"{hours.begin:%H:%M}", f"{hours.end:%H:%M}"] if hours else None


def _parse_hours(texts: Any) -> Hours | None:
    return Hours(*(time.fromisoformat(text) for text in texts)) if texts else None


def moment_to_json(moment: datetime | None) -> str | None:
    """Return the moment as rows store it; None for none."""
    return format_time(moment) if moment else None


def parse_moment(text: str | None) -> datetime | None:
    """Return the moment that `moment_to_json` described."""
    return parse_time(text) if text else None
