"""When a device is silent, and which silences one alert reports. Pure rules on records; `watch.py`
applies them each minute.

A device is overdue when nothing came of it for twice its interval and five minutes. Two lost
heartbeats in a row would be needed for that, and the device repeats each within a minute.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.devices.conditions import RESTART
from function_app.devices.states import GOODBYE, OVERDUE_AT, RECEIVED_AT, SITE
from function_app.storage.device_keys import FIRST_CAMERA
from photo_wire.heartbeat import Heartbeat
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, new_name

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=5)
RESTART_TIME = timedelta(minutes=10)  # by when a device that restarts should be back
# Devices of a site that fall silent, or are back, within it have one alert.
SAME_ALERT = timedelta(minutes=10)
# A return is reported a moment later, so that every instance sees the returns before it.
SETTLE_TIME = timedelta(seconds=10)

# Columns of a device's row, beside those of states.py.
CAMERA = FIRST_CAMERA
CONDITIONS = "labels"  # the column's first name
SILENCE = "silence"  # the last one
IS_SILENT = "is_silent"  # "yes" from when the timer found it until the next heartbeat
UNREPORTED = "unreported"  # "yes" if the silence or its end has to be reported yet
UPTIME = "uptime"  # of the last heartbeat, in seconds; empty if it did not say
LOSSES = "losses"  # how many the device had recorded at its last heartbeat; empty if unknown
CHANGED_AT = "changed_at"  # when a heartbeat last changed what the device's cameras do
# All photos that were taken before have arrived or were reported as lost: none waited any more.
SETTLED_UNTIL = "settled_until"


def overdue_at(heartbeat: Heartbeat, received_at: datetime) -> datetime | None:
    """Return when the device is overdue if nothing more comes; None after a goodbye."""
    bound = 2 * timedelta(seconds=heartbeat.interval) + GRACE
    if heartbeat.goodbye == RESTART:
        return received_at + max(bound, RESTART_TIME)
    return None if heartbeat.goodbye else received_at + bound


def overdue_since(received_at: datetime, overdue: datetime, awake_since: datetime) -> datetime:
    """Return when a device is overdue that last reported at `received_at` and would be overdue at
    `overdue`, if the backend has been awake since `awake_since` only: one full bound after that."""
    return max(overdue, awake_since + (overdue - received_at))


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence of a device that the timer found: it began with the heartbeat of `since`, the
    device was overdue at `due`, and `found_at` is the time of the timer. `camera` is the one under
    which it is reported, `goodbye` what the device said last. `alert` is the id of the alert that
    reports it, empty until that is stored. `ended_at` and `end_alert` are the same of its end;
    `waiting` is how many photos waited then."""

    since: datetime
    due: datetime
    found_at: datetime
    camera: str
    goodbye: str = ""
    alert: str = ""
    ended_at: datetime | None = None
    waiting: int | None = None
    end_alert: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the device is back, and that has been reported."""
        return bool(self.end_alert)

    @property
    def is_after_restart(self) -> bool:
        """Whether the device said that it restarts."""
        return self.goodbye == RESTART

    @property
    def is_unreported(self) -> bool:
        """Whether an alert has to be stored yet."""
        return not self.alert or (self.ended_at is not None and not self.end_alert)

    def ended(self, now: datetime, heartbeat: Heartbeat) -> "Silence":
        """Return the same after this heartbeat, the first one after it."""
        waiting = heartbeat.spool.waiting if heartbeat.spool else None
        return replace(self, ended_at=now, waiting=waiting)

    def to_text(self) -> str:
        """Return the JSON that is persisted."""
        members = {
            "since": format_time(self.since),
            "due": format_time(self.due),
            "found_at": format_time(self.found_at),
            "camera": self.camera,
            "goodbye": self.goodbye,
            "alert": self.alert,
            "ended_at": format_time(self.ended_at) if self.ended_at else None,
            "waiting": self.waiting,
            "end_alert": self.end_alert,
        }
        return json.dumps({name: value for name, value in members.items() if value is not None})


def parse_silence(text: str) -> Silence | None:
    """Return the silence in the JSON that is persisted; None for an empty text."""
    if not text:
        return None
    members = json.loads(text)
    times = {
        name: parse_time(members[name])
        for name in ("since", "due", "found_at", "ended_at")
        if name in members
    }
    return Silence(**{**members, **times})


@dataclass(frozen=True, slots=True)
class WatchedDevice:
    """What the row of a device says about its silence."""

    device: str
    received_at: datetime
    overdue_at: datetime | None
    site: str
    camera: str
    goodbye: str
    silence: Silence | None

    @property
    def due_at(self) -> datetime | None:
        """When the next heartbeat is due; None after a goodbye."""
        if self.overdue_at is None or self.goodbye:
            return None
        return self.received_at + (self.overdue_at - self.received_at - GRACE) / 2

    def overdue_since(self, awake_since: datetime) -> datetime | None:
        """Return when the device is overdue, as the function of this name; None if never, or if
        the report of its last silence is not complete."""
        if self.overdue_at is None or (self.silence and not self.silence.is_over):
            return None
        return overdue_since(self.received_at, self.overdue_at, awake_since)


COLUMNS = (RECEIVED_AT, OVERDUE_AT, SITE, CAMERA, GOODBYE, SILENCE, IS_SILENT, UNREPORTED)


def parse_row(device: str, row: Mapping[str, str]) -> WatchedDevice | None:
    """Return what a device's row says; None if the device never sent a heartbeat, and, with a line
    in the log, if somebody changed the row by hand."""
    if RECEIVED_AT not in row:
        return None
    try:
        overdue = row[OVERDUE_AT]
        return WatchedDevice(
            device,
            parse_time(row[RECEIVED_AT]),
            parse_time(overdue) if overdue else None,
            row[SITE],
            row[CAMERA],
            row[GOODBYE],
            parse_silence(row[SILENCE]),
        )
    except (KeyError, TypeError, ValueError) as error:  # WireError is a ValueError
        log.warning("the silence of the device %s cannot be read: %r", device, error)
        return None


def silence_columns(silence: Silence | None) -> dict[str, str]:
    """Return what the row of a device has of its last silence."""
    return {
        SILENCE: silence.to_text() if silence else "",
        IS_SILENT: "yes" if silence and silence.ended_at is None else "",
        UNREPORTED: "yes" if silence and silence.is_unreported else "",
    }


def needs_attention(row: Mapping[str, str], now: str) -> bool:
    """Return whether something may have to be done about a device: a fast check of its row, with
    the time as the wire has it."""
    is_overdue = "" < row.get(OVERDUE_AT, "") < now and not row.get(IS_SILENT)
    return is_overdue or bool(row.get(UNREPORTED))


@dataclass(frozen=True, slots=True)
class SilenceChange:
    """The beginning of a device's silence, or its end: at which site, when, the name of the alert
    that would report it alone, and the id of the alert that does, once that is stored."""

    device: str
    site: str
    at: datetime
    silence: Silence
    name: PhotoName
    alert: str = ""

    @property
    def is_first(self) -> bool:
        """Whether its own alert reports it. Others may have been joined to that."""
        return self.alert == str(self.name)


def beginnings(states: Iterable[WatchedDevice]) -> list[SilenceChange]:
    """Return the beginning of the last silence of each device that had one."""
    return [
        _change(state, silence.due, silence.since, silence.alert)
        for state in states
        if (silence := state.silence)
    ]


def ends(states: Iterable[WatchedDevice], now: datetime) -> list[SilenceChange]:
    """Return the end of the last silence of each device whose beginning is reported."""
    return [
        _change(state, silence.ended_at, silence.ended_at, silence.end_alert)
        for state in states
        if (silence := state.silence)
        and silence.alert
        and silence.ended_at
        and silence.ended_at + SETTLE_TIME <= now
    ]


def _change(state: WatchedDevice, at: datetime, named_after: datetime, alert: str) -> SilenceChange:
    assert state.silence
    tag = hashlib.sha256(state.device.encode()).hexdigest()[:8]
    name = new_name(state.silence.camera, named_after, tag)
    return SilenceChange(state.device, state.site, at, state.silence, name, alert)


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that one alert reports: that of `first`. `unreported` are those of them that it does
    not report yet, the first one among them or not."""

    first: SilenceChange
    unreported: list[SilenceChange]


def group_changes(changes: Collection[SilenceChange]) -> list[Group]:
    """Return the unreported changes in groups: those of a site within SAME_ALERT are one group. A
    change joins one that is reported rather than one that is not, and the earliest. So it gets the
    same group in every instance, and whenever it is asked for."""
    groups = [Group(one, []) for one in changes if one.is_first]
    for change in sorted(changes, key=lambda one: (one.at, one.device)):
        if not change.alert:
            near = (one for one in groups if _is_near(one.first, change))
            found = min(near, key=lambda one: (not one.first.alert, one.first.at), default=None)
            if found is None:
                groups.append(found := Group(change, []))
            found.unreported.append(change)
    return [one for one in groups if one.unreported]


def _is_near(one: SilenceChange, other: SilenceChange) -> bool:
    return one.site == other.site and abs(one.at - other.at) <= SAME_ALERT
